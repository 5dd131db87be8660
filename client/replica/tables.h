#pragma once
// The tables of a replica's store, besides those of its ledgers (store/ledger_tables.h).

#include "store/ledger_tables.h"

namespace replica {

inline constexpr store::Table kSettings{10,
                                        "settings"};  // name → value: identity, keys, session state
inline constexpr store::Table kPending{11,
                                       "pending"};  // u64 → own entries not under a verified head
inline constexpr store::Table kRows{12, "rows"};    // u64 row number → folded object
inline constexpr store::Table kIds{13, "ids"};  // keyed hash of (scope, kind, id) → row number
inline constexpr store::Table kEvents{14,
                                      "events"};  // u64 → where a change stands; a list per object
inline constexpr store::Table kFolds{15, "folds"};  // scope → scope number, folded size
inline constexpr store::Table kAudit{16, "audit"};  // u64 → changes without effect

/// Names in kSettings that are used in more than one file.
inline constexpr std::string_view kTipsKnownName = "tips-known";

/// All tables of a replica's store.
std::span<const store::Table> tables();

}  // namespace replica
