#include <algorithm>
#include "replica/replica.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

}  // namespace

Status Replica::settle() {
    if (!m_viewBehind) return {};
    CHECK_OK(m_view.fold(m_tables, m_directory, m_keys));
    m_viewBehind = false;
    m_overlayFresh = false;  // it lies on what was folded before
    CHECK_OK(settleFormer());
    return settleQuarantine();
}

/// As settle(), but on a full disk what was folded before is still shown.
Status Replica::catchUp() {
    auto settled = settle();
    return !settled && settled.error().code == Code::Io ? Status() : settled;
}

/// What cannot be opened, because a new epoch has taken its key away for now or for good, is
/// pending all the same, and is not shown.
Status Replica::ensureOverlay() {
    CHECK_OK(catchUp());
    if (m_overlayFresh) return {};
    m_overlay.clear();
    TRY(auto txn, m_store.read());
    base::ScopeId directory = domain::directoryScope(m_identity.province);
    for (const auto& [ordinal, s] : m_stranded) {
        if (s.scope == directory || !s.kept.empty()) continue;
        TRY(ledger::Entry entry, s.read());
        auto changes = openChanges(entry, s.scope, m_keys);
        if (!changes) continue;
        CHECK_OK(m_overlay.add(m_view, *txn, s.scope, s.entry, std::move(*changes)));
    }
    for (const auto& [scope, pending] : m_pending) {
        if (scope == directory || pending.empty()) continue;
        TRY(ledger::ChainState state, orderedTip(scope));
        for (const PendingEntry& p : pending) {
            TRY(ledger::Entry entry, ledger::advance(state, p.bytes));
            auto changes = openChanges(entry, scope, m_keys);
            if (!changes) continue;
            CHECK_OK(m_overlay.add(m_view, *txn, scope, p, std::move(*changes)));
        }
    }
    m_overlayFresh = true;
    return {};
}

Result<std::optional<domain::Row>> Replica::row(const ObjectKey& key) {
    CHECK_OK(ensureOverlay());
    if (const domain::Row* pending = m_overlay.row(key)) return std::optional(*pending);
    TRY(auto txn, m_store.read());
    TRY(std::optional<StoredRow> stored, m_view.row(*txn, key));
    return stored ? std::optional(std::move(stored->row)) : std::nullopt;
}

Status Replica::eachRow(const View::RowVisitor& visit) {
    CHECK_OK(ensureOverlay());
    std::set<ObjectKey> shown;
    bool more = true;
    {
        TRY(auto txn, m_store.read());
        CHECK_OK(
            m_view.eachRow(*txn, [&](const base::ScopeId& scope, domain::Row row) -> Result<bool> {
                ObjectKey key{scope, row.kind(), row.id()};
                const domain::Row* pending = m_overlay.row(key);
                if (pending != nullptr) shown.insert(key);
                TRY(more, visit(scope, pending != nullptr ? *pending : std::move(row)));
                return more;
            }));
    }
    for (const auto& [key, row] : m_overlay.rows()) {
        if (!more) break;
        if (shown.contains(key)) continue;
        TRY(more, visit(key.scope, row));
    }
    return {};
}

/// Arrival of the newest thing that the author had seen; sizes beyond what is held here count as
/// their newest leaf. Sizes of an earlier epoch may be of a history that is over: the ledger's
/// counts where the root there is the one that the author saw, the directory's never.
Result<base::TimeMs> Replica::notBefore(const base::ScopeId& scope, const ledger::Seen& seen,
                                        const store::ReadTxn& txn) const {
    std::uint64_t out = 0;
    auto info = m_ledgers.find(scope);
    const bool isFormer = seen.epoch < epoch();
    if (!isFormer && seen.directorySize > 0 && m_directory.size() > 0) {
        out = m_directory.arrivalOf(std::min(seen.directorySize, m_directory.size()) - 1);
    }
    std::uint64_t size = info == m_ledgers.end() ? 0 : info->second.size();
    if (isFormer && seen.ledgerSize > 0) {
        std::optional<base::Hash> root;
        if (seen.ledgerSize <= size) {
            TRY(root, m_tables.rootAt(txn, scope, seen.ledgerSize));
        }
        if (!root || ledger::shortRoot(*root) != seen.root) return static_cast<base::TimeMs>(out);
    }
    if (seen.ledgerSize > 0 && size > 0) {
        TRY(auto stored, m_tables.recordAt(txn, scope, std::min(seen.ledgerSize, size) - 1));
        if (!stored) return fail(Code::Corrupt, "a record that an author had seen is missing");
        TRY(ledger::Record record, ledger::parseRecord(stored->bytes));
        out = std::max(out, record.at.arrival);
    }
    return static_cast<base::TimeMs>(out);
}

