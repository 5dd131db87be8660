#include "office.h"

#include <catch2/catch.hpp>

#include "domain/directory.h"
#include "session/client_session.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace net_test {

Office::Office(base::Random& random, const domain::BootstrapToken& token)
    : exchange(crypto::ExchangeKeyPair::generate(random)),
      m_random(random),
      m_token(token),
      m_deviceKey(crypto::SigningKey::generate(random)) {}

Bytes Office::found() {
    crypto::SigningKey authority = crypto::SigningKey::generate(m_random);
    domain::SignedGenesis genesis;
    domain::Genesis& g = genesis.content;
    g.name = "Tỉnh Thử";
    g.code = "T";
    g.authorityKeys = {authority.publicKey};
    g.threshold = 1;
    g.recoveryKey = crypto::ExchangeKeyPair::generate(m_random).publicKey;
    g.charter.version = 1;
    g.charter.noiseKey = m_token.noiseKey;
    g.charter.headKey = m_token.headKey;
    g.deviceKey = m_deviceKey.publicKey;
    g.exchangeKey = exchange.publicKey;
    g.officerName = "An";
    g.officerKey = crypto::SigningKey::generate(m_random).publicKey;
    g.officerRoles = 0xff;
    g.nonce = Bytes(16, 7);
    genesis.body = wire::encodeGenesis(g);
    genesis.signatures = {crypto::sign(authority, crypto::Context::Genesis, genesis.body)};

    m_province = domain::provinceIdOf(genesis.body);
    m_chain.scope = domain::directoryScope(m_province);
    m_chain.device = domain::deviceIdOf(m_province, m_deviceKey.publicKey);
    m_chain.incarnation = m_random.make<base::IncarnationId>();
    m_state = ledger::ChainState::start(m_province, m_chain);
    std::vector<domain::Change> change{genesis};
    return session::introduction::found(m_token.mac(m_province), segment(change));
}

Bytes Office::segment(std::span<const domain::Change> changes) {
    ledger::Header header;
    header.claimed = 1'700'000'000'000;
    std::uint64_t firstSeq = m_state.nextSeq;
    base::Hash prev = m_state.tip;
    Bytes entry = ledger::encodeHeader(header, m_state);
    Bytes body = wire::compress(wire::encodeBody(changes), 3, 0);
    entry.insert(entry.end(), body.begin(), body.end());
    REQUIRE(ledger::advance(m_state, entry));
    base::Signature seal =
        crypto::sign(m_deviceKey, crypto::Context::Seal,
                     ledger::sealedBytes(m_province, m_chain, firstSeq, m_state.tip));
    Bytes out;
    ByteView one = entry;
    ledger::encodeSegment(m_chain, firstSeq, prev, std::span(&one, 1), seal, out);
    return out;
}

std::vector<Bytes> Office::rules(std::size_t count, std::size_t ofEntry) {
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<domain::Change> changes;
        for (std::size_t k = 0; k < ofEntry; ++k) {
            Bytes noise(64);
            m_random.fill(noise);
            changes.push_back(domain::RuleSet{"note", base::toHex(noise)});
        }
        out.push_back(segment(changes));
    }
    return out;
}

std::vector<Bytes> Office::push(const std::vector<Bytes>& segments,
                                std::uint64_t pendingEntries) const {
    wire::Hello hello;
    hello.incarnation = m_chain.incarnation;
    hello.charterVersion = 1;
    hello.pendingEntries = pendingEntries;
    hello.pushFollows = pendingEntries > 0;
    std::vector<Bytes> out{wire::encode(wire::ClientMessage(hello))};
    constexpr std::size_t kSegmentsOfPush = 8;
    for (std::size_t i = 0; i < segments.size(); i += kSegmentsOfPush) {
        wire::Push push;
        for (std::size_t k = i; k < std::min(i + kSegmentsOfPush, segments.size()); ++k) {
            push.segments.emplace_back(segments[k]);
        }
        out.push_back(wire::encode(wire::ClientMessage(push)));
    }
    if (pendingEntries > 0) out.push_back(wire::encode(wire::ClientMessage(wire::Done{})));
    return out;
}

TestClient::TestClient(const base::ExchangeKey& server, const crypto::ExchangeKeyPair& own,
                       base::Random& random, const std::vector<Bytes>& messages) {
    auto channel = transport::ClientChannel::create({server, own}, random, messages.front());
    REQUIRE(channel);
    m_channel = std::move(*channel);
    for (std::size_t i = 1; i < messages.size(); ++i) {
        REQUIRE(m_channel->send(messages[i], transport::Padding::None));
    }
    REQUIRE(m_channel->send({}, transport::Padding::Control, transport::End::Yes));
}

base::Status TestClient::onBytes(ByteView bytes) {
    CHECK_OK(m_channel->feed(bytes));
    for (;;) {
        TRY(auto message, m_channel->nextMessage());
        if (!message) return {};
        TRY(auto reply, wire::decodeServerMessage(*message));
        replies.push_back(std::move(reply));
    }
}

}  // namespace net_test
