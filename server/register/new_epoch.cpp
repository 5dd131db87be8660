#include "register/new_epoch.h"

#include <algorithm>

namespace reg {

using base::Code;
using base::fail;

Result<ledger::EpochStatement> beginEpoch(store::Store& store, const crypto::SigningKey& headKey,
                                          base::TimeMs now, const Progress& progress) {
    TRY(auto txn, store.write());
    TRY(Contradictions known, contradictions(*txn));
    if (known.empty()) {
        return fail(
            Code::Refused,
            "This server has not signed two histories, as far as its devices have shown, so "
            "it needs no new epoch. After a restore, thongsuot-server resume is what ends "
            "the recovery.");
    }
    TRY(Verified verified, verifyLedgers(*txn, progress));
    ledger::EpochStatement statement;
    statement.province = verified.province;
    statement.previous = verified.epoch;
    for (const auto& [scope, head] : known)
        statement.previous = std::max(statement.previous, head.epoch);
    if (statement.previous == UINT32_MAX) return fail(Code::Limit, "There are no more epochs.");
    statement.epoch = statement.previous + 1;
    statement.time = std::max(static_cast<std::uint64_t>(now), verified.lastArrival);
    statement.charterVersion = verified.charterVersion;
    store::LedgerTables tables;
    TRY(auto all, tables.all(*txn));
    for (auto& [scope, info] : all) {
        statement.ledgers.push_back({scope, info.size(), info.frontier.root()});
        info.epoch = statement.epoch;
        CHECK_OK(tables.putInfo(*txn, scope, info));
    }
    statement.sign(headKey);
    CHECK_OK(putEpochStatement(*txn, statement));
    CHECK_OK(eraseContradictions(*txn, known));
    CHECK_OK(eraseRestored(*txn));
    CHECK_OK(verifyLedgers(*txn, progress));  // what has become of it, before it counts
    CHECK_OK(txn->commit());
    return statement;
}

}  // namespace reg
