#pragma once
// A whole store of a server, gone through from its first record to its last.

#include "register/server_state.h"

namespace reg {

struct Verified {
    base::ProvinceId province;  // zeros before genesis
    std::uint32_t charterVersion = 0;
    std::uint64_t lastArrival = 0;
    std::vector<ledger::Watermark::Ledger> ledgers;  // by scope
    std::uint32_t epoch = 0;                         // of all of them
};

/// Told now and then: entries looked at, of all.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Verifies every record as a device would (layout, seal, chain, times), computes every root again,
/// and compares with what is stored: index, chains' ends, ledgers' frontiers, and what the present
/// epoch began with. Corrupt at the first
/// difference. Takes about as long as reading all, plus a signature for each record.
Result<Verified> verifyLedgers(const store::ReadTxn& txn, const Progress& progress = {});

/// The ledger that holds genesis; every other scope is derived from it. Corrupt if there are
/// ledgers and none of them is it; nothing if there are none. Also where a first or last record is
/// missing.
Result<std::optional<base::ScopeId>> findDirectory(
    const store::ReadTxn& txn, const store::LedgerTables& tables,
    const std::vector<std::pair<base::ScopeId, store::LedgerInfo>>& all);

/// P of a segment on an empty server comes from the genesis that it holds.
Result<base::ProvinceId> provinceOfGenesis(const ledger::Segment& segment);

}  // namespace reg
