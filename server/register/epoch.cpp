// What an epoch that is over had signed and this server's ledgers do not hold: verified against the
// head that covers it, and ordered again behind everything else.

#include <algorithm>
#include "base/limits.h"
#include "register/register.h"
#include "session/ledger_check.h"

namespace reg {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kAnyDistance = SIZE_MAX;  // of a walk along a chain
constexpr std::string_view kNoRoom =
    "the server has no room left for work that it had received before its restore and that has no "
    "place in its ledgers now; its operator must look at thongsuot-server quarantine list";

tl::unexpected<base::Error> broken() {
    return fail(Code::Malformed, "records that do not lead to the head that was shown");
}

/// Whether this server understands these changes, and could sign under every charter among them.
Status checkChanges(const domain::Directory& directory, const ledger::Entry& entry,
                    const Register::HoldsKeys& holdsKeys) {
    TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
    for (const domain::Change& change : changes) {
        if (std::holds_alternative<domain::UnknownChange>(change)) {
            return fail(Code::Unsupported,
                        "a change that this server is too old to understand; install the newer "
                        "version");
        }
        auto* charter = std::get_if<domain::SignedCharter>(&change);
        bool isNew =
            charter != nullptr && charter->content.version > directory.authority().version();
        if (isNew && !holdsKeys(charter->content)) {
            return fail(Code::Refused,
                        "the server has changed its keys since: put it back with its newest "
                        "server.key");
        }
    }
    return {};
}

}  // namespace

/// A record of the former history, verified.
struct Register::FormerRecord {
    ledger::Record record;
    std::vector<base::Hash> hashes;  // of its entries
    ledger::FormerPlace place;       // without the head
    /// Of its device, if that is known: here, or by these records.
    std::optional<base::PublicKey> key;
};

/// What becomes of each record of a former history.
struct Register::FormerPlan {
    /// One chain from the first of these records on: what is held, and what will be.
    struct Chain {
        std::uint64_t first = 0;
        base::Hash before;
        std::vector<base::Hash> hashes;

        std::uint64_t end() const { return first + hashes.size(); }
        const base::Hash& tipAt(std::uint64_t seq) const {
            return seq == first ? before : hashes[static_cast<std::size_t>(seq - first) - 1];
        }
    };
    struct Step {
        std::size_t held = 0;  // entries of it
        std::optional<FormerReason> why;
    };
    std::map<ledger::ChainId, Chain> chains;
    std::vector<Step> steps;  // one for each record
};

Result<Bytes> Register::signedEpoch() {
    if (m_epoch == 0) return Bytes();
    if (m_statement) return m_statement->encode();
    // It was lost with the store; what it names is whole again only when the recovery has ended.
    if (m_restored) return Bytes();
    if (m_failure) return tl::unexpected(*m_failure);
    if (m_txn) return fail(Code::Internal, "an epoch is signed while records are staged");
    ledger::EpochStatement statement;
    const domain::Charter& charter = m_directory.directory().charter();
    statement.province = m_directory.directory().province();
    statement.epoch = m_epoch;
    statement.previous = m_epoch - 1;
    statement.time = std::max(static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival);
    statement.charterVersion = statement.sinceCharter = charter.version;
    for (const auto& [scope, ledger] : m_ledgers) {
        if (ledger.committed.size() > 0)
            statement.ledgers.push_back({scope, ledger.committed.size(), ledger.committedRoot});
    }
    auto key = m_headKeys.find(charter.headKey);
    if (key == m_headKeys.end()) return fail(Code::Corrupt, "the charter's head key is not held");
    statement.sign(key->second);
    TRY(auto txn, m_store.write());
    CHECK_OK(putEpochStatement(*txn, statement));
    CHECK_OK(txn->commit());
    m_statement = std::move(statement);
    return m_statement->encode();
}

