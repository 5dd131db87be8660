#pragma once
// A record is a segment as the server accepted it: appended whole, at contiguous positions of one
// ledger.
//
//   segment · u64 arrival · u64 directorySize · u64 firstArrival
//   segment · former place · u16 its length · u64 arrival · u64 directorySize · u64 firstArrival
//
// The second form, iff firstArrival is not arrival, is of what the server had signed for in a
// history that an epoch has ended, and has ordered again. It shows where that was:
//
//   head 169 · u64 position · u64 arrival · u64 directorySize · u64 firstArrival · directory root
//   there 32 · u8 count · count x hash: audit path of the record's last entry, bottom up
//
// Leaf = BLAKE2b-256(0x00 ‖ h(n) ‖ u64 arrival ‖ u64 directorySize ‖ directory root there ‖ u64
// firstArrival). In the directory, leaf i uses the record's first position + i and the root there.

#include <optional>
#include "base/limits.h"
#include "ledger/head.h"
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

/// Where the last entry of a record stood in a former history of its ledger. What stands before it
/// in its chain had arrived by then too, so one place shows it for the whole record.
struct FormerPlace {
    Head head;
    std::uint64_t position = 0;
    Arrival at;
    Hash directoryRoot;
    std::vector<Hash> path;  // bottom up
    bool operator==(const FormerPlace&) const = default;

    Bytes encode() const;
    static Result<FormerPlace> decode(ByteView bytes);
    /// Whether an entry stood there, under a head of this province and ledger. The head's signature
    /// is not looked at.
    bool holds(const base::ProvinceId& province, const base::ScopeId& scope,
               const Hash& entryHash) const;
};
/// Whether a record may have arrived so in a history under this head: in the first epoch nothing
/// had arrived before, and a head is not signed before what it covers has arrived.
bool mayHaveArrived(const Head& head, const Arrival& at);
inline constexpr std::size_t kFormerPlaceBytesMax =
    kHeadBytes + 8 + kArrivalBytes + 32 + 1 + base::limits::kAuditPathMax * 32;
inline constexpr std::size_t kRecordBytesMax =
    base::limits::kSegmentBytesMax + kFormerPlaceBytesMax + 2 + kArrivalBytes;

struct Record {
    Segment segment;
    Arrival at;
    std::optional<FormerPlace> former;  // iff the first arrival is another
    ByteView bytes;
};

Result<Record> parseRecord(ByteView bytes);
/// Appends what makes the segment before it a record; `former` iff the first arrival is another.
void encodeArrival(const Arrival& at, Bytes& out);
void encodeArrival(const Arrival& at, const FormerPlace& former, Bytes& out);

Hash leafHash(const Hash& entryHash, const Arrival& at, const Hash& directoryRoot);

}  // namespace ledger
