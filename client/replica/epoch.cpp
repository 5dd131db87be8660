// The server had signed two histories and goes on with one of them, in a new epoch (ADR 22). What
// this replica holds of the other:
//
//   1. It goes back to the server, with the server's own head as proof: a session does that while
//      everything here is as it was (formerLedgers(), recordsFrom(), frontierAt()).
//   2. follow(): in one commit each such ledger goes back to where both histories were the same.
//      Records behind that are kept apart until the same entries are ordered again; own ones wait
//      to be sent again as well, so that nothing hangs on anybody else.
//   3. The next session downloads what the server has instead. The view is folded from zero.

#include <algorithm>
#include "base/limits.h"
#include "replica/replica.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kUnknown[1] = {0};

struct FormerRecord {
    std::uint64_t endSeq = 0;
    base::Hash tip;
    ledger::Record record;
};

Result<FormerRecord> decodeFormer(ByteView bytes) {
    base::Reader in(bytes);
    const std::uint8_t format = in.u8();
    in.u32();  // of which epoch, for whoever looks into the store
    FormerRecord out;
    out.endSeq = in.u64();
    out.tip = in.fixed<base::Hash>();
    auto record = ledger::parseRecord(in.raw(in.remaining()));
    if (!in.ok() || format != kFormat || !record)
        return fail(Code::Corrupt, "a kept record of an earlier epoch cannot be read");
    out.record = std::move(*record);
    return out;
}

}  // namespace

/// What following comes to, before it is committed.
struct Replica::Following {
    std::unique_ptr<store::WriteTxn> txn;
    std::uint32_t epoch = 0;
    std::uint64_t nextFormer = 0;
    std::vector<std::pair<base::ScopeId, PendingEntry>> pending;  // again
    std::vector<Stranded> stranded;                               // ditto
};

std::uint32_t Replica::epoch() const {
    return m_statement ? m_statement->epoch : 0;
}

Status Replica::learnEpoch(ByteView bytes) {
    TRY(ledger::EpochStatement statement, ledger::EpochStatement::decode(bytes));
    const domain::Charter* charter = m_authority.charterVersion(statement.charterVersion);
    bool isSigned = charter != nullptr && statement.province == m_identity.province &&
                    statement.verify(charter->headKey);
    if (!isSigned || statement.epoch <= epoch()) {
        return fail(Code::Refused,
                    "The server speaks of a new epoch that it has not signed. Nothing of it was "
                    "taken; tell the office.");
    }
    m_learntEpoch = std::move(statement);
    return {};
}

Result<std::vector<session::ClientPort::FormerLedger>> Replica::formerLedgers(
    const std::vector<wire::LedgerAnswer>& server) {
    const base::ScopeId directory = domain::directoryScope(m_identity.province);
    std::vector<FormerLedger> out;
    for (const auto& [scope, info] : m_ledgers) {
        if (info.size() == 0 || info.head.empty()) continue;
        auto answer = std::find_if(server.begin(), server.end(), [&, of = scope](const auto& one) {
            return one.state.scope == of;
        });
        const ledger::ShortRoot root = ledger::shortRoot(info.frontier.root());
        bool isSame = answer != server.end() &&
                      (answer->state.size > info.size() ||
                       (answer->state.size == info.size() && answer->state.root == root));
        if (isSame) continue;
        FormerLedger one{scope, info.size(), info.head, {}};
        std::vector<wire::Sample> boundaries;
        CHECK_OK(eachRecord(scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
            boundaries.push_back({stored.end(), ledger::shortRoot(stored.rootAfter)});
            return true;
        }));
        // Ever further apart: what is sent twice is at most as much as what differs.
        for (std::size_t back = 1; back <= boundaries.size(); back *= 2) {
            if (one.samples.size() == base::limits::kSamplesMax) break;
            one.samples.push_back(boundaries[boundaries.size() - back]);
        }
        out.insert(scope == directory ? out.begin() : out.end(), std::move(one));
    }
    return out;
}

