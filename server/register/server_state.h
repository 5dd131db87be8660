#pragma once
// What a server keeps beside its ledgers. None of it is part of any history.
//
//   state       "restored" → u8 1 ‖ u64 when ‖ watermark of the backup: no new work until `resume`
//               "clock"    → u8 1 ‖ u64 wall ‖ u64 arrival ‖ u64 number (clock_guard.h)
//   heard       device → u64 time of its last session, an hour old at most
//   quarantine  see quarantine.h
//
// Another process than the one that serves may write `state`: the commands of the operator.

#include <map>
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

/// The tables of a server's store.
std::span<const store::Table> tables();

/// The mark of a store that was put back from a backup.
struct Restored {
    base::TimeMs at = 0;
    ledger::Watermark backup;  // every ledger's size and root then, the directory's among them
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

}  // namespace reg
