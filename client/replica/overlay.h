#pragma once
// What is pending, folded on top of the ordered rows: copies of the touched rows with their pending
// changes applied. Derived from the pending entries at any time; kept in memory only.

#include "replica/pending.h"
#include "replica/view.h"

namespace replica {

struct PendingEvent {
    base::ScopeId scope;
    base::Hash entry;
    base::Hash act;
    base::TimeMs claimed = 0;
    ledger::Seen seen;
    domain::Change change;
    std::optional<domain::Judged> adopted;  // whose it was, if this device adopts it
};

class Overlay {
public:
    void clear();
    /// Applies one entry's changes; entries of a scope come in chain order.
    Status add(const View& view, const store::ReadTxn& txn, const base::ScopeId& scope,
               const PendingEntry& entry, std::vector<domain::Change> changes);

    const std::map<ObjectKey, domain::Row>& rows() const { return m_rows; }
    const domain::Row* row(const ObjectKey& key) const;
    /// Pending changes of an object, oldest first.
    std::vector<const PendingEvent*> events(const ObjectKey& key) const;
    /// Whether this device has decided about it, and that is pending.
    bool isDecided(const Judgeable& what) const { return m_decided.contains(what); }
    const std::set<Judgeable>& decided() const { return m_decided; }

private:
    /// The copy of an object's ordered row, made where it is missing.
    Result<domain::Row*> rowFor(const View& view, const store::ReadTxn& txn, const ObjectKey& key);

    std::map<ObjectKey, domain::Row> m_rows;
    std::vector<PendingEvent> m_events;
    std::multimap<ObjectKey, std::size_t> m_eventsOf;
    std::set<Judgeable> m_decided;
    std::uint64_t m_nextPosition = domain::kPendingPosition;
};

}  // namespace replica
