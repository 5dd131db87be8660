#pragma once
// A run of a ledger's entries, read and opened for folding: decrypted, unpacked, decoded. That
// depends on the ledger and the keys alone, so one portion may be opened while another is folded.

#include "domain/change.h"
#include "replica/scope_keys.h"
#include "store/ledger_tables.h"

namespace replica {

/// One record's entries, with their changes or why there are none. It may be moved, not copied: the
/// record borrows from what is stored.
struct OpenedChanges {
    OpenedChanges() = default;
    OpenedChanges(OpenedChanges&&) noexcept = default;
    OpenedChanges& operator=(OpenedChanges&&) noexcept = default;

    store::StoredRecord stored;
    store::OpenedRecord record;
    std::size_t firstOpened = 0;                               // of record.entries
    std::vector<Result<std::vector<domain::Change>>> changes;  // from there on, perhaps not all
};

struct Portion {
    enum class Stopped { AtEnd, Full, KeyMissing };
    std::vector<OpenedChanges> records;
    std::uint64_t end = 0;  // the position after the last entry
    std::size_t bytes = 0;  // of changes, unpacked
    Stopped stopped = Stopped::AtEnd;
};

/// Opens the entries from position `from` on: at most 1,024, and no more once they unpack to 8 MiB.
/// Stops behind an entry whose key is missing. Corrupt if the stored ledger has a gap. Any thread;
/// the keys must not change meanwhile.
Result<Portion> openPortion(store::Store& store, const store::LedgerTables& tables,
                            const base::ScopeId& scope, std::uint64_t from, const ScopeKeys& keys);

/// Opens the body of a unit's entry. WaitingForKey if its key is not held; other errors mean that
/// it is invalid.
Result<std::vector<domain::Change>> openChanges(const ledger::Entry& entry,
                                                const base::ScopeId& scope, const ScopeKeys& keys);

}  // namespace replica