Result<session::ServerPort::FormerStanding> Register::standingOf(
    const ledger::Head& head, std::span<const wire::Sample> samples) const {
    session::ServerPort::FormerStanding out;
    TRY(auto txn, m_store.read());
    TRY(out.isSettled, isSettled(*txn, head));
    for (const wire::Sample& sample : samples) {
        if (sample.size == 0 || sample.size > head.size || sample.size <= out.common) continue;
        TRY(auto root, m_tables.rootAt(*txn, head.scope, sample.size));
        if (root && ledger::shortRoot(*root) == sample.root) out.common = sample.size;
    }
    return out;
}

/// Whether a record may have arrived so under this head: not before the histories parted. One that
/// says that it arrived after the epoch began is ordered again as if it came now.
bool Register::isInTime(const ledger::Head& head, const ledger::Arrival& at) const {
    const std::uint64_t since = m_statement ? m_statement->since : 0;
    return ledger::mayHaveArrived(head, at) && at.arrival >= since;
}

/// Every entry in its chain, every leaf, and the root of them all.
Result<std::vector<Register::FormerRecord>> Register::verifyFormer(
    const session::ServerPort::FormerTail& tail, const HoldsKeys& holdsKeys) {
    const base::ScopeId& scope = tail.head.scope;
    const base::ProvinceId& province = m_directory.directory().province();
    auto frontier = ledger::Frontier::decode(tail.frontier);
    TRY(auto rootThere, rootAt(scope, tail.first));
    bool isCommon =
        frontier && frontier->size() == tail.first && rootThere && frontier->root() == *rootThere;
    if (!isCommon || tail.roots.size() != tail.records.size()) return broken();
    const bool ofDirectory = session::isDirectory(m_directory, scope);
    ledger::AuditPaths paths(*frontier);
    std::map<ledger::ChainId, ledger::ChainState> chains;
    std::map<base::DeviceId, base::PublicKey> keys;
    std::vector<FormerRecord> out;
    for (std::size_t i = 0; i < tail.records.size(); ++i) {
        FormerRecord one;
        TRY(one.record, ledger::parseRecord(tail.records[i]));
        const ledger::Segment& segment = one.record.segment;
        if (segment.chain.scope != scope) return broken();
        if (!isInTime(tail.head, one.record.at))
            return fail(Code::Malformed, "records whose times cannot be those of their history");
        if (!chains.contains(segment.chain)) {
            // Up to the common part the chain was the same, so it has been there in any case.
            TRY(store::ChainTip tip, stagedChain(province, segment.chain));
            if (tip.state.nextSeq < segment.firstSeq) return broken();
            TRY(auto before, stateBefore(segment.chain, tip, segment.firstSeq, kAnyDistance));
            chains[segment.chain] = *before;
        }
        ledger::ChainState& state = chains[segment.chain];
        if (segment.firstSeq != state.nextSeq || segment.prev != state.tip) return broken();
        for (ByteView bytes : segment.entries) {
            const bool isLast = one.hashes.size() + 1 == segment.entries.size();
            if (isLast) paths.want(paths.size());
            TRY(ledger::Entry entry, ledger::advance(state, bytes));
            if (ofDirectory) CHECK_OK(checkChanges(m_directory.directory(), entry, holdsKeys));
            one.place.position = paths.size();
            one.place.at = one.record.at;
            one.place.directoryRoot = tail.roots[i];
            if (ofDirectory) {
                one.place.at.directorySize = paths.size();
                one.place.directoryRoot = frontier->root();
            }
            const base::Hash leaf =
                ledger::leafHash(entry.hash, one.place.at, one.place.directoryRoot);
            paths.append(leaf);
            frontier->append(leaf);
            one.hashes.push_back(entry.hash);
        }
        if (auto key = m_directory.sealKey(segment)) keys[segment.chain.device] = *key;
        auto key = keys.find(segment.chain.device);
        if (key != keys.end()) one.key = key->second;
        out.push_back(std::move(one));
    }
    if (frontier->size() != tail.head.size || frontier->root() != tail.head.root) return broken();
    std::vector<std::vector<base::Hash>> all = paths.paths();
    for (std::size_t i = 0; i < out.size(); ++i) out[i].place.path = std::move(all[i]);
    return out;
}

