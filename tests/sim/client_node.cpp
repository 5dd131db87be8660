#include "client_node.h"

namespace sim {

void ClientNode::create(const replica::Identity& identity, const domain::Change& introduction) {
    m_replica =
        must(replica::Replica::create(*m_store, m_clock, m_random, {identity, introduction}),
             name() + " creates its replica");
}

void ClientNode::restart() {
    m_replica.reset();
    m_store->reopen();
    m_replica = must(replica::Replica::open(*m_store, m_clock, m_random),
                     "13: " + name() + " opens its replica again");
    isIntroduced = false;
    isConnected = false;
    m_forksCounted = {};
}

namespace {

using Shown = std::map<replica::ObjectKey, std::vector<std::pair<domain::Field, domain::Value>>>;

/// What a person sees: the shown value of every field of every object.
Shown shownBy(ClientNode& client) {
    Shown out;
    must(client.replica().eachRow([&](const base::ScopeId& scope, domain::Row row) {
        auto& fields = out[{scope, row.kind(), row.id()}];
        for (const domain::FieldState& state : row.fields()) {
            const domain::Value* value = row.shown(state.field);
            if (value != nullptr) fields.emplace_back(state.field, *value);
        }
        return base::Result<bool>(true);
    }),
         client.name() + " lists its rows");
    return out;
}

}  // namespace

void ClientNode::crash() {
    std::uint64_t pending = m_replica->pendingEntries();
    std::uint64_t bytes = m_replica->pendingBytes();
    Shown before = m_store->isFull() ? Shown() : shownBy(*this);
    restart();
    must(m_replica->pendingEntries() == pending && m_replica->pendingBytes() == bytes,
         "1: " + name() + " does not find its pending entries after a crash");
    must(m_store->isFull() || shownBy(*this) == before,
         "1: " + name() + " shows something else after a crash");
}

void ClientNode::write(const std::function<base::Status(replica::Replica&)>& action) {
    std::uint64_t before = m_replica->pendingEntries();
    must(action(*m_replica), name() + " cannot write");
    m_foundKept += m_replica->pendingEntries() - before;
}

void ClientNode::keepBackup() {
    m_backup = m_store->clone();
}

void ClientNode::restoreBackup(const std::function<bool(const base::Hash&)>& isOrdered) {
    m_replica.reset();
    m_store = std::exchange(m_backup, nullptr);
    restart();
    newestCharter = 0;
    mayFork = true;
    std::set<base::Hash> held;
    for (const base::Hash& entry : m_replica->pendingActs()) held.insert(entry);
    std::erase_if(m_written,
                  [&](const base::Hash& h) { return !held.contains(h) && !isOrdered(h); });
}

replica::Replica::ForkCounts ClientNode::newForkCounts() {
    replica::Replica::ForkCounts out = m_replica->forkCounts();
    const auto before = std::exchange(m_forksCounted, out);
    out.opened -= before.opened;
    out.received -= before.received;
    out.restated -= before.restated;
    out.kept -= before.kept;
    return out;
}

void ClientNode::copyFrom(ClientNode& other) {
    m_store = other.m_store->clone();
    m_store->setFull(false);
    restart();
    newestCharter = 0;
    isIntroduced = other.isIntroduced;
    mayFork = other.mayFork = true;
}

bool ClientNode::append(std::span<const replica::Act> acts, replica::Cost cost,
                        Counters& counters) {
    std::uint64_t pending = m_replica->pendingEntries();
    auto hashes = m_replica->appendAll(acts, cost);
    if (!hashes && hashes.error().code == base::Code::WaitingForKey) {
        counters.add(Count::WaitingForKey);
        return false;
    }
    if (!hashes && m_store->isFull() && hashes.error().code == base::Code::Io) {
        counters.add(Count::SavesOnAFullDisk);
        must(m_replica->pendingEntries() == pending, "13: half of an act is kept");
        return false;
    }
    if (!hashes) violated(name() + " cannot write: " + hashes.error().message);
    counters.add(Count::EntriesWritten, hashes->size());
    m_written.insert(m_written.end(), hashes->begin(), hashes->end());
    for (std::size_t i = 0; i < acts.size(); ++i) remember((*hashes)[i], acts[i]);
    return true;
}

void ClientNode::remember(const base::Hash& entry, const replica::Act& act) {
    if (act.scope != domain::directoryScope(m_replica->identity().province))
        m_acts.emplace(entry, act);
}

/// After a commit that reported an error and was kept, nobody has named the entries: those that
/// wait now and did not before are by scope, and within a scope in the order of the acts.
void ClientNode::rememberFound(std::span<const replica::Act> acts,
                               const std::set<base::Hash>& before) {
    std::vector<const replica::Act*> byScope;
    for (const replica::Act& act : acts) byScope.push_back(&act);
    std::stable_sort(byScope.begin(), byScope.end(),
                     [](const auto* a, const auto* b) { return a->scope < b->scope; });
    std::size_t next = 0;
    for (const base::Hash& entry : m_replica->pendingActs()) {
        if (!before.contains(entry) && next < byScope.size()) remember(entry, *byScope[next++]);
    }
}

void ClientNode::appendFailing(std::span<const replica::Act> acts, store::FailedCommit outcome) {
    std::uint64_t before = m_replica->pendingEntries();
    const std::vector<base::Hash> waiting = m_replica->pendingActs();
    m_store->failNextCommit(outcome);
    auto hashes = m_replica->appendAll(acts, replica::Cost::Small);
    must(!hashes, name() + " reports a failed commit as success");
    restart();
    std::uint64_t found = m_replica->pendingEntries() - before;
    if (hashes.error().code == base::Code::WaitingForKey) {
        must(found == 0, name() + " wrote without a key");
        return;
    }
    must(hashes.error().code == base::Code::Io,
         name() + " cannot write: " + hashes.error().message);
    must(found == (outcome == store::FailedCommit::Kept ? acts.size() : 0),
         "13: " + name() + " finds " + std::to_string(found) +
             " entries after a failed commit of " + std::to_string(acts.size()));
    m_foundKept += found;
    rememberFound(acts, {waiting.begin(), waiting.end()});
}

}  // namespace sim
