// What a channel does with input that no honest peer sends.

#include <catch2/catch.hpp>
#include "channel_pair.h"

using namespace transport_test;
using base::Code;
using base::limits::kStrangerBytesMax;
using transport::Channel;
using transport::End;
using transport::FirstFrame;
using transport::Padding;
using transport::ServerChannel;

namespace {

/// The three flights of the handshake, the last one with the hello.
enum class Flight { ClientFirst, ServerFirst, ClientSecond };

std::size_t flightBytes(Flight flight) {
    ChannelPair pair;
    Bytes first = pair.client->takeOutput();
    if (flight == Flight::ClientFirst) return first.size();
    REQUIRE(pair.server->feed(first));
    Bytes second = pair.server->takeOutput();
    if (flight == Flight::ServerFirst) return second.size();
    REQUIRE(pair.client->feed(second));
    return pair.client->takeOutput().size();
}

/// Connects while `change` may alter one flight. True if both ends finished and the hello arrived.
template <class Change>
bool connects(Flight flight, Change change) {
    ChannelPair pair;
    auto pass = [&](Flight now, Bytes bytes) {
        if (now == flight) change(bytes);
        return bytes;
    };
    if (!pair.server->feed(pass(Flight::ClientFirst, pair.client->takeOutput()))) return false;
    if (!pair.client->feed(pass(Flight::ServerFirst, pair.server->takeOutput()))) return false;
    if (!pair.server->feed(pass(Flight::ClientSecond, pair.client->takeOutput()))) return false;
    return next(*pair.server) == toBytes("hello");
}

/// Code of the error that feeding `bytes` to an end leads to, nextMessage() included.
std::optional<Code> codeAfter(Channel& channel, const Bytes& bytes) {
    auto status = channel.feed(bytes);
    if (!status) return status.error().code;
    while (true) {
        auto message = channel.nextMessage();
        if (!message) return message.error().code;
        if (!*message) return {};
    }
}

}  // namespace

TEST_CASE("channel: no bit of the handshake can be flipped") {
    for (Flight flight : {Flight::ClientFirst, Flight::ServerFirst, Flight::ClientSecond}) {
        CHECK(connects(flight, [](Bytes&) {}));
        std::size_t size = flightBytes(flight);
        for (std::size_t at = 0; at < size; ++at) {
            for (std::uint8_t bit : {0x01, 0x80}) {
                bool connected = connects(flight, [&](Bytes& bytes) { bytes[at] ^= bit; });
                if (connected) FAIL("flight " << static_cast<int>(flight) << ", byte " << at);
            }
        }
    }
}

TEST_CASE("channel: a handshake cut at any byte stays unfinished, and its end is Cut") {
    for (Flight flight : {Flight::ClientFirst, Flight::ServerFirst, Flight::ClientSecond}) {
        std::size_t size = flightBytes(flight);
        for (std::size_t keep = 0; keep < size; ++keep) {
            if (connects(flight, [&](Bytes& bytes) { bytes.resize(keep); }))
                FAIL("cut at " << keep);
        }
    }
    ChannelPair pair;
    Bytes first = pair.client->takeOutput();
    first.resize(first.size() - 1);
    REQUIRE(pair.server->feed(first));
    auto end = pair.server->finish();
    REQUIRE_FALSE(end);
    CHECK(end.error().code == Code::Cut);
}

TEST_CASE("channel: a stream cut before END is Cut at both ends") {
    ChannelPair pair;
    REQUIRE(pair.connect());
    REQUIRE(next(*pair.server) == toBytes("hello"));
    CHECK(pair.server->finish().error().code == Code::Cut);
    CHECK(pair.client->finish().error().code == Code::Cut);

    REQUIRE(pair.client->send(pair.random.bytes(3000), Padding::None, End::Yes));
    Bytes stream = pair.client->takeOutput();
    stream.pop_back();
    CHECK_FALSE(codeAfter(*pair.server, stream));
    CHECK(pair.server->finish().error().code == Code::Cut);
}

TEST_CASE("channel: no byte of a later message can be flipped") {
    for (std::size_t at = 0; at < 2 + 256 + 16; ++at) {
        ChannelPair pair;
        REQUIRE(pair.connect());
        REQUIRE(pair.client->send(toBytes("a"), Padding::Control));
        REQUIRE(pair.client->send(toBytes("b"), Padding::Control, End::Yes));
        Bytes stream = pair.client->takeOutput();
        stream[at] ^= 0x40;
        // A wrong length may leave the end waiting for more; then the connection is cut without
        // END.
        auto code = codeAfter(*pair.server, stream);
        bool refused = code.has_value() || !pair.server->finish();
        if (!refused) FAIL("byte " << at);
    }
}

