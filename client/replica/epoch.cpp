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

constexpr std::uint8_t kFormat = 2;
constexpr std::size_t kChainStateBytes = 256;  // more than it takes
constexpr std::size_t kFateAt = 1;             // place in the value
constexpr std::uint8_t kUnknown[1] = {0};
constexpr std::uint64_t kNeverLooked = UINT64_MAX;

/// Waits: for the same entries to be ordered again. Apart: its chain goes on otherwise now.
enum class Fate : std::uint8_t { Waits = 0, Apart = 1 };

tl::unexpected<base::Error> unreadable() {
    return fail(Code::Corrupt, "a kept record of an earlier epoch cannot be read");
}

Bytes encodeFormer(Fate fate, std::uint32_t epoch, const store::StoredRecord& stored) {
    Bytes out;
    base::Writer w(out);
    w.u8(kFormat).u8(static_cast<std::uint8_t>(fate)).u32(epoch);
    w.sized(stored.before.state.encode()).raw(stored.bytes);
    return out;
}

struct FormerRecord {
    Fate fate = Fate::Waits;
    std::uint32_t epoch = 0;  // that ordered it
    store::StoredRecord stored;
};

Result<FormerRecord> decodeFormer(ByteView bytes) {
    base::Reader in(bytes);
    const std::uint8_t format = in.u8();
    const std::uint8_t fate = in.u8();
    FormerRecord out;
    out.epoch = in.u32();
    const ByteView before = in.sized(kChainStateBytes);
    out.stored.bytes = base::copy(in.raw(in.remaining()));
    auto record = ledger::parseRecord(out.stored.bytes);
    if (!in.ok() || format != kFormat || fate > 1 || !record) return unreadable();
    out.fate = static_cast<Fate>(fate);
    out.stored.count = static_cast<std::uint16_t>(record->segment.entries.size());
    TRY(out.stored.before.state, ledger::ChainState::decode(before));
    return out;
}

Result<FormerRecord> formerAt(const store::ReadTxn& txn, std::uint64_t ordinal) {
    Bytes value;
    TRY(const bool found, txn.get(kFormerRecords, store::orderedKey(ordinal), value));
    if (!found) return unreadable();
    return decodeFormer(value);
}

/// Whether a chain that ends so holds what the record holds, as far as both go. It has reached the
/// record's beginning.
Result<bool> goesThrough(const store::LedgerTables& tables, const store::ReadTxn& txn,
                         const store::ChainTip& tip, const FormerRecord& former) {
    TRY(store::OpenedRecord opened, store::openRecord(former.stored));
    const ledger::ChainState& before = former.stored.before.state;
    const std::uint64_t until = std::min(tip.state.nextSeq, before.nextSeq + opened.entries.size());
    TRY(auto there, tables.chainAt(txn, opened.chain.scope, tip, until, SIZE_MAX));
    const auto shared = static_cast<std::size_t>(until - before.nextSeq);
    return there->tip == (shared == 0 ? before.tip : opened.entries[shared - 1].hash);
}

}  // namespace

/// What is kept in memory of a former record while they are looked through.
struct Replica::Former {
    std::uint64_t ordinal = 0;
    std::uint64_t firstSeq = 0;
    std::uint64_t count = 0;
    bool isApart = false;

    std::uint64_t endSeq() const { return firstSeq + count; }
};

/// A look through all of them, before it is committed.
struct Replica::FormerLook {
    std::unique_ptr<store::WriteTxn> txn;
    /// By chain and former epoch: there they follow each other, and once one of them has found
    /// other work at its place, those behind it have none.
    std::map<std::pair<ledger::ChainId, std::uint32_t>, std::vector<Former>> lineages;
    /// What devices have written again in the directory.
    std::optional<std::set<std::pair<base::DeviceId, base::Hash>>> restated;
    FormerCount count;
    std::uint64_t parted = 0;  // entries that have lost their place since the last look
};

