#pragma once
// A record is a segment as the server accepted it: appended whole, at contiguous positions of one
// ledger.
//
//   segment · u64 arrival · u64 directorySize · u64 firstArrival
//
// Leaf = BLAKE2b-256(0x00 ‖ h(n) ‖ u64 arrival ‖ u64 directorySize ‖ directory root there ‖ u64
// firstArrival). In the directory, leaf i uses the record's first position + i and the root there.

#include "ledger/segment.h"

namespace ledger {

struct Arrival {
    std::uint64_t arrival = 0;  // ms, the server's clock; never decreases over all ledgers
    std::uint64_t directorySize =
        0;  // of the directory when accepted; never decreases along a ledger
    std::uint64_t firstArrival = 0;  // = arrival, but for what was lost and came back
    bool operator==(const Arrival&) const = default;
};
inline constexpr std::size_t kArrivalBytes = 24;

struct Record {
    Segment segment;
    Arrival at;
    ByteView bytes;
};

Result<Record> parseRecord(ByteView bytes);
/// Appends the three numbers that make the segment before them a record.
void encodeArrival(const Arrival& at, Bytes& out);

Hash leafHash(const Hash& entryHash, const Arrival& at, const Hash& directoryRoot);

}  // namespace ledger
