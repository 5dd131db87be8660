#pragma once
// A run of a ledger's entries, read and opened for folding: decrypted, unpacked, decoded. That
// depends on the ledger and the keys alone, so one portion may be opened while another is folded.

#include "domain/change.h"
#include "replica/scope_keys.h"
#include "store/ledger_tables.h"

namespace replica {

/// One record's entries, with their changes or why there are none.
struct OpenedChanges {
    store::StoredRecord stored;  // the record borrows from it
    store::OpenedRecord record;
    std::vector<Result<std::vector<domain::Change>>> changes;  // of record.entries, in order
};

struct Portion {
    enum class Stopped { AtEnd, Full, KeyMissing };
    std::vector<OpenedChanges> records;
    std::uint64_t end = 0;  // the position after the last record
    Stopped stopped = Stopped::AtEnd;
};

/// Reads on from the record that holds position `from`, and stops where a key is missing. Any
/// thread; the keys must not change meanwhile.
Result<Portion> openPortion(store::Store& store, const store::LedgerTables& tables,
                            const base::ScopeId& scope, std::uint64_t from, const ScopeKeys& keys);

/// Opens the body of a unit's entry. WaitingForKey if its key is not held; other errors mean that
/// it is invalid.
Result<std::vector<domain::Change>> openChanges(const ledger::Entry& entry,
                                                const base::ScopeId& scope, const ScopeKeys& keys);

}  // namespace replica