Result<std::vector<Replica::HistoryItem>> Replica::history(const ObjectKey& key) {
    CHECK_OK(ensureOverlay());
    TRY(auto txn, m_store.read());
    std::vector<HistoryItem> out;
    TRY(std::optional<StoredRow> stored, m_view.row(*txn, key));
    std::vector<EventAt> events;
    if (stored) {
        TRY(events, m_view.events(*txn, *stored));
    }
    for (const EventAt& at : events) {
        TRY(std::optional<store::StoredRecord> record,
            m_tables.recordAt(*txn, key.scope, at.position));
        if (!record)
            return fail(Code::Corrupt, "a record that an object's history names is missing");
        TRY(store::OpenedRecord opened, store::openRecord(*record));
        std::uint64_t index = at.position - opened.first;
        if (index >= opened.entries.size())
            return fail(Code::Corrupt, "an object's history names no entry");
        const ledger::Entry& entry = opened.entries[static_cast<std::size_t>(index)];
        TRY(std::vector<domain::Change> changes, openChanges(entry, key.scope, m_keys));
        if (at.changeIndex >= changes.size())
            return fail(Code::Corrupt, "an object's history names no change");
        HistoryItem item;
        item.scope = key.scope;
        item.entry = entry.hash;
        const auto decision = decisionIn(m_directory.directory(), opened.chain.device, key.scope,
                                         opened.at.directorySize, changes);
        item.adopted = adoptedBy(changes, decision);
        item.change = std::move(changes[at.changeIndex]);
        item.device = opened.chain.device;
        item.claimed = entry.header.claimed;
        TRY(item.notBefore, notBefore(key.scope, entry.header.seen, *txn));
        item.received = static_cast<base::TimeMs>(opened.at.firstArrival);
        item.writeId = ledger::writeIdOf(actNamed(ledger::actOf(entry), item.adopted));
        out.push_back(std::move(item));
    }
    for (const PendingEvent* event : m_overlay.events(key)) {
        HistoryItem item;
        item.scope = event->scope;
        item.entry = event->entry;
        item.change = event->change;
        item.adopted = event->adopted;
        item.device = m_identity.device;
        item.claimed = event->claimed;
        TRY(item.notBefore, notBefore(event->scope, event->seen, *txn));
        item.writeId = ledger::writeIdOf(event->act);
        out.push_back(std::move(item));
    }
    return out;
}

Result<std::vector<LedgerStatus>> Replica::status() {
    CHECK_OK(catchUp());
    TRY(auto txn, m_store.read());
    std::map<base::ScopeId, LedgerStatus> byScope;
    TRY(auto digests, m_view.stateDigests(*txn));
    base::ScopeId directory = domain::directoryScope(m_identity.province);
    for (const auto& [scope, info] : m_ledgers) {
        if (info.size() == 0) continue;
        LedgerStatus s;
        s.epoch = info.epoch;
        s.size = info.size();
        s.root = info.frontier.root();
        if (scope == directory) {  // has no rows: its state is what its ledger says
            s.stateDigest = crypto::Hasher("ts-state")
                                .u32(kFoldVersion)
                                .u64(s.size)
                                .add(s.root.view())
                                .finish();
        } else if (m_view.foldedSize(scope) == s.size) {
            s.stateDigest = digests[scope];
        } else {
            s.waitsFor = m_view.stoppedBy(scope).value_or(base::Code::Io);  // catchUp() hid it
        }
        byScope[scope] = s;
    }
    for (const auto& [scope, pending] : m_pending) {
        if (!pending.empty()) byScope[scope].pending = pending.size();
    }
    for (const auto& [ordinal, s] : m_stranded) byScope[s.scope].pending += s.kept.empty() ? 1 : 0;
    // Units whose ledgers are still empty are readable too.
    for (const base::ScopeId& scope : m_directory.directory().readableScopes(m_identity.device))
        byScope[scope];
    std::vector<LedgerStatus> out;
    for (auto& [scope, s] : byScope) {
        s.scope = scope;
        if (s.size == 0) {
            s.root = ledger::LedgerHash::empty();
            s.stateDigest = crypto::Hasher("ts-state").u32(kFoldVersion).u64(0).finish();
        }
        out.push_back(s);
    }
    return out;
}

Result<std::vector<session::WithoutEffect>> Replica::audit() {
    CHECK_OK(catchUp());
    std::vector<session::WithoutEffect> out = m_directory.withoutEffect();
    TRY(auto txn, m_store.read());
    TRY(auto rest, m_view.audit(*txn));
    out.insert(out.end(), rest.begin(), rest.end());
    for (const auto& [ordinal, s] : m_stranded) {
        if (s.kept.empty()) continue;
        TRY(ledger::Entry entry, s.read());
        auto changes = session::directoryChanges(entry);  // a unit's stay sealed
        bool isReadable = changes && !changes->empty();
        out.push_back({s.scope, 0, s.entry.hash,
                       std::string(isReadable ? domain::changeName(changes->front()) : "entry"),
                       s.kept});
    }
    return out;
}

Result<std::size_t> Replica::splitViews() {
    TRY(std::vector<session::WithoutEffect> items, audit());
    return static_cast<std::size_t>(std::count_if(
        items.begin(), items.end(), [](const auto& i) { return i.change == session::kSplitView; }));
}

store::LedgerInfo Replica::ledgerInfo(const base::ScopeId& scope) const {
    auto it = m_ledgers.find(scope);
    return it == m_ledgers.end() ? store::LedgerInfo() : it->second;
}

std::vector<base::ScopeId> Replica::heldLedgers() const {
    std::vector<base::ScopeId> out;
    for (const auto& [scope, info] : m_ledgers) {
        if (info.size() > 0) out.push_back(scope);
    }
    return out;
}

Status Replica::eachRecord(
    const base::ScopeId& scope, std::uint64_t position,
    const std::function<Result<bool>(const store::StoredRecord&)>& visit) const {
    TRY(auto txn, m_store.read());
    return m_tables.read(*txn, scope, position, visit);
}

}  // namespace replica
