#pragma once
// A connection as the network makes it: the product's encrypted channel at both ends, and between
// them bytes in pieces of any size, cut anywhere, or changed by somebody on the way. Whatever
// happens, a message that arrives is the next one that was sent (invariant 12 and the threat model:
// checked here).

#include <deque>

#include "seeded.h"
#include "story.h"
#include "transport/client_channel.h"
#include "transport/server_channel.h"

namespace sim {

enum class Direction { Up, Down };

/// What a hostile network does to bytes under way.
enum class Tampering { Flipped, Doubled, Swapped, Dropped };

class Line {
public:
    Line(const crypto::ExchangeKeyPair& server, const crypto::ExchangeKeyPair& device,
         SeededRandom random, base::Bytes hello);

    /// The handshake is over at the device's end: it may say more than its hello.
    bool isClientOpen() const { return m_client->isOpen(); }
    void send(Direction direction, base::ByteView message, transport::Padding padding,
              transport::End end);
    std::size_t pieces(Direction direction) const { return way(direction).pieces.size(); }
    /// The next piece arrives. An error means that the end has found the bytes changed.
    base::Status arrive(Direction direction);
    /// The next message that is complete there.
    base::Result<std::optional<base::Bytes>> next(Direction direction);
    /// The server's session knows the device: longer messages are taken from now on.
    void acceptLongMessages();
    /// The device has heard the end of what the server had to say, authenticated.
    bool hasServerEnded() const { return m_client->peerEnded(); }

    /// Dead from the middle of the piece that arrives next.
    void cut(Direction direction);
    /// Nothing more arrives.
    void drop(Direction direction);
    /// False if there is not enough under way.
    bool tamper(Direction direction, Tampering how);

    std::uint64_t bytes(Direction direction) const { return way(direction).bytes; }

private:
    struct Way {
        std::deque<base::Bytes> pieces;
        std::deque<base::Hash> sent;  // messages that have not arrived
        std::uint64_t bytes = 0;
        bool isDead = false;
    };
    Way& way(Direction direction) { return m_ways[static_cast<std::size_t>(direction)]; }
    const Way& way(Direction direction) const {
        return m_ways[static_cast<std::size_t>(direction)];
    }
    transport::Channel& receiver(Direction direction);
    void carry();
    void put(Direction direction, const base::Bytes& output);

    SeededRandom m_random;
    std::unique_ptr<transport::ClientChannel> m_client;
    std::unique_ptr<transport::ServerChannel> m_server;
    std::array<Way, 2> m_ways;
    bool m_isTampered = false;
};

}  // namespace sim
