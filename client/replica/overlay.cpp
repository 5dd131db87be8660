#include "replica/overlay.h"
#include <algorithm>

namespace replica {

void Overlay::clear() {
    *this = Overlay();
}

Status Overlay::add(const View& view, const store::ReadTxn& txn, const base::ScopeId& scope,
                    const PendingEntry& entry, std::vector<domain::Change> changes) {
    std::uint64_t position = m_nextPosition++;
    // Its right to decide was checked when it was written.
    const auto decision =
        std::find_if(changes.begin(), changes.end(), [](const domain::Change& change) {
            return std::holds_alternative<domain::Judged>(change);
        });
    std::optional<std::size_t> place;
    if (decision != changes.end()) {
        place = static_cast<std::size_t>(decision - changes.begin());
        m_decided.insert(judgeableOf(scope, std::get<domain::Judged>(*decision)));
    }
    const auto adopted = adoptedBy(changes, place);
    const base::Hash act = actNamed(entry.act, adopted);
    for (std::uint32_t i = 0; i < changes.size(); ++i) {
        auto touched = touchedBy(scope, act, i, changes[i]);
        if (!touched) continue;
        TRY(domain::Row * row, rowFor(view, txn, touched->key));
        row->apply({ledger::writeIdOf(act), position}, std::move(touched->writes));
        if (touched->parent) CHECK_OK(rowFor(view, txn, *touched->parent));
        m_eventsOf.emplace(touched->parent.value_or(touched->key), m_events.size());
        m_events.push_back(
            {scope, entry.hash, act, entry.claimed, entry.seen, std::move(changes[i]), adopted});
    }
    return {};
}

Result<domain::Row*> Overlay::rowFor(const View& view, const store::ReadTxn& txn,
                                     const ObjectKey& key) {
    auto it = m_rows.find(key);
    if (it != m_rows.end()) return &it->second;
    TRY(std::optional<StoredRow> ordered, view.row(txn, key));
    domain::Row row = ordered ? std::move(ordered->row) : domain::Row(key.kind, key.id);
    return &m_rows.emplace(key, std::move(row)).first->second;
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
