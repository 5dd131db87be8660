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

tl::unexpected<base::Error> broken() {
    return fail(Code::Malformed, "records that do not lead to the head that was shown");
}

/// Whether this server could sign under every charter among these changes.
Status checkCharters(const domain::Directory& directory, const ledger::Entry& entry,
                     const Register::HoldsKeys& holdsKeys) {
    TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
    for (const domain::Change& change : changes) {
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
};

Result<Bytes> Register::signedEpoch() {
    if (m_epoch == 0 || !m_statement.empty()) return m_statement;
    // It was lost with the store, and the ledgers came back from the devices.
    ledger::EpochStatement statement;
    const domain::Charter& charter = m_directory.directory().charter();
    statement.province = m_directory.directory().province();
    statement.epoch = m_epoch;
    statement.previous = m_epoch - 1;
    statement.time = m_lastArrival;
    statement.charterVersion = charter.version;
    for (const auto& [scope, ledger] : m_ledgers) {
        if (ledger.committed.size() > 0)
            statement.ledgers.push_back({scope, ledger.committed.size(), ledger.committedRoot});
    }
    auto key = m_headKeys.find(charter.headKey);
    if (key == m_headKeys.end()) return fail(Code::Corrupt, "the charter's head key is not held");
    statement.sign(key->second);
    m_statement = statement.encode();
    return m_statement;
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

/// Every entry in its chain, every leaf, and the root of them all; the seals are looked at when
/// the records are ordered again.
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
    std::vector<FormerRecord> out;
    for (std::size_t i = 0; i < tail.records.size(); ++i) {
        FormerRecord one;
        TRY(one.record, ledger::parseRecord(tail.records[i]));
        const ledger::Segment& segment = one.record.segment;
        if (segment.chain.scope != scope) return broken();
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
            if (ofDirectory) CHECK_OK(checkCharters(m_directory.directory(), entry, holdsKeys));
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
        out.push_back(std::move(one));
    }
    if (frontier->size() != tail.head.size || frontier->root() != tail.head.root) return broken();
    std::vector<std::vector<base::Hash>> all = paths.paths();
    for (std::size_t i = 0; i < out.size(); ++i) out[i].place.path = std::move(all[i]);
    return out;
}

Status Register::keepApart(ByteView record, FormerReason why) {
    bool isFull = m_formerKept >= base::limits::kQuarantineItemsMax ||
                  m_formerKeptBytes + record.size() > base::limits::kQuarantineBytesMax;
    if (isFull)
        return fail(Code::Limit,
                    "there is no room for what an earlier epoch had signed and this "
                    "one has no place for");
    if (auto begun = begin(); !begun) return failed(begun.error());
    auto isNew = putFormerKept(*m_txn, record, why, m_clock.nowMs());
    if (!isNew) return failed(isNew.error());
    m_formerKept += *isNew ? 1 : 0;
    m_formerKeptBytes += *isNew ? record.size() : 0;
    return {};
}

/// As a new record, under the rules of every record; why it has no place otherwise.
Result<std::optional<FormerReason>> Register::stageFormer(const ledger::Segment& segment,
                                                          const store::ChainTip& before,
                                                          ledger::FormerPlace place) {
    const bool ofDirectory = session::isDirectory(m_directory, segment.chain.scope);
    const domain::Directory& directory = m_directory.directory();
    ledger::ChainState after = before.state;
    std::vector<ledger::Entry> entries;
    auto key = m_directory.sealKey(segment);
    if (!key) return std::optional(FormerReason::Unsealed);
    // The old head vouches for everything but the seal: whoever brings it without, brings nothing.
    CHECK_OK(ledger::verifySegment(directory.province(), *key, segment, after, entries));
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
    stored.count = static_cast<std::uint16_t>(segment.entries.size());
    stored.before = before;
    const std::uint64_t end = stored.end();
    ledger::Record record;
    record.segment = segment;
    record.at.firstArrival = place.at.firstArrival;
    record.at.arrival = std::max(
        {static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival, record.at.firstArrival});
    record.at.directorySize = ofDirectory ? stored.first : m_directory.size();
    stored.bytes = base::copy(segment.bytes);
    if (record.at.firstArrival == record.at.arrival) {
        ledger::encodeArrival(record.at, stored.bytes);
    } else {
        ledger::encodeArrival(record.at, place, stored.bytes);
        record.former = std::move(place);
    }
    if (auto extended = extend(record, entries, std::move(stored)); !extended)
        return tl::unexpected(failed(extended.error()).error());
    m_stagedChains[segment.chain] = {after, end};
    return std::optional<FormerReason>();
}

/// What of the record is not held is staged, or kept apart.
Status Register::orderAgain(const FormerRecord& former, const ledger::Head& head) {
    const ledger::Segment& segment = former.record.segment;
    const ByteView bytes = former.record.bytes;
    TRY(store::ChainTip tip, stagedChain(m_directory.directory().province(), segment.chain));
    if (tip.state.nextSeq < segment.firstSeq) return keepApart(bytes, FormerReason::Gap);
    const std::uint64_t until = std::min(tip.state.nextSeq, segment.endSeq());
    const auto overlap = static_cast<std::size_t>(until - segment.firstSeq);
    TRY(auto held, stateBefore(segment.chain, tip, until, kAnyDistance));
    const base::Hash& theirs = overlap == 0 ? segment.prev : former.hashes[overlap - 1];
    if (held->tip != theirs) return keepApart(bytes, FormerReason::Forked);
    if (overlap == segment.entries.size()) return {};
    ledger::FormerPlace place = former.place;
    place.head = head;
    Bytes rest;
    ledger::encodeSegment(segment.chain, until, theirs, std::span(segment.entries).subspan(overlap),
                          segment.seal, rest);
    TRY(ledger::Segment unseen, ledger::parseSegment(rest));
    TRY(auto why, stageFormer(unseen, tip, std::move(place)));
    return why ? keepApart(bytes, *why) : Status();
}

Status Register::takeFormer(const session::ServerPort::FormerTail& tail,
                            const HoldsKeys& holdsKeys) {
    if (m_failure) return tl::unexpected(*m_failure);
    if (m_txn) return fail(Code::Internal, "a former history comes back while others are staged");
    TRY(auto examined, examine(tail.head));
    if (examined.standing != session::ServerPort::Standing::Former || tail.records.empty())
        return fail(Code::Refused, "a head that this server has not signed");
    TRY(std::vector<FormerRecord> records, verifyFormer(tail, holdsKeys));
    for (const FormerRecord& one : records) {
        auto ordered = orderAgain(one, tail.head);
        if (ordered) continue;
        const Code code = ordered.error().code;
        bool isOwn = code == Code::Io || code == Code::Corrupt || code == Code::Internal;
        if (!isOwn) CHECK_OK(recover());  // what was staged before it is gone
        return ordered;
    }
    if (auto begun = begin(); !begun) return failed(begun.error());
    if (auto put = putSettled(*m_txn, tail.head); !put) return failed(put.error());
    return {};
}

}  // namespace reg