/// Goes through each chain once, however much of it is held, and looks at the seals of what is to
/// be ordered again: the old head vouches for everything else.
Status Register::planFormer(const std::vector<FormerRecord>& records, FormerPlan& plan) {
    const base::ProvinceId& province = m_directory.directory().province();
    for (const FormerRecord& former : records) {
        const ledger::Segment& segment = former.record.segment;
        FormerPlan::Step step;
        auto [at, isNew] = plan.chains.try_emplace(segment.chain);
        FormerPlan::Chain& chain = at->second;
        if (isNew) {
            TRY(store::ChainTip tip, stagedChain(province, segment.chain));
            chain.first = segment.firstSeq;
            chain.before = segment.prev;
            TRY(auto txn, m_store.read());
            TRY(chain.hashes, m_tables.chainFrom(*txn, segment.chain.scope, tip, segment.firstSeq));
        }
        const std::uint64_t until = std::min(chain.end(), segment.endSeq());
        if (chain.end() < segment.firstSeq) {
            step.why = FormerReason::Gap;
        } else {
            step.held = static_cast<std::size_t>(until - segment.firstSeq);
            const base::Hash& theirs = step.held == 0 ? segment.prev : former.hashes[step.held - 1];
            if (chain.tipAt(until) != theirs) step.why = FormerReason::Forked;
        }
        const bool isWanting = !step.why && step.held < former.hashes.size();
        if (isWanting && !former.key) step.why = FormerReason::Unsealed;
        if (isWanting && former.key) {
            const Bytes sealed = ledger::sealedBytes(province, segment.chain, segment.endSeq() - 1,
                                                     former.hashes.back());
            if (!crypto::verify(*former.key, crypto::Context::Seal, sealed, segment.seal))
                return fail(Code::Malformed, "a record that its device has not sealed");
            chain.hashes.insert(chain.hashes.end(),
                                former.hashes.begin() + static_cast<std::ptrdiff_t>(step.held),
                                former.hashes.end());
        }
        plan.steps.push_back(step);
    }
    return {};
}

/// Whether everything that has no place can be kept apart.
Status Register::checkRoom(const std::vector<FormerRecord>& records, const FormerPlan& plan) const {
    std::uint64_t count = m_formerKept;
    std::uint64_t bytes = m_formerKeptBytes;
    TRY(auto txn, m_store.read());
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!plan.steps[i].why) continue;
        const ByteView record = records[i].record.bytes;
        TRY(const bool isKept, isFormerKept(*txn, record));
        if (isKept) continue;
        ++count;
        bytes += record.size();
    }
    const bool isNew = count > m_formerKept;
    if (isNew &&
        (count > base::limits::kQuarantineItemsMax || bytes > base::limits::kQuarantineBytesMax))
        return fail(Code::Limit, std::string(kNoRoom));
    return {};
}

Status Register::keepApart(ByteView record, FormerReason why) {
    if (auto begun = begin(); !begun) return failed(begun.error());
    auto isKept = isFormerKept(*m_txn, record);
    if (!isKept) return failed(isKept.error());
    if (*isKept) return {};
    bool isFull = m_formerKept >= base::limits::kQuarantineItemsMax ||
                  m_formerKeptBytes + record.size() > base::limits::kQuarantineBytesMax;
    if (isFull) return fail(Code::Limit, std::string(kNoRoom));
    if (auto put = putFormerKept(*m_txn, record, why, m_clock.nowMs()); !put)
        return failed(put.error());
    ++m_formerKept;
    m_formerKeptBytes += record.size();
    return {};
}

