#pragma once
// Entries that a device sent without the right to order them, kept outside of all ledgers so that
// an office can look at them: of a device that was moved to another unit, or revoked meanwhile.
//
//   quarantine  scope ‖ device ‖ incarnation → u8 1 ‖ u8 why ‖ u64 when ‖ segment
//
// One segment of a chain, the one that would go on where the ledger ends, with its seal verified.
// The sender keeps everything; what is ordered later leaves the quarantine. Bounded: see
// kQuarantine… in base/limits.h. `when` grows from one to the next, so that an office that knows
// the newest it was sent gets what came later. One thread.

#include <functional>
#include "register/server_state.h"

namespace reg {

enum class QuarantineReason : std::uint8_t { NoRight = 1, Revoked = 2 };

struct Quarantined {
    ledger::ChainId chain;
    std::uint64_t firstSeq = 0;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    base::TimeMs at = 0;
    QuarantineReason why = QuarantineReason::NoRight;

    std::uint64_t endSeq() const { return firstSeq + count; }
};

class Quarantine {
public:
    /// Reads what is there; Corrupt.
    Status load(const store::ReadTxn& txn);

    /// Kept: also where it lies there already. Full: there is no room, and nothing changed.
    enum class Put { Kept, Full };
    Result<Put> put(store::WriteTxn& txn, const ledger::Segment& segment, QuarantineReason why,
                    base::TimeMs at);
    /// Whether put() would write.
    bool isNew(const ledger::Segment& segment) const;
    /// What a ledger holds now needs no place here.
    Status settle(store::WriteTxn& txn, const ledger::ChainId& chain, std::uint64_t nextSeq);

    /// Where a chain ends that is ordered up to `ordered`, with what of it is committed here.
    static Result<ledger::ChainState> endOf(const store::ReadTxn& txn, const ledger::ChainId& chain,
                                            const ledger::ChainState& ordered);

    const std::map<ledger::ChainId, Quarantined>& items() const { return m_items; }
    /// `at` of the newest that lies here; 0 if nothing does.
    base::TimeMs newest() const;
    /// The oldest that came later than that; null if there is none.
    const Quarantined* after(base::TimeMs at) const;
    /// The segment as it came; empty if the transaction does not see it.
    static Result<Bytes> segmentOf(const store::ReadTxn& txn, const ledger::ChainId& chain);

private:
    bool hasRoomFor(const ledger::Segment& segment) const;

    std::map<ledger::ChainId, Quarantined> m_items;
    std::uint64_t m_bytes = 0;
    base::TimeMs m_lastAt = 0;  // also of what has left since
};

}  // namespace reg
