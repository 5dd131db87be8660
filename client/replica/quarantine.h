#pragma once
// Work that came without the right, as an office keeps it until somebody there has decided: the
// server's quarantine, verified and stored as it came, and entries of ledgers.
//
//   quarantined  hash of the last entry → u64 at ‖ sized chain before ‖ segment
//
// A segment is dropped once the act of each of its entries is decided about under a verified head,
// or stands in the ledger. Why a server keeps something apart is only its word: the office goes by
// its own directory.

#include <string>
#include <vector>
#include "ledger/segment.h"
#include "replica/decisions.h"
#include "wire/messages.h"

namespace replica {

/// A segment of the server's quarantine.
struct HeldSegment {
    std::uint64_t at = 0;  // ms, the server's clock: when it lay there
    ledger::ChainState before;
    base::Bytes segment;

    base::Bytes encode() const;
    static base::Result<HeldSegment> decode(base::ByteView bytes);
    struct Opened {
        ledger::ChainId chain;
        std::vector<ledger::Entry> entries;  // borrow from the held segment
    };
    base::Result<Opened> open() const;

    /// One of its entries that is neither decided about nor in the ledger.
    struct Waiting {
        std::size_t index = 0;
        Judgeable what;
        bool isFalselyRestated = false;  // it restates where no chain may: an act of its own
    };
    /// What is kept of it in memory.
    struct Summary {
        ledger::ChainId chain;
        std::size_t bytes = 0;
        std::vector<Judgeable> waiting;  // as of when the ledgers were folded last
    };
};

/// A change that waits for a decision.
struct QueuedChange {
    domain::Change change;
    std::string reason;  // why it cannot be adopted; empty: it can
    bool operator==(const QueuedChange&) const = default;
};

/// An entry that waits for a decision of the office. Its own hash names it: of one act several
/// versions may wait, and a decision about one is a decision about the act.
struct QueueItem {
    /// Right: it stands in a unit's ledger, without effect, and its author had seen a directory by
    /// which it had the right. Quarantine: it stands in no ledger.
    enum class Kind { Right, Quarantine };
    Kind kind = Kind::Quarantine;
    base::Hash entry;
    base::ScopeId scope;       // of the ledger that it was written for
    Judgeable what;            // names the ledger in which the office decides
    std::size_t versions = 1;  // of the act that wait, this one included
    base::TimeMs claimed = 0;
    base::TimeMs notBefore = 0;
    base::TimeMs arrived = 0;  // in the ledger, or in the quarantine
    std::string reason;        // why it waits
    /// Its device may write there itself: whoever keeps it apart is wrong, and nobody decides.
    bool isHeldBack = false;
    bool isFalselyRestated = false;

    // Once it was opened:
    std::vector<QueuedChange> changes;  // those that have no effect
    std::string unreadable;  // why nobody here can tell what it says; empty: `changes` do

    /// Where its body lies.
    std::uint64_t position = 0;  // Right: in the ledger
    base::Hash segment;          // Quarantine: key of the segment
};

/// What somebody at the office has decided about an act.
struct Decision {
    base::DeviceId by;
    std::optional<base::TimeMs> received;  // nothing while it waits on this device to be sent
};

/// What a listing opens at once, unpacked: one entry of 300 bytes may unpack to 1 MiB.
inline constexpr std::size_t kQueueBytesMax = 8 * 1024 * 1024;

}  // namespace replica