Result<ledger::Frontier> Replica::frontierOf(const base::ScopeId& scope, std::uint64_t size) const {
    ledger::Frontier out;
    if (size == 0) return out;
    const bool ofDirectory = scope == domain::directoryScope(m_identity.province);
    CHECK_OK(eachRecord(scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(store::OpenedRecord opened, store::openRecord(stored));
        for (const ledger::Entry& entry : opened.entries) {
            ledger::Arrival at = opened.at;
            if (ofDirectory) at.directorySize = out.size();
            if (at.directorySize > m_directory.size())
                return fail(Code::Corrupt, "a stored record names a directory that is not held");
            out.append(ledger::leafHash(entry.hash, at, m_directory.rootAt(at.directorySize)));
        }
        return stored.end() < size;
    }));
    if (out.size() == size) return out;
    return fail(Code::Corrupt, "a stored ledger has no record that ends there");
}

Result<Bytes> Replica::frontierAt(const base::ScopeId& scope, std::uint64_t size) {
    TRY(ledger::Frontier frontier, frontierOf(scope, size));
    return frontier.encode();
}

/// Own entries wait to be sent again: under the incarnation that goes on as they are, of others to
/// be written again, unless they are met among what is downloaded.
Status Replica::takeOwnBack(Following& f, const store::StoredRecord& stored,
                            const ledger::ChainId& chain) const {
    const bool isCurrent = chain.incarnation == m_identity.incarnation;
    const bool isGivenUp =
        std::find(m_former.begin(), m_former.end(), chain.incarnation) != m_former.end();
    if (!isCurrent && !isGivenUp) return {};  // another copy's, which has its own
    TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
    ledger::ChainState state = stored.before.state;
    for (ByteView bytes : record.segment.entries) {
        const ledger::ChainState before = state;
        TRY(ledger::Entry entry, ledger::advance(state, bytes));
        PendingEntry one;
        one.bytes = base::copy(bytes);
        one.act = ledger::actOf(entry);
        const Bytes sealed = ledger::sealedBytes(m_identity.province, chain, entry.seq, entry.hash);
        one.seal = crypto::sign(m_identity.deviceKey, crypto::Context::Seal, sealed);
        if (isCurrent) {
            f.pending.emplace_back(chain.scope, std::move(one));
        } else if (!m_strandedOfAct.contains(one.act)) {
            f.stranded.push_back({chain.scope, chain.incarnation, before, std::move(one), {}});
        }
    }
    return {};
}

Status Replica::cutBack(Following& f, const base::ScopeId& scope, std::uint64_t size) {
    store::LedgerInfo info;
    info.epoch = f.epoch;
    TRY(info.frontier, frontierOf(scope, size));
    if (size > 0) {
        TRY(auto last, m_tables.recordAt(*f.txn, scope, size - 1));
        if (!last) return fail(Code::Corrupt, "a stored record is missing");
        TRY(ledger::Record record, ledger::parseRecord(last->bytes));
        info.lastArrival = record.at.arrival;
        info.lastDirectorySize = record.at.directorySize;
    }
    std::vector<store::StoredRecord> tail;
    CHECK_OK(
        m_tables.read(*f.txn, scope, size, [&](const store::StoredRecord& one) -> Result<bool> {
            tail.push_back(one);
            return true;
        }));
    const std::uint32_t former = m_ledgers[scope].epoch;
    for (const store::StoredRecord& stored : tail) {
        TRY(store::OpenedRecord opened, store::openRecord(stored));
        const ledger::Entry& last = opened.entries.back();
        Bytes value;
        base::Writer w(value);
        w.u8(kFormat).u32(former).u64(last.seq + 1).raw(last.hash.view()).raw(stored.bytes);
        CHECK_OK(f.txn->append(kFormerRecords, store::orderedKey(f.nextFormer++), value));
        if (opened.chain.device == m_identity.device)
            CHECK_OK(takeOwnBack(f, stored, opened.chain));
    }
    return m_tables.cutBack(*f.txn, scope, info);
}