TEST_CASE("channel: a message cannot be repeated, left out or moved") {
    ChannelPair pair;
    REQUIRE(pair.connect());
    REQUIRE(pair.client->send(toBytes("one"), Padding::Control));
    Bytes one = pair.client->takeOutput();
    REQUIRE(pair.client->send(toBytes("two"), Padding::Control));
    Bytes two = pair.client->takeOutput();
    SECTION("left out") {
        CHECK(codeAfter(*pair.server, two) == Code::BadSignature);
    }
    SECTION("repeated") {
        CHECK_FALSE(codeAfter(*pair.server, one));
        CHECK(codeAfter(*pair.server, one) == Code::BadSignature);
    }
    SECTION("turned back") {
        CHECK(codeAfter(*pair.client, one) == Code::BadSignature);
    }
}

TEST_CASE("channel: an error is final") {
    ChannelPair pair;
    CHECK(codeAfter(*pair.server, toBytes("GET / HTTP/1.1")) == Code::Malformed);
    CHECK(codeAfter(*pair.server, pair.client->takeOutput()) == Code::Malformed);
    CHECK(pair.server->finish().error().code == Code::Malformed);
}

TEST_CASE("channel: garbage is refused at its first wrong byte, and nothing is answered") {
    SeededRandom random(5);
    for (int round = 0; round < 300; ++round) {
        ChannelPair pair;
        Bytes garbage = random.bytes(1 + random.below(3000));
        garbage[0] = 'G';
        CHECK(codeAfter(*pair.server, garbage) == Code::Malformed);
        CHECK(pair.server->takeOutput().empty());
    }
}

TEST_CASE("channel: garbage behind an honest start never gets through") {
    SeededRandom random(6);
    for (int round = 0; round < 300; ++round) {
        ChannelPair server;
        Bytes first = server.client->takeOutput();
        first.resize(random.below(first.size()));
        Bytes garbage = random.bytes(kStrangerBytesMax);
        first.insert(first.end(), garbage.begin(), garbage.end());
        CHECK(codeAfter(*server.server, first));

        ChannelPair client;
        codeAfter(*client.client, random.bytes(1 + random.below(600)));
        CHECK_FALSE(client.client->isOpen());
    }
}

TEST_CASE("channel: a client with another server key is told so, and the server closes") {
    ChannelPair pair;
    auto stranger = crypto::ExchangeKeyPair::generate(pair.random);
    ServerChannel other({stranger}, pair.random);
    CHECK(codeAfter(other, pair.client->takeOutput()) == Code::BadSignature);
    CHECK(other.isClosing());
    auto status = pair.client->feed(other.takeOutput());
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Refused);
    CHECK(status.error().message.find("key") != std::string::npos);
    CHECK(pair.client->refusal() == FirstFrame::Key);
}

TEST_CASE("channel: a server without the pinned key cannot make message 2") {
    // The other server answers its own client's message 1; the answer goes to a client that pins
    // another key.
    ChannelPair honest;
    ChannelPair other(toBytes("hello"), 2);
    REQUIRE(other.server->feed(other.client->takeOutput()));
    CHECK(codeAfter(*honest.client, other.server->takeOutput()) == Code::BadSignature);
    CHECK_FALSE(honest.client->refusal());
}

TEST_CASE("channel: without a common version both sides say so") {
    ChannelPair pair;
    ServerChannel newer({pair.serverKeys, {3, 5}}, pair.random);
    CHECK(codeAfter(newer, pair.client->takeOutput()) == Code::Unsupported);
    CHECK(newer.isClosing());
    CHECK(codeAfter(*pair.client, newer.takeOutput()) == Code::Unsupported);
    CHECK(pair.client->refusal() == FirstFrame::Version);
}

TEST_CASE("channel: the highest common version is chosen") {
    ChannelPair pair;
    ServerChannel server({pair.serverKeys, {1, 4}}, pair.random);
    auto client = transport::ClientChannel::create(
        {pair.serverKeys.publicKey, pair.clientKeys, {1, 3}}, pair.random, toBytes("hello"));
    REQUIRE(client);
    REQUIRE(server.feed((*client)->takeOutput()));
    REQUIRE((*client)->feed(server.takeOutput()));
    CHECK((*client)->version() == 3);
    CHECK(server.version() == 3);
}

