#pragma once
// Both ends of a channel in memory.

#include "../base/seeded_random.h"
#include "transport/client_channel.h"
#include "transport/server_channel.h"

namespace transport_test {

using base::Bytes;
using base::ByteView;
using test::SeededRandom;

/// A client that knows the server's key, with both ends not yet talking.
struct ChannelPair {
    explicit ChannelPair(Bytes hello = base::copy(base::view("hello")), std::uint64_t seed = 1)
        : random(seed),
          serverKeys(crypto::ExchangeKeyPair::generate(random)),
          clientKeys(crypto::ExchangeKeyPair::generate(random)),
          server(std::make_unique<transport::ServerChannel>(
              transport::ServerChannelParams{serverKeys}, random)),
          client(std::move(*transport::ClientChannel::create({serverKeys.publicKey, clientKeys},
                                                             random, std::move(hello)))) {}

    /// The handshake, up to the server's knowing the client; what the client sent early follows
    /// unread.
    base::Status connect() {
        CHECK_OK(server->feed(client->takeOutput()));
        CHECK_OK(client->feed(server->takeOutput()));
        return server->feed(client->takeOutput());
    }

    SeededRandom random;
    crypto::ExchangeKeyPair serverKeys;
    crypto::ExchangeKeyPair clientKeys;
    std::unique_ptr<transport::ServerChannel> server;
    std::unique_ptr<transport::ClientChannel> client;
};

inline Bytes toBytes(std::string_view text) {
    return base::copy(base::view(text));
}

/// The next message, which must be there and in order.
inline std::optional<Bytes> next(transport::Channel& channel) {
    auto message = channel.nextMessage();
    return message ? std::move(*message) : std::nullopt;
}

}  // namespace transport_test