/// What waited already comes behind what waits again.
Status Replica::putPendingAgain(Following& f) {
    for (const auto& [scope, pending] : m_pending) {
        for (const PendingEntry& one : pending) {
            CHECK_OK(f.txn->erase(kPending, store::orderedKey(one.ordinal)));
            f.pending.emplace_back(scope, one);
        }
    }
    std::uint64_t ordinal = m_nextOrdinal;
    for (Stranded& one : f.stranded)
        CHECK_OK(f.txn->put(kStranded, store::orderedKey(ordinal++), one.encode()));
    for (auto& [scope, one] : f.pending) {
        one.ordinal = ordinal++;
        CHECK_OK(put(*f.txn, scope, one));
    }
    return {};
}

Status Replica::follow(const std::map<base::ScopeId, std::uint64_t>& common) {
    if (!m_learntEpoch) return fail(Code::Internal, "an epoch is followed that was not learnt");
    Following f;
    f.epoch = m_learntEpoch->epoch;
    TRY(f.txn, m_store.write());
    TRY(std::optional<Bytes> last, f.txn->lastKey(kFormerRecords, {}));
    if (last) f.nextFormer = store::numberOfKey(*last) + 1;
    for (const auto& [scope, held] : m_ledgers) {
        if (held.size() == 0) continue;
        auto cut = common.find(scope);
        const bool hasNoHead = held.head.empty();  // nothing in it was signed since the last epoch
        if (cut != common.end() || hasNoHead) {
            CHECK_OK(cutBack(f, scope, hasNoHead ? 0 : cut->second));
            continue;
        }
        store::LedgerInfo info = held;
        info.epoch = f.epoch;
        CHECK_OK(m_tables.putInfo(*f.txn, scope, info));
    }
    CHECK_OK(putPendingAgain(f));
    CHECK_OK(f.txn->put(kSettings, base::view(kStatementName), m_learntEpoch->encode()));
    // Charters that the cut directory held stay known.
    CHECK_OK(f.txn->put(kSettings, base::view(kLearntName), encodeLearnt(m_authority, 0)));
    CHECK_OK(f.txn->put(kSettings, base::view(kTipsKnownName), kUnknown));
    CHECK_OK(View::dropWhenLoaded(*f.txn));
    CHECK_OK(f.txn->commit());
    m_learntEpoch.reset();
    m_pushFrom.clear();
    m_keys = {};
    m_viewBehind = true;
    m_overlayFresh = false;
    return load();
}

/// Records of an earlier epoch leave once the same entries are ordered again.
Status Replica::settleFormer() {
    std::vector<Bytes> done;
    {
        TRY(auto txn, m_store.read());
        auto look = [&](ByteView key, ByteView value) -> Result<bool> {
            TRY(FormerRecord former, decodeFormer(value));
            const ledger::ChainId& chain = former.record.segment.chain;
            TRY(store::ChainTip tip, m_tables.chain(*txn, m_identity.province, chain));
            if (tip.state.nextSeq < former.endSeq) return true;
            TRY(auto there, m_tables.chainAt(*txn, chain.scope, tip, former.endSeq, SIZE_MAX));
            if (there->tip == former.tip) done.push_back(base::copy(key));
            return true;
        };
        CHECK_OK(txn->scan(kFormerRecords, {}, look));
    }
    if (done.empty()) return {};
    TRY(auto txn, m_store.write());
    for (const Bytes& key : done) CHECK_OK(txn->erase(kFormerRecords, key));
    return txn->commit();
}

Result<Replica::FormerCount> Replica::formerRecords() const {
    FormerCount out;
    TRY(auto txn, m_store.read());
    CHECK_OK(txn->scan(kFormerRecords, {}, [&](ByteView, ByteView value) -> Result<bool> {
        TRY(FormerRecord former, decodeFormer(value));
        ++out.records;
        out.entries += former.record.segment.entries.size();
        return true;
    }));
    return out;
}

}  // namespace replica
