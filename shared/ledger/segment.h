#pragma once
// A segment is what travels: a run of entries of one chain with the seal of its last.
//
//   scope 16 · device 16 · incarnation 16 · u64 firstSeq · u16 count · prev h 32 · count x (v
//   length, entry) · seal 64
//
// At most 256 entries and 128 KiB. One seal vouches for all entries before it, so a receiver checks
// one signature.

#include <vector>
#include "ledger/entry.h"

namespace ledger {

/// A parsed segment; views borrow from the bytes. Parsing checks the layout and limits, not the
/// seal nor the chain.
struct Segment {
    ChainId chain;
    std::uint64_t firstSeq = 0;
    Hash prev;
    std::vector<ByteView> entries;  // 1 … 256
    base::Signature seal;
    ByteView bytes;

    std::uint64_t endSeq() const { return firstSeq + entries.size(); }
};

Result<Segment> parseSegment(ByteView bytes);

/// Appends a segment's bytes. `entries` must not be empty and must respect the limits.
void encodeSegment(const ChainId& chain, std::uint64_t firstSeq, const Hash& prev,
                   std::span<const ByteView> entries, const base::Signature& seal, Bytes& out);

/// How many bytes a segment takes besides its entries; an entry adds its length's varint and
/// itself.
inline constexpr std::size_t kSegmentFixedBytes = 16 * 3 + 8 + 2 + 32 + 64;
std::size_t entryBytesInSegment(std::size_t entrySize);

/// Reads the segment's entries on from `state` (whose tip must be `prev`) and checks the seal with
/// one signature. On success `state` is the chain after it and `out` its entries; on failure
/// `state` is unchanged.
Status verifySegment(const base::ProvinceId& province, const base::PublicKey& deviceKey,
                     const Segment& segment, ChainState& state, std::vector<Entry>& out);

}  // namespace ledger
