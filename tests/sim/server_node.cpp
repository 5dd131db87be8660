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

ServerNode::ServerNode(const base::TimeMs& time, SeededRandom& random) : m_clock(time, 0) {
    auto head = crypto::SigningKey::generate(random);
    m_keys.push_back({crypto::ExchangeKeyPair::generate(random), head});
    m_keysOfVersion[1] = 0;
    m_identity.noiseKey = m_keys[0].noise.publicKey;
    m_identity.headKey = m_keys[0].head.publicKey;
    m_identity.headKeyOf = [this](const domain::Charter& charter) {
        for (const Keys& keys : m_keys) {
            if (keys.isOf(charter)) return std::optional(keys.head);
        }
        return std::optional<crypto::SigningKey>();
    };
    m_identity.onCharter = [this](const domain::Charter& charter) { use(charter); };
    m_identity.bootstrap.noiseKey = m_identity.noiseKey;
    m_identity.bootstrap.headKey = m_identity.headKey;
    m_identity.bootstrap.secret = crypto::Secret<16>::random(random);
    open();
}

void ServerNode::open() {
    must(m_store.reopen(), "13: the server's store is opened again");
    m_register = openCopy(m_store);
    const domain::Directory& directory = m_register->directory().directory();
    if (directory.hasGenesis()) use(directory.charter());  // which a crash may have cut off
    m_intake = std::make_unique<intake::Intake>(*m_register, m_clock, m_identity);
    m_clockModel.start(m_register->lastArrival(), m_clock.nowMs(), m_clock.skew());
}

/// What the operator's command writes; the clock's time.
base::TimeMs ServerNode::confirmClockIn(store::Store& store, std::uint64_t lastArrival) {
    auto txn = must(store.write(), "the operator confirms the clock");
    auto held = must(reg::clockMark(*txn), "the mark of the clock is read");
    const reg::ClockMark mark{m_clock.nowMs(), lastArrival, (held ? held->number : 0) + 1};
    must(reg::putClockMark(*txn, mark), "the operator confirms the clock");
    must(txn->commit(), "the operator confirms the clock");
    return mark.wall;
}

void ServerNode::confirmClock() {
    m_clockModel.confirm(confirmClockIn(m_store, m_register->lastArrival()), m_clock.skew());
}

bool ServerNode::isOpen() {
    return !must(m_intake->closed(), "the server says whether it takes new work");
}

std::unique_ptr<reg::Register> ServerNode::openCopy(store::Store& store) {
    auto out = must(reg::Register::open(store, m_clock, m_keys[0].head),
                    "13: the server opens its store again");
    for (const Keys& keys : m_keys) out->addHeadKey(keys.head);
    return out;
}

std::unique_ptr<reg::Register> ServerNode::openConfirmedCopy(store::Store& store) {
    auto out = openCopy(store);
    confirmClockIn(store, out->lastArrival());
    must(out->refresh(), "the copy hears of it");
    return out;
}

domain::RotationToken ServerNode::makeKeys(const base::ProvinceId& province, SeededRandom& random) {
    auto head = crypto::SigningKey::generate(random);
    m_keys.push_back({crypto::ExchangeKeyPair::generate(random), head});
    return {province, m_keys.back().noise.publicKey, head.publicKey};
}

void ServerNode::use(const domain::Charter& charter) {
    for (std::size_t i = 0; i < m_keys.size(); ++i) {
        if (m_keys[i].isOf(charter)) m_present = m_keysOfVersion[charter.version] = i;
    }
    must(m_keys[m_present].isOf(charter), "14: a charter names keys that the server does not hold");
}

const crypto::SigningKey* ServerNode::headKeyOf(std::uint32_t charterVersion) const {
    auto keys = m_keysOfVersion.find(charterVersion);
    return keys == m_keysOfVersion.end() ? nullptr : &m_keys[keys->second].head;
}

void ServerNode::crash() {
    m_intake.reset();
    m_register.reset();
}

}  // namespace sim
