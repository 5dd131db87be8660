#pragma once
// The tables of a replica's store, besides those of its ledgers (store/ledger_tables.h).

#include "store/ledger_tables.h"

namespace replica {

/// Name → value: identity, keys, session state.
inline constexpr store::Table kSettings{10, "settings"};
/// u64 → an own entry that is not under a verified head.
inline constexpr store::Table kPending{11, "pending"};
/// u64 row number → folded object (view.h has the layout of this and the next ones).
inline constexpr store::Table kRows{12, "rows"};
/// Keyed hash of (scope, kind, id) → row number (id_index.h).
inline constexpr store::Table kIds{13, "ids"};
/// u64 → new ones of these.
inline constexpr store::Table kRecentIds{34, "recent-ids"};
/// u64 → earlier part of an object's history.
inline constexpr store::Table kEvents{14, "events"};
/// Scope → scope number, folded size.
inline constexpr store::Table kFolds{15, "folds"};
/// u64 → a change without effect.
inline constexpr store::Table kAudit{16, "audit"};
/// u64 → an own entry of an incarnation that was given up (pending.h).
inline constexpr store::Table kStranded{20, "stranded"};
/// Chain → nothing: its first entry goes on from another incarnation.
inline constexpr store::Table kContinuing{21, "continuing"};
/// Scope ‖ device ‖ hash → u8 how an act came into the ledger, of devices with such chains.
inline constexpr store::Table kActs{22, "acts"};

/// Hash of the last entry → a segment that came without the right (quarantine.h).
inline constexpr store::Table kQuarantined{30, "quarantined"};
/// Scope ‖ device ‖ act → u64 position: a change of it had the right at what its author had seen.
inline constexpr store::Table kUndecided{31, "undecided"};
/// Scope ‖ device ‖ act → u64 position of the decision of the office.
inline constexpr store::Table kDecided{32, "decided"};
/// u64 → u8 2 ‖ u8 fate ‖ u32 epoch ‖ sized chain before ‖ record: ordered in an epoch that is
/// over, and not again in this one (epoch.cpp).
inline constexpr store::Table kFormerRecords{33, "former"};

/// Names in kSettings that are used in more than one file.
inline constexpr std::string_view kStatementName = "epoch-statement";
inline constexpr std::string_view kTipsKnownName = "tips-known";
inline constexpr std::string_view kIdentityName = "identity";
inline constexpr std::string_view kLearntName = "authority";  // bodies of what the directory lacked
inline constexpr std::string_view kFormerName = "former-incarnations";
inline constexpr std::string_view kFormerCountName = "former-count";
inline constexpr std::string_view kQuarantineHeardName = "quarantine-heard";

/// All tables of a replica's store.
std::span<const store::Table> tables();

}  // namespace replica
