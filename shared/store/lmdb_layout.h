#pragma once
// Tells a truncated LMDB data file from one that is short for a good reason, without touching the
// memory map.
//
// LMDB maps the file; reading a page that lies behind its end kills the process (SIGBUS). A healthy
// file may be shorter than its last page number says: pages taken and freed within one transaction
// are never written. All such pages are on the free list, so: a short file is whole exactly if
// every page behind its end is free. The free list is read here with pread, by the layout that LMDB
// 0.9 has on 64-bit machines (data version 1), in host order:
//
//   page:   u64 number | u16 pad | u16 flags (1 branch, 2 leaf, 4 overflow, 8 meta) | u16 lower
//           | u16 upper | u16 offsets of nodes, up to `lower`. An overflow page: data from byte 16.
//   node:   u16 a | u16 b | u16 flags | u16 key size | key | data.
//           Branch: the child page is a + (b << 16) + (flags << 32).
//           Leaf: the data size is a + (b << 16); flag 1: the data is the u64 number of an overflow
//           page.
//   meta:   pages 0 and 1, from byte 16: root of the free list at 64, last page at 120,
//           transaction number at 128.
//   value:  of the free list: u64 count, then that many u64 page numbers.

#include <cstdint>
#include "base/result.h"

namespace store {

/// What a data file is expected to hold, from mdb_env_info and fstat.
struct DataFile {
    int fd;
    std::uint64_t pageBytes;
    std::uint64_t fileBytes;
    std::uint64_t lastPage;
};

/// True if every page up to lastPage lies in the file or is free. False also if the free list is
/// damaged. Needs no other writer meanwhile.
bool isWhole(const DataFile& file);

}  // namespace store
