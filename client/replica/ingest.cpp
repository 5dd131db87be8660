// What the server sends: verified, then stored in one transaction with what it settles.

#include <algorithm>
#include "base/limits.h"
#include "replica/replica.h"
#include "session/ledger_check.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

}  // namespace

/// One batch on its way into the store.
struct Replica::Extension {
    std::unique_ptr<store::WriteTxn> txn;
    base::ScopeId scope;
    session::LedgerTip tip;
    std::map<ledger::ChainId, store::ChainTip> chains;
    std::size_t ownOrdered = 0;
    std::set<std::uint64_t> received;  // ordinals of stranded entries
    bool isFork = false;               // another copy of this device has written
};

/// The record of own entries that the server returned by reference, built from what is pending
/// here.
Result<Bytes> Replica::recordOf(Extension& x, const wire::OwnRecord& own) const {
    const base::ScopeId& scope = x.scope;
    TRY(ledger::ChainState ordered, orderedTip(scope));
    auto absent = [&] {
        x.isFork = own.firstSeq >= ordered.nextSeq;
        return fail(Code::Forked, "The server names entries of this device that it does not hold.");
    };
    auto it = m_pending.find(scope);
    if (it == m_pending.end() || it->second.empty() || own.count == 0) return absent();
    const std::deque<PendingEntry>& pending = it->second;
    if (own.firstSeq < pending.front().seq) return absent();
    std::uint64_t index = own.firstSeq - pending.front().seq;
    if (index >= pending.size() || own.count > pending.size() - index) return absent();
    std::vector<ByteView> entries;
    for (std::size_t i = 0; i < own.count; ++i)
        entries.emplace_back(pending[static_cast<std::size_t>(index) + i].bytes);
    const PendingEntry& first = pending[static_cast<std::size_t>(index)];
    const PendingEntry& last = pending[static_cast<std::size_t>(index) + own.count - 1];
    Bytes out;
    ledger::encodeSegment(ownChain(scope), first.seq, first.prev, entries, last.seal, out);
    ledger::encodeArrival({own.arrival, own.directorySize, own.arrival}, out);
    return out;
}

Status Replica::ingestRecord(Extension& x, ByteView bytes) {
    TRY(ledger::Record record, ledger::parseRecord(bytes));
    const ledger::ChainId& chain = record.segment.chain;
    if (chain.scope != x.scope) return fail(Code::Malformed, "a record of another ledger");
    if (!x.chains.contains(chain)) {
        TRY(x.chains[chain], m_tables.chain(*x.txn, m_identity.province, chain));
    }
    store::ChainTip& tip = x.chains[chain];
    store::StoredRecord stored;
    stored.first = x.tip.frontier.size();
    stored.count = static_cast<std::uint16_t>(record.segment.entries.size());
    stored.before = tip;
    stored.bytes = base::copy(bytes);
    std::vector<ledger::Entry> entries;
    CHECK_OK(
        session::extendLedger(record, m_identity.province, m_directory, x.tip, tip.state, entries));
    tip.recordEnd = stored.end();
    stored.rootAfter = x.tip.frontier.root();
    CHECK_OK(checkKept(x, stored));
    CHECK_OK(m_tables.append(*x.txn, x.scope, stored));
    if (chain.device != m_identity.device) return {};
    if (chain.incarnation != m_identity.incarnation) return settleStranded(x, entries);
    const std::deque<PendingEntry>& pending = m_pending[x.scope];
    for (const ledger::Entry& entry : entries) {
        bool held = x.ownOrdered < pending.size() && pending[x.ownOrdered].seq == entry.seq;
        if (!held || pending[x.ownOrdered].hash != entry.hash) {
            x.isFork = true;
            return fail(Code::Forked, "The server holds other work under this device's name.");
        }
        CHECK_OK(x.txn->erase(kPending, store::orderedKey(pending[x.ownOrdered].ordinal)));
        ++x.ownOrdered;
    }
    return {};
}

/// What the server said that it holds as the epoch began is what it sends, to everybody.
Status Replica::checkKept(const Extension& x, const store::StoredRecord& stored) const {
    if (!m_statement) return {};
    const auto& kept = m_statement->ledgers;
    auto one = std::lower_bound(kept.begin(), kept.end(), x.scope,
                                [](const auto& a, const auto& scope) { return a.scope < scope; });
    bool isPassed = one != kept.end() && one->scope == x.scope && stored.first < one->size &&
                    one->size <= stored.end();
    if (!isPassed || (one->size == stored.end() && one->root == stored.rootAfter)) return {};
    return fail(Code::Forked,
                "The server holds another history than it said that it goes on with. Nothing of "
                "it was taken; tell the office.");
}