TEST_CASE("channel: a busy server says so") {
    ChannelPair pair;
    REQUIRE(pair.server->refuseBusy());
    CHECK(pair.server->isClosing());
    CHECK(codeAfter(*pair.client, pair.server->takeOutput()) == Code::Refused);
    CHECK(pair.client->refusal() == FirstFrame::Busy);
}

TEST_CASE("channel: a stranger's message 3 beyond the allowance is refused by its length alone") {
    ChannelPair pair;
    REQUIRE(pair.server->feed(pair.client->takeOutput()));
    Bytes header;
    base::Writer(header).u16(static_cast<std::uint16_t>(kStrangerBytesMax));
    CHECK(codeAfter(*pair.server, header) == Code::Limit);
}

TEST_CASE("channel: message 1 has one length") {
    ChannelPair pair;
    Bytes first = pair.client->takeOutput();
    first.resize(transport::Prologue::kBytes);
    SECTION("longer") {
        base::Writer(first).u16(49);
        CHECK(codeAfter(*pair.server, first) == Code::Limit);
    }
    SECTION("shorter than a tag") {
        base::Writer(first).u16(15);
        CHECK(codeAfter(*pair.server, first) == Code::Malformed);
    }
    SECTION("shorter") {
        base::Writer(first).u16(47).raw(Bytes(47));
        CHECK(codeAfter(*pair.server, first) == Code::BadSignature);
    }
}

TEST_CASE("channel: a server's first frame of a wrong length or kind is refused by its header") {
    auto code = [](std::uint8_t kind, std::uint32_t size) {
        ChannelPair pair;
        Bytes header;
        base::Writer(header).u8(kind).u32(size);
        return codeAfter(*pair.client, header);
    };
    CHECK(code(0, 257) == Code::Limit);
    CHECK(code(0, 256) == std::nullopt);
    CHECK(code(1, 10) == Code::Malformed);
    CHECK(code(2, 1) == Code::Limit);
    CHECK(code(3, 3) == Code::Limit);
    CHECK(code(4, 0xFFFFFFFF) == Code::Limit);
    CHECK(code(5, 0) == Code::Malformed);
}

TEST_CASE("channel: an all-zero key in message 1 leads to no shared secret") {
    ChannelPair pair;
    Bytes first = pair.client->takeOutput();
    std::fill(first.begin() + 13, first.begin() + 13 + 32, std::uint8_t{0});
    CHECK(codeAfter(*pair.server, first) == Code::BadSignature);
    CHECK_FALSE(transport::ClientChannel::create({base::ExchangeKey{}, pair.clientKeys},
                                                 pair.random, toBytes("hello")));
}

TEST_CASE("channel: input after END is refused") {
    ChannelPair pair;
    REQUIRE(pair.connect());
    REQUIRE(pair.client->send(toBytes("last"), Padding::Control, End::Yes));
    Bytes stream = pair.client->takeOutput();
    SECTION("in the same piece") {
        stream.push_back(0);
        CHECK(codeAfter(*pair.server, stream) == Code::Malformed);
    }
    SECTION("in a later piece") {
        CHECK_FALSE(codeAfter(*pair.server, stream));
        CHECK(pair.server->finish());
        CHECK(codeAfter(*pair.server, Bytes(1)) == Code::Malformed);
    }
}

TEST_CASE("channel: a clear request stands alone and is known") {
    ChannelPair pair;
    auto prologue = [](std::uint8_t min, std::uint8_t max, std::uint8_t kind,
                       std::uint32_t argument) {
        Bytes bytes = toBytes("TSUO");
        base::Writer(bytes).u8(min).u8(max).u8(kind).u32(argument);
        return bytes;
    };
    CHECK(codeAfter(*pair.server, prologue(1, 1, 3, 0)) == Code::Malformed);
    CHECK(codeAfter(*ChannelPair().server, prologue(1, 1, 2, 1)) == Code::Malformed);
    CHECK(codeAfter(*ChannelPair().server, prologue(1, 1, 0, 1)) == Code::Malformed);
    CHECK(codeAfter(*ChannelPair().server, prologue(2, 1, 0, 0)) == Code::Malformed);
    Bytes more = prologue(1, 1, 1, 7);
    more.push_back(0);
    CHECK(codeAfter(*ChannelPair().server, more) == Code::Malformed);
}