/// What of the record is not held becomes a new record, under the rules of every record; or it is
/// kept apart, if it has lost its place by what these records themselves have done.
Status Register::stageFormer(const FormerRecord& former, std::size_t overlap,
                             const ledger::Head& head) {
    const ledger::Segment& segment = former.record.segment;
    const bool ofDirectory = session::isDirectory(m_directory, segment.chain.scope);
    const domain::Directory& directory = m_directory.directory();
    TRY(store::ChainTip before, stagedChain(directory.province(), segment.chain));
    const std::uint64_t from = segment.firstSeq + overlap;
    if (before.state.nextSeq != from) return keepApart(former.record.bytes, FormerReason::Gap);
    Bytes rest;
    ledger::encodeSegment(segment.chain, from, before.state.tip,
                          std::span(segment.entries).subspan(overlap), segment.seal, rest);
    ledger::Record record;
    TRY(record.segment, ledger::parseSegment(rest));
    if (!m_directory.sealKey(record.segment))
        return keepApart(former.record.bytes, FormerReason::Unsealed);
    ledger::ChainState after = before.state;
    std::vector<ledger::Entry> entries;
    for (ByteView bytes : record.segment.entries) {
        TRY(ledger::Entry entry, ledger::advance(after, bytes));
        entries.push_back(std::move(entry));
    }
    ledger::FormerPlace place = former.place;
    place.head = head;
    record.at.arrival = std::max(static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival);
    record.at.firstArrival = place.at.firstArrival;
    // Where a clock ran ahead: nothing of a history is later than its end, nor first than last.
    const std::uint64_t end = m_statement ? m_statement->time : record.at.arrival;
    place.head.time = std::min(place.head.time, end);
    if (place.at.arrival > end || place.at.firstArrival > record.at.arrival)
        record.at.firstArrival = record.at.arrival;
    // Replicas know the charters of the directory as it stands before this record.
    const domain::Charter* charter = directory.charterVersion(place.head.charterVersion);
    if (charter == nullptr || !place.head.verify(charter->headKey)) {
        auto own = m_headKeys.find(directory.charter().headKey);
        if (own == m_headKeys.end())
            return fail(Code::Corrupt, "the charter's head key is not held");
        place.head.charterVersion = directory.charter().version;
        place.head.sign(own->second);
    }
    auto present = m_ledgers.find(segment.chain.scope);
    store::StoredRecord stored;
    stored.first = present == m_ledgers.end() ? 0 : present->second.staged.size();
    stored.count = static_cast<std::uint16_t>(entries.size());
    stored.before = before;
    const std::uint64_t recordEnd = stored.end();
    record.at.directorySize = ofDirectory ? stored.first : m_directory.size();
    stored.bytes = rest;
    if (record.at.firstArrival == record.at.arrival) {
        ledger::encodeArrival(record.at, stored.bytes);
    } else {
        ledger::encodeArrival(record.at, place, stored.bytes);
        record.former = std::move(place);
    }
    if (auto extended = extend(record, entries, std::move(stored)); !extended)
        return failed(extended.error());
    m_stagedChains[segment.chain] = {after, recordEnd};
    return {};
}

Status Register::takeFormer(const session::ServerPort::FormerTail& tail,
                            const HoldsKeys& holdsKeys) {
    if (m_failure) return tl::unexpected(*m_failure);
    if (m_txn) return fail(Code::Internal, "a former history comes back while others are staged");
    TRY(auto examined, examine(tail.head));
    if (examined.standing != session::ServerPort::Standing::Former || tail.records.empty())
        return fail(Code::Refused, "a head that this server has not signed");
    TRY(std::vector<FormerRecord> records, verifyFormer(tail, holdsKeys));
    FormerPlan plan;
    CHECK_OK(planFormer(records, plan));
    CHECK_OK(checkRoom(records, plan));
    for (std::size_t i = 0; i < records.size(); ++i) {
        const FormerPlan::Step& step = plan.steps[i];
        if (!step.why && step.held == records[i].hashes.size()) continue;
        auto done = step.why ? keepApart(records[i].record.bytes, *step.why)
                             : stageFormer(records[i], step.held, tail.head);
        if (done) continue;
        const Code code = done.error().code;
        bool isOwn = code == Code::Io || code == Code::Corrupt || code == Code::Internal;
        if (!isOwn && m_txn) CHECK_OK(recover());  // what was staged before it is gone
        return done;
    }
    if (auto begun = begin(); !begun) return failed(begun.error());
    if (auto put = putSettled(*m_txn, tail.head); !put) return failed(put.error());
    return {};
}

}  // namespace reg
