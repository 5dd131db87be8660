#pragma once
// What a server keeps beside its ledgers. None of it is part of any history.
//
//   state       "restored" → u8 3 ‖ u8 cause ‖ u64 when ‖ u64 since ‖ watermark: no new work
//               until `resume`
//               "clock"    → u8 1 ‖ u64 wall ‖ u64 arrival ‖ u64 number (clock_guard.h)
//               "epoch"    → the statement of the epoch (ledger/epoch.h); none in epoch 0
//   heard       device → u64 time of its last session, an hour old at most
//   quarantine  see quarantine.h
//   contradictions  scope → a head of this server's own that its ledger contradicts, the longest
//   former          hash → u8 1 ‖ u8 why ‖ u64 when ‖ record: signed in an epoch that is over, and
//                   without a place in this one
//   settled         scope ‖ u32 epoch ‖ u64 size ‖ root → nothing: what such a head covered was
//                   ordered again, or lies in `former`
//
// Another process than the one that serves may write `state`: the commands of the operator.

#include <map>
#include "ledger/epoch.h"
#include "ledger/head.h"
#include "ledger/record.h"
#include "ledger/watermark.h"
#include "register/clock_guard.h"
#include "store/ledger_tables.h"

namespace reg {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;

inline constexpr store::Table kState{5, "state"};
inline constexpr store::Table kHeard{6, "heard"};
inline constexpr store::Table kQuarantine{7, "quarantine"};
inline constexpr store::Table kContradictions{8, "contradictions"};
inline constexpr store::Table kFormer{9, "former"};
inline constexpr store::Table kSettled{10, "settled"};

/// The tables of a server's store.
std::span<const store::Table> tables();

/// How a server has come to lack what it had signed.
enum class RestoredCause : std::uint8_t {
    Backup = 1,    // it was put back from one
    FoundOut = 2,  // a device showed that it holds more than this server
    Nothing = 3,   // so did one to a server that had nothing but its keys
};

/// The mark of a store that was put back.
struct Restored {
    base::TimeMs at = 0;
    ledger::Watermark backup;  // every ledger's size and root then, the directory's among them
    /// Of the last record in it: nothing that is lost had arrived before. 0: not known.
    std::uint64_t since = 0;
    RestoredCause cause = RestoredCause::Backup;
};

/// Corrupt if what is stored cannot be read.
Result<std::optional<Restored>> restored(const store::ReadTxn& txn);
Status putRestored(store::WriteTxn& txn, const Restored& mark);
Status eraseRestored(store::WriteTxn& txn);

Result<std::optional<ClockMark>> clockMark(const store::ReadTxn& txn);
Status putClockMark(store::WriteTxn& txn, const ClockMark& mark);

using Heard = std::map<base::DeviceId, base::TimeMs>;
Result<Heard> heard(const store::ReadTxn& txn);
Status putHeard(store::WriteTxn& txn, const base::DeviceId& device, base::TimeMs at);

/// Nothing in epoch 0. Corrupt if what is stored cannot be read.
Result<std::optional<ledger::EpochStatement>> epochStatement(const store::ReadTxn& txn);
Status putEpochStatement(store::WriteTxn& txn, const ledger::EpochStatement& statement);

/// One head of each ledger that contradicts what the server holds. Corrupt.
using Contradictions = std::map<base::ScopeId, ledger::Head>;
Result<Contradictions> contradictions(const store::ReadTxn& txn);
Status putContradiction(store::WriteTxn& txn, const ledger::Head& head);
Status eraseContradictions(store::WriteTxn& txn, const Contradictions& all);

/// Why what was signed in an epoch that is over has no place in the present one.
enum class FormerReason : std::uint8_t {
    Forked = 1,    // other work of the device stands there
    Gap = 2,       // so it is with what it follows
    Unsealed = 3,  // no device of the province has sealed it, as the directory stands now
};

/// A record that the server had signed for, kept apart for people to look at.
struct FormerKept {
    ledger::ChainId chain;
    std::uint64_t firstSeq = 0;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    base::TimeMs at = 0;
    std::uint64_t firstArrival = 0;
    FormerReason why = FormerReason::Forked;
};
Result<std::vector<FormerKept>> formerKept(const store::ReadTxn& txn);
Result<bool> isFormerKept(const store::ReadTxn& txn, ByteView record);
Status putFormerKept(store::WriteTxn& txn, ByteView record, FormerReason why, base::TimeMs at);

Result<bool> isSettled(const store::ReadTxn& txn, const ledger::Head& head);
Status putSettled(store::WriteTxn& txn, const ledger::Head& head);

}  // namespace reg
