#include "register/new_epoch.h"

#include <algorithm>

namespace reg {
namespace {

using base::Code;
using base::fail;

/// Where the histories parted at the earliest, those of epochs before `statement` included.
Status setBounds(const store::ReadTxn& txn, const Verified& verified,
                 ledger::EpochStatement& statement) {
    TRY(auto mark, restored(txn));
    TRY(auto before, epochStatement(txn));
    statement.since = mark ? mark->since : 0;
    statement.sinceCharter = mark ? mark->backup.charterVersion : verified.charterVersion;
    // Of an epoch that this store has not seen the beginning of nothing is known.
    const bool isKnown = statement.previous == (before ? before->epoch : 0);
    if (!isKnown) statement.since = 0;
    if (!before) return {};
    statement.since = std::min(statement.since, before->since);
    statement.sinceCharter = std::min(statement.sinceCharter, before->sinceCharter);
    return {};
}

}  // namespace

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
    CHECK_OK(setBounds(*txn, verified, statement));
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
