#include "line.h"

#include "base/limits.h"
#include "planted_text.h"

namespace sim {
namespace {

constexpr std::uint64_t kPiecesOfOneWrite = 3;

base::Hash fingerprint(ByteView message) {
    return crypto::hash("sim-message", {message});
}

}  // namespace

Line::Line(const crypto::ExchangeKeyPair& server, const crypto::ExchangeKeyPair& device,
           SeededRandom random, Bytes hello)
    : m_random(random) {
    way(Direction::Up).sent.push_back(fingerprint(hello));
    m_client = must(transport::ClientChannel::create({server.publicKey, device, {}}, m_random,
                                                     std::move(hello)),
                    "a channel is made");
    m_server = std::make_unique<transport::ServerChannel>(
        transport::ServerChannelParams{server, {}}, m_random);
    carry();
}

transport::Channel& Line::receiver(Direction direction) {
    if (direction == Direction::Up) return *m_server;
    return *m_client;
}

void Line::put(Direction direction, const Bytes& output) {
    Way& w = way(direction);
    if (w.isDead || output.empty()) return;
    must(!holdsPlantedText(output), "12: an act stands in plain on the wire");
    w.bytes += output.size();
    ByteView rest = output;
    for (std::uint64_t i = 1; i < kPiecesOfOneWrite && rest.size() > 1; ++i) {
        if (m_random.chance(500)) continue;
        const std::size_t size = 1 + m_random.below(rest.size() - 1);
        w.pieces.push_back(base::copy(rest.first(size)));
        rest = rest.subspan(size);
    }
    w.pieces.push_back(base::copy(rest));
}

void Line::carry() {
    put(Direction::Up, m_client->takeOutput());
    put(Direction::Down, m_server->takeOutput());
}

void Line::send(Direction direction, ByteView message, transport::Padding padding,
                transport::End end) {
    transport::Channel& sender =
        receiver(direction == Direction::Up ? Direction::Down : Direction::Up);
    must(sender.send(message, padding, end), "a message is sent");
    way(direction).sent.push_back(fingerprint(message));
    carry();
}

base::Status Line::arrive(Direction direction) {
    Way& w = way(direction);
    const Bytes piece = std::move(w.pieces.front());
    w.pieces.pop_front();
    base::Status fed = receiver(direction).feed(piece);
    carry();
    must(fed || m_isTampered, "17: an honest line is not understood");
    return fed;
}

base::Result<std::optional<Bytes>> Line::next(Direction direction) {
    transport::Channel& end = receiver(direction);
    if (!end.isOpen()) return std::optional<Bytes>();
    auto message = end.nextMessage();
    must(message || m_isTampered, "17: an honest line is not understood");
    if (!message || !*message) return message;
    Way& w = way(direction);
    must(!w.sent.empty() && fingerprint(**message) == w.sent.front(),
         "12: a message arrives that was not sent next");
    w.sent.pop_front();
    return message;
}

void Line::acceptLongMessages() {
    m_server->setMessageBytesMax(base::limits::kMessageBytesMax);
}

void Line::cut(Direction direction) {
    Way& w = way(direction);
    w.isDead = true;
    w.pieces.resize(1);
    Bytes& piece = w.pieces.front();
    piece.resize(m_random.below(piece.size()));
}

void Line::drop(Direction direction) {
    way(direction).isDead = true;
    way(direction).pieces.clear();
}

bool Line::tamper(Direction direction, Tampering how) {
    auto& pieces = way(direction).pieces;
    const std::size_t at = m_random.below(pieces.size());
    const auto there = pieces.begin() + static_cast<std::ptrdiff_t>(at);
    const bool isLast = at + 1 == pieces.size();
    switch (how) {
        case Tampering::Flipped: {
            const std::uint64_t bit = m_random.below(there->size() * 8);
            (*there)[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            break;
        }
        case Tampering::Doubled:
            pieces.insert(there, Bytes(*there));
            break;
        case Tampering::Swapped:
            if (isLast || *there == *(there + 1)) return false;
            std::swap(*there, *(there + 1));
            break;
        case Tampering::Dropped:
            if (isLast) return false;  // that would be a cut
            pieces.erase(there);
            break;
    }
    m_isTampered = true;
    return true;
}

}  // namespace sim
