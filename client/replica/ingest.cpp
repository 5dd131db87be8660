#include "base/limits.h"
#include "replica/replica.h"
#include "session/ledger_check.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t kKnown[1] = {1};
constexpr std::uint8_t kUnknown[1] = {0};

}  // namespace

Result<wire::Hello> Replica::hello() {
    wire::Hello out;
    out.incarnation = m_identity.incarnation;
    out.clock = m_clock.nowMs();
    out.charterVersion =
        m_directory.directory().hasGenesis() ? m_directory.directory().charter().version : 0;
    out.pendingEntries = pendingEntries();
    out.pendingBytes = pendingBytes();
    TRY(out.ledgers, ledgers());
    if (out.ledgers.size() > base::limits::kHelloLedgersMax) {
        base::Hash digest = wire::digestOf(out.ledgers);
        out.digest = base::copy(digest.view());
        out.ledgers.clear();
    }
    out.pushFollows = m_tipsKnown && out.pendingEntries > 0;
    m_pushFrom.clear();
    return out;
}

Result<std::vector<wire::LedgerState>> Replica::ledgers() {
    std::vector<wire::LedgerState> out;
    for (const auto& [scope, info] : m_ledgers) {
        if (info.size() == 0) continue;
        out.push_back({scope, info.epoch, info.size(), ledger::shortRoot(info.frontier.root())});
    }
    return out;
}

Status Replica::learnTip(const wire::LedgerAnswer& answer) {
    const base::ScopeId& scope = answer.state.scope;
    TRY(ledger::ChainState ordered, orderedTip(scope));
    TRY(ledger::ChainState tip, ownTip(scope));
    auto info = m_ledgers.find(scope);
    std::uint64_t verified = info == m_ledgers.end() ? 0 : info->second.size();
    bool rewritten = verified > 0 && answer.state.size == verified &&
                     (answer.state.root != ledger::shortRoot(info->second.frontier.root()) ||
                      answer.state.epoch != info->second.epoch);
    if (rewritten || answer.state.size < verified || answer.nextSeq < ordered.nextSeq) {
        return fail(
            Code::Forked,
            "The server holds less, or something else, than it has signed for before. Nothing is "
            "lost: it is kept here. Tell the office that the server was restored or has failed.");
    }
    auto forked = [] {
        return fail(Code::Forked,
                    "The server holds other work under this device's name: was this profile copied "
                    "or restored? Nothing was lost; tell the office.");
    };
    if (answer.nextSeq > tip.nextSeq) return forked();
    if (answer.nextSeq > 0) {
        base::Hash held = ordered.tip;
        if (answer.nextSeq > ordered.nextSeq) {
            held = m_pending[scope][static_cast<std::size_t>(answer.nextSeq - ordered.nextSeq - 1)]
                       .hash;
        }
        if (held != answer.tip) return forked();
    }
    m_pushFrom[scope] =
        std::max(m_pushFrom[scope], answer.nextSeq);  // some may be on their way already
    return {};
}

Status Replica::beginPush() {
    if (!m_tipsKnown) return {};
    m_tipsKnown = false;
    return setSetting(kTipsKnownName, kUnknown);
}

Status Replica::finished() {
    if (m_tipsKnown) return {};
    for (const auto& [scope, pending] : m_pending) {
        bool sentButNotBack = !pending.empty() && pending.front().seq < m_pushFrom[scope];
        if (sentButNotBack) return {};  // e.g. a unit that became readable during the session
    }
    m_tipsKnown = true;
    return setSetting(kTipsKnownName, kKnown);
}