/// Entries of an incarnation that this copy does not write under, or not any more: what is stranded
/// here and stands among them, itself or written again, has arrived.
Status Replica::settleStranded(Extension& x, std::span<const ledger::Entry> entries) const {
    for (const ledger::Entry& entry : entries) {
        auto it = m_strandedOfAct.find(ledger::actOf(entry));
        if (it == m_strandedOfAct.end() || m_stranded.at(it->second).scope != x.scope) continue;
        CHECK_OK(x.txn->erase(kStranded, store::orderedKey(it->second)));
        x.received.insert(it->second);
    }
    return {};
}

Status Replica::checkHead(const wire::Batch& batch, const ledger::Head& head,
                          const session::LedgerTip& tip) const {
    const domain::Directory& directory = m_directory.directory();
    if (!directory.hasGenesis() || directory.province() != m_identity.province) {
        return fail(Code::Refused, "This server belongs to another province than the invitation.");
    }
    const domain::Authority& known = directory.authority().version() >= m_authority.version()
                                         ? directory.authority()
                                         : m_authority;
    if (head.charterVersion < known.charter().version) {
        return fail(Code::Forked,
                    "The server is older than it was: it signed with a key that the province has "
                    "replaced. Nothing of it was taken; tell the office.");
    }
    const domain::Charter* charter = known.charterVersion(head.charterVersion);
    // One number for all ledgers, also for those of which nothing is held yet: another one takes a
    // statement first.
    bool fits = head.epoch == epoch() && head.epoch >= tip.epochMin &&
                head.province == m_identity.province && head.scope == batch.scope &&
                head.size == tip.frontier.size() && head.root == tip.frontier.root();
    if (charter == nullptr || !fits || !head.verify(charter->headKey)) {
        return fail(Code::Forked,
                    "The server signed another history than it sent. Nothing of it was taken; tell "
                    "the office.");
    }
    return {};
}

Status Replica::ingestInto(const wire::Batch& batch, Extension& x) {
    store::LedgerInfo& info = m_ledgers[batch.scope];
    if (batch.first != info.size() || batch.records.empty()) {
        return fail(Code::Malformed, "The server sent records out of their place.");
    }
    x.scope = batch.scope;
    x.tip = {info.lastArrival, info.lastDirectorySize, info.frontier, 0};
    TRY(ledger::Head head, ledger::Head::decode(batch.head));
    m_directory.setEpoch(head.epoch);
    TRY(x.txn, m_store.write());
    for (const wire::RecordItem& item : batch.records) {
        if (auto* bytes = std::get_if<ByteView>(&item)) {
            CHECK_OK(ingestRecord(x, *bytes));
        } else {
            TRY(Bytes record, recordOf(x, std::get<wire::OwnRecord>(item)));
            CHECK_OK(ingestRecord(x, record));
        }
    }
    CHECK_OK(checkHead(batch, head, x.tip));
    store::LedgerInfo next;
    next.epoch = head.epoch;
    next.lastArrival = x.tip.lastArrival;
    next.lastDirectorySize = x.tip.lastDirectorySize;
    next.frontier = x.tip.frontier;
    next.head = base::copy(batch.head);
    CHECK_OK(m_tables.putInfo(*x.txn, batch.scope, next));
    for (const auto& [chain, tip] : x.chains) CHECK_OK(m_tables.putChain(*x.txn, chain, tip));
    CHECK_OK(x.txn->commit());
    info = std::move(next);
    return {};
}

Status Replica::ingest(const wire::Batch& batch) {
    Extension x;
    Status stored = ingestInto(batch, x);
    if (!stored) {
        x.txn.reset();
        CHECK_OK(loadDirectory());  // what was half applied is dropped
        return x.isFork ? forked() : stored;
    }
    for (std::uint64_t ordinal : x.received) {
        auto it = m_stranded.find(ordinal);
        m_strandedOfAct.erase(it->second.entry.act);
        m_stranded.erase(it);
        ++m_forkCounts.received;
    }
    std::deque<PendingEntry>& pending = m_pending[batch.scope];
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(x.ownOrdered));
    if (batch.scope == m_directory.directory().directoryScopeId()) {
        const domain::Authority& ordered = m_directory.directory().authority();
        if (ordered.version() >= m_authority.version()) m_authority = ordered;
        m_keys.refresh(m_directory.directory(), m_identity);
    }
    m_viewBehind = true;
    m_overlayFresh = false;
    return {};
}

}  // namespace replica
