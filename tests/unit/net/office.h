#pragma once
// A province's first device, made by hand: it founds the province and writes rules into the
// directory.

#include "domain/change.h"
#include "domain/invitation.h"
#include "ledger/segment.h"
#include "transport/client_channel.h"
#include "transport/client_socket.h"
#include "wire/messages.h"

namespace net_test {

using base::Bytes;
using base::ByteView;

class Office {
public:
    Office(base::Random& random, const domain::BootstrapToken& token);

    /// The message that founds the province.
    Bytes found();
    /// Segments of one entry each, which sets a rule so many times, at some 64 bytes each.
    std::vector<Bytes> rules(std::size_t count, std::size_t ofEntry);
    /// Messages of a session on a ledger of size 0 that pushes the segments.
    std::vector<Bytes> push(const std::vector<Bytes>& segments, std::uint64_t pendingEntries) const;

    crypto::ExchangeKeyPair exchange;

private:
    Bytes segment(std::span<const domain::Change> changes);

    base::Random& m_random;
    domain::BootstrapToken m_token;
    crypto::SigningKey m_deviceKey;
    base::ProvinceId m_province;
    ledger::ChainId m_chain;
    ledger::ChainState m_state;
    base::Hash m_mac;
};

/// Sends the messages, the last of which ends the client's side, and keeps what comes back.
class TestClient : public transport::ConnectionDriver {
public:
    TestClient(const base::ExchangeKey& server, const crypto::ExchangeKeyPair& own,
               base::Random& random, const std::vector<Bytes>& messages);

    base::Status onOpen() override { return {}; }
    base::Status onBytes(ByteView bytes) override;
    Bytes takeOutput() override { return m_channel->takeOutput(); }
    bool isDone() const override { return m_channel->peerEnded(); }
    base::Status onEof() override { return m_channel->finish(); }

    std::vector<wire::Decoded<wire::ServerMessage>> replies;

private:
    std::unique_ptr<transport::ClientChannel> m_channel;
};

}  // namespace net_test
