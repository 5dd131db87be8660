#include "server_node.h"

namespace sim {

void WatchedPort::onHello(const base::ExchangeKey& peer, const base::IncarnationId& incarnation) {
    const domain::Directory& directory = m_intake.directory().directory();
    const domain::Device* device = directory.deviceOfExchangeKey(peer);
    if (device == nullptr) return;
    for (const base::ScopeId& scope : directory.readableScopes(device->id)) {
        ledger::ChainId chain{scope, device->id, incarnation};
        m_nextSeqOf[chain] = must(m_intake.chain(chain), "the server reads a chain").nextSeq;
    }
}

void WatchedPort::push(std::uint64_t session, const base::DeviceId& device,
                       session::Pushed pushed) {
    auto segment = ledger::parseSegment(pushed.segment);
    if (segment && segment->chain.device == device) {
        std::uint64_t& known = m_nextSeqOf[segment->chain];
        if (segment->firstSeq < known && !mayFork) {
            violated("17: a device sent " + std::to_string(pushed.segment.size()) +
                     " bytes in vain, from seq " + std::to_string(segment->firstSeq) +
                     ", though it knew or had sent all before seq " + std::to_string(known));
        }
        known = segment->endSeq();
        auto durable = m_intake.chain(segment->chain);
        if (durable && segment->firstSeq < durable->nextSeq)
            m_counters.add(Count::OverlappingSegments);
    }
    m_intake.push(session, device, std::move(pushed));
}

ServerNode::ServerNode(const base::TimeMs& time, SeededRandom& random)
    : m_clock(time, 0),
      m_headKey(crypto::SigningKey::generate(random)),
      m_noiseKeys(crypto::ExchangeKeyPair::generate(random)) {
    m_identity.noiseKey = m_noiseKeys.publicKey;
    m_identity.headKey = m_headKey.publicKey;
    m_identity.bootstrap.noiseKey = m_identity.noiseKey;
    m_identity.bootstrap.headKey = m_identity.headKey;
    m_identity.bootstrap.secret = crypto::Secret<16>::random(random);
    open();
}

void ServerNode::open() {
    must(m_store.reopen(), "13: the server's store is opened again");
    m_register = must(reg::Register::open(m_store, m_clock, m_headKey),
                      "13: the server opens its store again");
    m_intake = std::make_unique<intake::Intake>(*m_register, m_clock, m_identity);
    m_clockModel.start(m_register->lastArrival());
}

void ServerNode::confirmClock() {
    auto txn = must(m_store.write(), "the operator confirms the clock");
    auto held = must(reg::clockMark(*txn), "the mark of the clock is read");
    const reg::ClockMark mark{m_clock.nowMs(), m_register->lastArrival(),
                              (held ? held->number : 0) + 1};
    must(reg::putClockMark(*txn, mark), "the operator confirms the clock");
    must(txn->commit(), "the operator confirms the clock");
    m_clockModel.confirm(mark.wall);
}

bool ServerNode::isOpen() {
    return !must(m_intake->closed(), "the server says whether it takes new work");
}

void ServerNode::crash() {
    m_intake.reset();
    m_register.reset();
}

}  // namespace sim
