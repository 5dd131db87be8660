#include "replica/tables.h"

namespace replica {
namespace {

constexpr store::Table kTables[] = {store::kLedgers, store::kRecords, store::kBlobs, store::kChains,
                                    kSettings,       kPending,        kRows,         kIds,
                                    kEvents,         kFolds,          kAudit,        kStranded,
                                    kContinuing,     kActs,           kQuarantined,  kUndecided,
                                    kDecided,        kFormerRecords,  kRecentIds};

}  // namespace

std::span<const store::Table> tables() {
    return kTables;
}

}  // namespace replica
