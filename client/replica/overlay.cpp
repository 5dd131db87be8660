#include "replica/overlay.h"

namespace replica {

void Overlay::clear() {
    *this = Overlay();
}

Status Overlay::add(const View& view, const store::ReadTxn& txn, const base::ScopeId& scope,
                    const PendingEntry& entry, std::vector<domain::Change> changes) {
    std::uint64_t position = m_nextPosition++;
    for (std::uint32_t i = 0; i < changes.size(); ++i) {
        auto touched = touchedBy(scope, entry.hash, i, changes[i]);
        if (!touched) continue;
        auto it = m_rows.find(touched->key);
        if (it == m_rows.end()) {
            TRY(std::optional<StoredRow> ordered, view.row(txn, touched->key));
            domain::Row row =
                ordered ? std::move(ordered->row) : domain::Row(touched->key.kind, touched->key.id);
            it = m_rows.emplace(touched->key, std::move(row)).first;
        }
        it->second.apply({ledger::writeIdOf(entry.hash), position}, std::move(touched->writes));
        m_eventsOf.emplace(touched->parent.value_or(touched->key), m_events.size());
        m_events.push_back({scope, entry.hash, entry.claimed, entry.seen, std::move(changes[i])});
    }
    return {};
}

const domain::Row* Overlay::row(const ObjectKey& key) const {
    auto it = m_rows.find(key);
    return it == m_rows.end() ? nullptr : &it->second;
}

std::vector<const PendingEvent*> Overlay::events(const ObjectKey& key) const {
    std::vector<const PendingEvent*> out;
    auto [from, to] = m_eventsOf.equal_range(key);
    for (auto it = from; it != to; ++it) out.push_back(&m_events[it->second]);
    return out;
}

}  // namespace replica