/// What following comes to, before it is committed.
struct Replica::Following {
    std::unique_ptr<store::WriteTxn> txn;
    std::uint32_t epoch = 0;
    std::uint64_t nextFormer = 0;
    FormerCount former;
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
        // Ever further apart: what is sent twice is at most as much as what differs. With the
        // first, or a whole ledger would go where its beginning alone is the same.
        for (std::size_t back = 1; back < boundaries.size(); back *= 2) {
            if (one.samples.size() + 1 == base::limits::kSamplesMax) break;
            one.samples.push_back(boundaries[boundaries.size() - back]);
        }
        one.samples.push_back(boundaries.front());
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

/// Keeps a portion of a ledger's records from `position` on apart; the position behind it.
Result<std::uint64_t> Replica::keepFormer(Following& f, const base::ScopeId& scope,
                                          std::uint64_t position) {
    std::vector<store::StoredRecord> portion;
    std::size_t bytes = 0;
    CHECK_OK(
        m_tables.read(*f.txn, scope, position, [&](const store::StoredRecord& one) -> Result<bool> {
            bytes += one.bytes.size();
            portion.push_back(one);
            return bytes < base::limits::kBatchBytesMax;
        }));
    if (portion.empty()) return fail(Code::Corrupt, "a stored record is missing");
    const std::uint32_t epoch = m_ledgers[scope].epoch;
    for (const store::StoredRecord& stored : portion) {
        TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
        CHECK_OK(f.txn->append(kFormerRecords, store::orderedKey(f.nextFormer++),
                               encodeFormer(Fate::Waits, epoch, stored)));
        ++f.former.records;
        f.former.entries += stored.count;
        const ledger::ChainId& chain = record.segment.chain;
        if (chain.device == m_identity.device) CHECK_OK(takeOwnBack(f, stored, chain));
    }
    return portion.back().end();
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
    const std::uint64_t end = m_ledgers[scope].size();
    for (std::uint64_t position = size; position < end;) {
        TRY(position, keepFormer(f, scope, position));
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
    TRY(f.former, formerRecords());
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
    CHECK_OK(putFormerCount(*f.txn, f.former, kNeverLooked));
    CHECK_OK(View::dropWhenLoaded(*f.txn));
    CHECK_OK(f.txn->commit());
    m_learntEpoch.reset();
    m_pushFrom.clear();
    m_keys = {};
    m_viewBehind = true;
    m_overlayFresh = false;
    return load();
}

/// How many entries the ledgers hold: within one epoch it grows with everything that is received.
std::uint64_t Replica::entriesHeld() const {
    std::uint64_t out = 0;
    for (const auto& [scope, info] : m_ledgers) out += info.size();
    return out;
}

Status Replica::putFormerCount(store::WriteTxn& txn, const FormerCount& count,
                               std::uint64_t lookedAt) {
    Bytes value;
    base::Writer w(value);
    w.u64(count.records).u64(count.entries).u64(count.apart).u64(lookedAt);
    return txn.put(kSettings, base::view(kFormerCountName), value);
}

Result<Replica::FormerCount> Replica::formerRecords() const {
    FormerCount out;
    TRY(std::optional<Bytes> kept, setting(kFormerCountName));
    if (!kept) return out;
    base::Reader in(*kept);
    out.records = in.u64();
    out.entries = in.u64();
    out.apart = in.u64();
    out.lookedAt = in.u64();
    if (!in.atEnd()) return unreadable();
    return out;
}

/// Whether each act of the record stands in the ledger after all, because its device has written it
/// again.
Result<bool> Replica::isWrittenAgain(FormerLook& look, std::uint64_t ordinal) const {
    TRY(FormerRecord former, formerAt(*look.txn, ordinal));
    TRY(store::OpenedRecord opened, store::openRecord(former.stored));
    const base::ScopeId& scope = opened.chain.scope;
    const bool ofDirectory = scope == domain::directoryScope(m_identity.province);
    if (ofDirectory && !look.restated) {
        look.restated.emplace();
        auto note = [&](const store::StoredRecord& stored) -> Result<bool> {
            TRY(store::OpenedRecord record, store::openRecord(stored));
            for (const ledger::Entry& entry : record.entries) {
                if (entry.header.restates)
                    look.restated->emplace(record.chain.device, *entry.header.restates);
            }
            return true;
        };
        CHECK_OK(m_tables.read(*look.txn, scope, 0, note));
    }
    Bytes ignored;
    for (const ledger::Entry& entry : opened.entries) {
        const Judgeable act{scope, opened.chain.device, ledger::actOf(entry)};
        if (ofDirectory) {
            if (!look.restated->contains({act.device, act.act})) return false;
            continue;
        }
        TRY(const bool isFolded, look.txn->get(kActs, act.key(), ignored));
        if (!isFolded) return false;
    }
    return true;
}

/// Those that follow each other in one chain: the beginning is ordered again, the rest waits or has
/// lost its place.
Status Replica::settleLineage(FormerLook& look, const ledger::ChainId& chain,
                              const std::vector<Former>& records) {
    TRY(const store::ChainTip tip, m_tables.chain(*look.txn, m_identity.province, chain));
    std::size_t reached = 0;  // of those whose fate is open, by the chain as it is now
    while (reached < records.size() && !records[reached].isApart &&
           records[reached].firstSeq <= tip.state.nextSeq)
        ++reached;
    // What agrees with the last agrees with all: mostly one walk along the chain.
    std::size_t same = 0;
    std::size_t other = reached;
    for (std::size_t probe = reached - 1; same < other; probe = same + (other - same) / 2) {
        TRY(FormerRecord former, formerAt(*look.txn, records[probe].ordinal));
        TRY(const bool agrees, goesThrough(m_tables, *look.txn, tip, former));
        (agrees ? same : other) = agrees ? probe + 1 : probe;
    }
    const bool hasParted = other < reached;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const Former& one = records[i];
        const auto key = store::orderedKey(one.ordinal);
        bool isDone = i < same && one.endSeq() <= tip.state.nextSeq;
        const bool isApart = one.isApart || (hasParted && i >= other);
        if (isApart) {
            TRY(isDone, isWrittenAgain(look, one.ordinal));
        }
        if (isDone) {
            CHECK_OK(look.txn->erase(kFormerRecords, key));
        } else if (isApart) {
            look.count.apart += one.count;
            if (one.isApart) continue;
            Bytes value;
            TRY(const bool found, look.txn->get(kFormerRecords, key, value));
            if (!found) return unreadable();
            value[kFateAt] = static_cast<std::uint8_t>(Fate::Apart);
            CHECK_OK(look.txn->put(kFormerRecords, key, value));
            look.parted += one.count;
        } else {
            ++look.count.records;
            look.count.entries += one.count;
        }
    }
    return {};
}

/// Records of an earlier epoch leave once the same entries are ordered again, or their acts are,
/// written again. Where their chain goes on otherwise now the server keeps them apart, and nobody
/// waits for them.
Status Replica::settleFormer() {
    TRY(const FormerCount before, formerRecords());
    const bool isNone = before.records == 0 && before.apart == 0;
    if (isNone || before.lookedAt == entriesHeld()) return {};
    FormerLook look;
    TRY(look.txn, m_store.write());
    auto note = [&](ByteView key, ByteView value) -> Result<bool> {
        TRY(FormerRecord former, decodeFormer(value));
        TRY(ledger::Record record, ledger::parseRecord(former.stored.bytes));
        look.lineages[{record.segment.chain, former.epoch}].push_back(
            {store::numberOfKey(key), record.segment.firstSeq, former.stored.count,
             former.fate == Fate::Apart});
        return true;
    };
    CHECK_OK(look.txn->scan(kFormerRecords, {}, note));
    for (const auto& [lineage, records] : look.lineages)
        CHECK_OK(settleLineage(look, lineage.first, records));
    CHECK_OK(putFormerCount(*look.txn, look.count, entriesHeld()));
    CHECK_OK(look.txn->commit());
    m_partedEntries += look.parted;
    return {};
}

}  // namespace replica