Result<std::optional<Bytes>> Replica::nextSegment() {
    std::vector<base::ScopeId> order{domain::directoryScope(m_identity.province)};
    for (const auto& [scope, entries] : m_pending) {
        if (scope != order.front()) order.push_back(scope);
    }
    for (const base::ScopeId& scope : order) {
        const std::deque<PendingEntry>& pending = m_pending[scope];
        if (pending.empty()) continue;
        std::uint64_t from = std::max(m_pushFrom[scope], pending.front().seq);
        std::size_t index = static_cast<std::size_t>(from - pending.front().seq);
        if (index >= pending.size()) continue;
        std::vector<ByteView> entries;
        std::size_t size = ledger::kSegmentFixedBytes;
        std::size_t end = index;
        while (end < pending.size() && entries.size() < base::limits::kSegmentEntriesMax) {
            size += ledger::entryBytesInSegment(pending[end].bytes.size());
            if (size > base::limits::kSegmentBytesMax && !entries.empty()) break;
            entries.emplace_back(pending[end].bytes);
            ++end;
        }
        Bytes segment;
        ledger::encodeSegment(ownChain(scope), from, pending[index].prev, entries,
                              pending[end - 1].seal, segment);
        m_pushFrom[scope] = pending[end - 1].seq + 1;
        return std::optional(std::move(segment));
    }
    return std::optional<Bytes>();
}

/// One batch on its way into the store.
struct Replica::Extension {
    std::unique_ptr<store::WriteTxn> txn;
    base::ScopeId scope;
    session::LedgerTip tip;
    std::map<ledger::ChainId, store::ChainTip> chains;
    std::size_t ownOrdered = 0;
};

/// The record of own entries that the server returned by reference, built from what is pending
/// here.
Result<Bytes> Replica::recordOf(const base::ScopeId& scope, const wire::OwnRecord& own) const {
    auto absent = [] {
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
    CHECK_OK(m_tables.append(*x.txn, x.scope, stored));
    if (chain != ownChain(x.scope)) return {};
    const std::deque<PendingEntry>& pending = m_pending[x.scope];
    for (const ledger::Entry& entry : entries) {
        bool held = x.ownOrdered < pending.size() && pending[x.ownOrdered].seq == entry.seq;
        if (!held || pending[x.ownOrdered].hash != entry.hash) {
            return fail(Code::Forked,
                        "The server holds other work under this device's name: was this profile "
                        "copied or restored? Nothing was lost; tell the office.");
        }
        CHECK_OK(x.txn->erase(kPending, store::orderedKey(pending[x.ownOrdered].ordinal)));
        ++x.ownOrdered;
    }
    return {};
}

Status Replica::checkHead(const wire::Batch& batch, const ledger::Head& head,
                          const session::LedgerTip& tip) const {
    const domain::Directory& directory = m_directory.directory();
    if (!directory.hasGenesis() || directory.province() != m_identity.province) {
        return fail(Code::Refused, "This server belongs to another province than the invitation.");
    }
    const domain::Charter* charter = directory.charterVersion(head.charterVersion);
    auto info = m_ledgers.find(batch.scope);
    bool sameEpoch =
        info == m_ledgers.end() || info->second.size() == 0 || info->second.epoch == head.epoch;
    bool fits = sameEpoch && head.province == m_identity.province && head.scope == batch.scope &&
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
    x.tip = {info.lastArrival, info.lastDirectorySize, info.frontier};
    TRY(x.txn, m_store.write());
    for (const wire::RecordItem& item : batch.records) {
        if (auto* bytes = std::get_if<ByteView>(&item)) {
            CHECK_OK(ingestRecord(x, *bytes));
        } else {
            TRY(Bytes record, recordOf(batch.scope, std::get<wire::OwnRecord>(item)));
            CHECK_OK(ingestRecord(x, record));
        }
    }
    TRY(ledger::Head head, ledger::Head::decode(batch.head));
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
        auto reloaded = loadDirectory();  // what was half applied is dropped
        return reloaded ? stored : reloaded;
    }
    std::deque<PendingEntry>& pending = m_pending[batch.scope];
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(x.ownOrdered));
    if (batch.scope == m_directory.directory().directoryScopeId()) {
        m_keys.refresh(m_directory.directory(), m_identity);
    }
    m_viewBehind = true;
    m_overlayFresh = false;
    return {};
}

}  // namespace replica
