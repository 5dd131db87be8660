#include "client_node.h"

namespace sim {

void ClientNode::create(const replica::Identity& identity) {
    m_replica = must(replica::Replica::create(m_store, m_clock, m_random, identity),
                     name() + " creates its replica");
}

void ClientNode::restart() {
    m_replica.reset();
    m_store.reopen();
    m_replica = must(replica::Replica::open(m_store, m_clock, m_random),
                     "13: " + name() + " opens its replica again");
    isIntroduced = false;
    isConnected = false;
}

void ClientNode::crash() {
    std::uint64_t pending = m_replica->pendingEntries();
    std::uint64_t bytes = m_replica->pendingBytes();
    restart();
    must(m_replica->pendingEntries() == pending && m_replica->pendingBytes() == bytes,
         "1: " + name() + " does not find its pending entries after a crash");
}

bool ClientNode::append(std::span<const replica::Act> acts, replica::Cost cost,
                        Counters& counters) {
    auto hashes = m_replica->appendAll(acts, cost);
    if (!hashes && hashes.error().code == base::Code::WaitingForKey) {
        counters.add(Count::WaitingForKey);
        return false;
    }
    if (!hashes) violated(name() + " cannot write: " + hashes.error().message);
    counters.add(Count::EntriesWritten, hashes->size());
    m_written.insert(m_written.end(), hashes->begin(), hashes->end());
    return true;
}

void ClientNode::appendFailing(std::span<const replica::Act> acts, store::FailedCommit outcome) {
    std::uint64_t before = m_replica->pendingEntries();
    m_store.failNextCommit(outcome);
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
}

}  // namespace sim
