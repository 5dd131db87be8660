#pragma once
// Work that came without the right, as an office keeps it until somebody there has decided: the
// server's quarantine, verified and stored as it came, and entries of ledgers.
//
//   quarantined  hash of the last entry → u64 at ‖ u8 why ‖ sized chain before ‖ segment
//
// A segment is dropped once each of its entries is decided about under a verified head, or stands
// in the ledger itself.

#include <string>
#include <vector>
#include "ledger/segment.h"
#include "replica/decisions.h"
#include "wire/messages.h"

namespace replica {

/// A segment of the server's quarantine.
struct HeldSegment {
    std::uint64_t at = 0;  // ms, the server's clock: when it lay there
    std::uint8_t why = 0;  // wire::Quarantined
    ledger::ChainState before;
    base::Bytes segment;

    base::Bytes encode() const;
    static base::Result<HeldSegment> decode(base::ByteView bytes);
    struct Opened {
        ledger::ChainId chain;
        std::vector<ledger::Entry> entries;  // borrow from the held segment
    };
    base::Result<Opened> open() const;

    /// What is kept of it in memory.
    struct Summary {
        ledger::ChainId chain;
        std::size_t bytes = 0;
    };
};

/// A change that waits for a decision.
struct QueuedChange {
    domain::Change change;
    std::string reason;  // why it cannot be adopted; empty: it can
};

/// An entry that waits for a decision of the office.
struct QueueItem {
    /// Right: it stands in a unit's ledger, without effect, and its author had seen a directory by
    /// which it had the right. Quarantine: it stands in no ledger.
    enum class Kind { Right, Quarantine };
    Kind kind = Kind::Quarantine;
    base::ScopeId scope;  // of the ledger that it was written for
    Judgeable what;       // names the ledger in which the office decides
    base::TimeMs claimed = 0;
    base::TimeMs notBefore = 0;
    base::TimeMs arrived = 0;           // in the ledger, or in the quarantine
    std::string reason;                 // why it waits
    std::vector<QueuedChange> changes;  // those that have no effect
    std::string unreadable;  // why nobody here can tell what it says; empty: `changes` do
};

}  // namespace replica
