#pragma once
// Bodies are zstd frames without magic number, with their content size, without checksum (RFC
// 8878), optionally against a numbered dictionary that is compiled in and never changes.
// Thread-safe. Without memory both throw std::bad_alloc, as everything does that takes some.

#include "base/bytes.h"

namespace wire {

inline constexpr int kBodyLevel = 12;   // one small act: bytes count
inline constexpr int kImportLevel = 9;  // many at once: see docs/performance.md

/// Number of the newest dictionary known here; 0 = none.
inline constexpr std::uint8_t kDictionaryNewest = 1;

base::Bytes compress(base::ByteView plain, int level, std::uint8_t dictionary);
/// Unsupported for a dictionary that is not known here, Limit for more than `sizeMax` bytes,
/// Malformed otherwise.
base::Result<base::Bytes> decompress(base::ByteView frame, std::uint8_t dictionary,
                                     std::size_t sizeMax);

}  // namespace wire
