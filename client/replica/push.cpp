// What this device sends: its greeting, and its pending entries behind what the server holds.

#include "base/limits.h"
#include "replica/replica.h"

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
    out.epoch = epoch();
    out.charterVersion = m_authority.version();
    for (const auto& [scope, pending] : m_pending) {  // what is stranded is not sent
        out.pendingEntries += pending.size();
        for (const PendingEntry& p : pending) out.pendingBytes += p.bytes.size();
    }
    TRY(out.ledgers, ledgers());
    m_named = out.ledgers;
    if (out.ledgers.size() > base::limits::kHelloLedgersMax) {
        base::Hash digest = wire::digestOf(out.ledgers);
        out.digest = base::copy(digest.view());
        out.ledgers.clear();
    }
    out.pushFollows = m_tipsKnown && out.pendingEntries > 0;
    m_quarantineOverflow = !hasQuarantineRoom();
    TRY(out.quarantine, quarantineWanted());
    m_pushFrom.clear();
    m_isParcel = false;
    m_parcel.clear();
    m_lastWord.reset();
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
    if (answer.nextSeq < ordered.nextSeq) {
        return fail(
            Code::Forked,
            "The server holds less, or something else, than it has signed for before. Nothing is "
            "lost: it is kept here. Tell the office that the server was restored or has failed.");
    }
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

Result<std::optional<Bytes>> Replica::headToShow(const wire::LedgerState& server) {
    auto it = m_ledgers.find(server.scope);
    if (it == m_ledgers.end() || it->second.size() == 0) return std::optional<Bytes>();
    const store::LedgerInfo& held = it->second;
    if (held.head.empty()) return std::optional<Bytes>();  // taken back, and nothing came since
    bool isSame = server.size == held.size() && server.epoch == held.epoch &&
                  server.root == ledger::shortRoot(held.frontier.root());
    if (isSame || server.size > held.size()) return std::optional<Bytes>();
    return std::optional(held.head);
}

Result<std::optional<session::ClientPort::Parting>> Replica::partingAt(
    const wire::LedgerState& server) {
    using Found = std::optional<Parting>;
    if (server.size == 0) return Found();
    {
        TRY(auto txn, m_store.read());
        TRY(std::optional<base::Hash> root, m_tables.rootAt(*txn, server.scope, server.size));
        if (root && ledger::shortRoot(*root) == server.root) return Found();
    }
    TRY(const std::vector<base::Hash> leaves, leavesOf(server.scope));
    if (leaves.size() < server.size) return fail(Code::Corrupt, "a stored ledger has a gap");
    const auto size = static_cast<std::size_t>(server.size);
    Parting out;
    out.size = server.size;
    out.root = ledger::merkleRoot<ledger::LedgerHash>(std::span(leaves).first(size));
    if (ledger::shortRoot(out.root) == server.root) return Found();
    out.proof = ledger::consistencyProof<ledger::LedgerHash>(leaves, size);
    return Found(std::move(out));
}

Result<std::vector<base::Hash>> Replica::leavesOf(const base::ScopeId& scope) const {
    const bool ofDirectory = scope == domain::directoryScope(m_identity.province);
    std::vector<base::Hash> out;
    CHECK_OK(eachRecord(scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(store::OpenedRecord opened, store::openRecord(stored));
        for (const ledger::Entry& entry : opened.entries) {
            ledger::Arrival at = opened.at;
            if (ofDirectory) at.directorySize = out.size();
            if (at.directorySize > m_directory.size())
                return fail(Code::Corrupt, "a stored record names a directory that is not held");
            out.push_back(ledger::leafHash(entry.hash, at, m_directory.rootAt(at.directorySize)));
        }
        return true;
    }));
    return out;
}

Result<Bytes> Replica::directoryHead() {
    auto it = m_ledgers.find(domain::directoryScope(m_identity.province));
    return it == m_ledgers.end() ? Bytes() : it->second.head;
}

Result<session::ClientPort::Records> Replica::recordsFrom(const base::ScopeId& scope,
                                                          std::uint64_t position) {
    Records out;
    out.end = position;
    std::size_t bytes = 0;
    TRY(auto txn, m_store.read());
    CHECK_OK(m_tables.read(*txn, scope, position,
                           [&](const store::StoredRecord& stored) -> Result<bool> {
                               if (stored.first != out.end) return false;
                               TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
                               if (record.at.directorySize > m_directory.size())
                                   return fail(Code::Corrupt, "a record names no directory");
                               out.roots.push_back(m_directory.rootAt(record.at.directorySize));
                               out.end = stored.end();
                               bytes += stored.bytes.size();
                               out.bytes.push_back(stored.bytes);
                               return bytes < base::limits::kBatchBytesMax &&
                                      out.bytes.size() < base::limits::kBatchEntriesMax;
                           }));
    if (!out.bytes.empty()) return out;
    return fail(Code::Forked,
                "The server was put back to a state that is not what it has signed for before. "
                "Nothing is lost: it is kept here. Tell the office.");
}

Status Replica::beginPush() {
    if (!m_tipsKnown) return {};
    m_tipsKnown = false;
    return setSetting(kTipsKnownName, kUnknown);
}

Status Replica::finished() {
    CHECK_OK(noteTips());
    return restate();
}

Status Replica::noteTips() {
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
        if (m_isParcel && m_parcel.contains(scope)) continue;
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
        m_parcel.insert(scope);
        return std::optional(std::move(segment));
    }
    return std::optional<Bytes>();
}

}  // namespace replica
