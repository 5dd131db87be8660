#include "transport/channel.h"

#include <catch2/catch.hpp>
#include "channel_pair.h"

using namespace transport_test;
using base::Code;
using base::limits::kControlPaddingBytes;
using base::limits::kMessageBytesMax;
using base::limits::kRekeyMessages;
using base::limits::kStrangerBytesMax;
using transport::Channel;
using transport::End;
using transport::Padding;

namespace {

/// Moves what `from` has to write over to `to`, in pieces of the size that `pieceBytes` gives.
template <class PieceBytes>
void carry(Channel& from, Channel& to, PieceBytes pieceBytes, std::vector<Bytes>& received) {
    Bytes stream = from.takeOutput();
    ByteView rest = stream;
    while (!rest.empty()) {
        ByteView piece = rest.first(std::min<std::size_t>(pieceBytes(), rest.size()));
        rest = rest.subspan(piece.size());
        REQUIRE(to.feed(piece));
        while (auto message = next(to)) received.push_back(std::move(*message));
    }
}

/// A whole conversation in which both sides send and end.
template <class PieceBytes>
void converse(PieceBytes pieceBytes) {
    ChannelPair pair;
    Bytes big = pair.random.bytes(200'000);
    std::vector<Bytes> atServer;
    std::vector<Bytes> atClient;
    REQUIRE(pair.client->send(toBytes("early"), Padding::Control));
    carry(*pair.client, *pair.server, pieceBytes, atServer);
    CHECK_FALSE(pair.server->isOpen());
    carry(*pair.server, *pair.client, pieceBytes, atClient);
    CHECK(pair.client->isOpen());
    REQUIRE(pair.client->send(toBytes("last"), Padding::None, End::Yes));
    pair.server->setMessageBytesMax(kMessageBytesMax);
    carry(*pair.client, *pair.server, pieceBytes, atServer);
    REQUIRE(pair.server->isOpen());
    CHECK(atServer == std::vector<Bytes>{toBytes("hello"), toBytes("early"), toBytes("last")});
    CHECK(pair.server->peerKey() == pair.clientKeys.publicKey);
    CHECK(pair.client->peerKey() == pair.serverKeys.publicKey);
    CHECK(pair.server->binding() == pair.client->binding());
    CHECK(pair.server->version() == transport::kProtocolVersion);

    CHECK(pair.server->peerEnded());
    REQUIRE(pair.server->send(big, Padding::None));
    REQUIRE(pair.server->send({}, Padding::Control, End::Yes));
    carry(*pair.server, *pair.client, pieceBytes, atClient);
    CHECK(atClient == std::vector<Bytes>{big});
    CHECK(pair.client->peerEnded());
    CHECK(pair.client->ended());
    CHECK(pair.client->finish());
    CHECK(pair.server->finish());
}

}  // namespace

TEST_CASE("channel: a conversation arrives whole, byte by byte") {
    converse([] { return std::size_t{1}; });
}

TEST_CASE("channel: a conversation arrives whole in random pieces") {
    SeededRandom random(7);
    for (int round = 0; round < 20; ++round) converse([&] { return 1 + random.below(5000); });
}

TEST_CASE("channel: a conversation arrives whole at once") {
    converse([] { return std::size_t{1} << 24; });
}

TEST_CASE("channel: a message of 1 MiB goes through both ways, one byte more is refused") {
    ChannelPair pair;
    REQUIRE(pair.connect());
    pair.server->setMessageBytesMax(kMessageBytesMax);
    REQUIRE(next(*pair.server) == toBytes("hello"));
    Bytes big = pair.random.bytes(kMessageBytesMax);
    for (Padding padding : {Padding::None, Padding::Control}) {
        REQUIRE(pair.client->send(big, padding));
        REQUIRE(pair.server->feed(pair.client->takeOutput()));
        CHECK(next(*pair.server) == big);
        REQUIRE(pair.server->send(big, padding));
        REQUIRE(pair.client->feed(pair.server->takeOutput()));
        CHECK(next(*pair.client) == big);
    }
    big.push_back(0);
    auto status = pair.client->send(big, Padding::None);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Limit);
}

TEST_CASE("channel: the server sees the client's key before it decrypts what follows the hello") {
    ChannelPair pair;
    REQUIRE(pair.client->send(pair.random.bytes(100'000), Padding::None));
    REQUIRE(pair.connect());
    CHECK(pair.server->peerKey() == pair.clientKeys.publicKey);
    CHECK(pair.server->inputBytes() > 100'000);

    SECTION("and may allow long messages in time") {
        pair.server->setMessageBytesMax(kMessageBytesMax);
        CHECK(next(*pair.server) == toBytes("hello"));
        CHECK(next(*pair.server)->size() == 100'000);
    }
    SECTION("and otherwise only short ones are taken") {
        CHECK(next(*pair.server) == toBytes("hello"));
        auto message = pair.server->nextMessage();
        REQUIRE_FALSE(message);
        CHECK(message.error().code == Code::Limit);
    }
}

TEST_CASE("channel: a long hello goes on behind message 3, within the stranger's allowance") {
    SeededRandom random(3);
    Bytes hello = random.bytes(100'000);
    ChannelPair pair(hello);
    REQUIRE(pair.server->feed(pair.client->takeOutput()));
    REQUIRE(pair.client->feed(pair.server->takeOutput()));
    Bytes rest = pair.client->takeOutput();
    REQUIRE(pair.server->feed(rest));
    CHECK(pair.server->isOpen());
    CHECK(pair.server->strangerBytes() <= kStrangerBytesMax);
    CHECK(pair.server->strangerBytes() > kStrangerBytesMax - kControlPaddingBytes);
    pair.server->setMessageBytesMax(kMessageBytesMax);
    CHECK(next(*pair.server) == hello);
}

TEST_CASE("channel: control messages of similar length look the same on the wire") {
    ChannelPair pair;
    REQUIRE(pair.connect());
    auto wireBytes = [&](std::size_t size) {
        REQUIRE(pair.client->send(pair.random.bytes(size), Padding::Control));
        return pair.client->takeOutput().size();
    };
    std::size_t small = wireBytes(1);
    CHECK(small == kControlPaddingBytes + 2 + crypto::kTagBytes);
    CHECK(wireBytes(kControlPaddingBytes - 3) == small);
    CHECK(wireBytes(kControlPaddingBytes - 2) == small + kControlPaddingBytes);
}

TEST_CASE("channel: more messages than one key may serve go through") {
    ChannelPair pair;
    REQUIRE(pair.connect());
    REQUIRE(next(*pair.server) == toBytes("hello"));
    for (std::uint64_t i = 0; i < 2 * kRekeyMessages + 5; ++i) {
        Bytes message;
        base::Writer(message).u64(i);
        if (!pair.client->send(message, Padding::None)) FAIL("send " << i);
        if (!pair.server->feed(pair.client->takeOutput())) FAIL("feed " << i);
        if (next(*pair.server) != message) FAIL("message " << i);
    }
    REQUIRE(pair.server->send(toBytes("back"), Padding::None));
    REQUIRE(pair.client->feed(pair.server->takeOutput()));
    CHECK(next(*pair.client) == toBytes("back"));
}

TEST_CASE("channel: nothing is sent after the end") {
    ChannelPair pair;
    REQUIRE(pair.client->send({}, Padding::Control, End::Yes));
    auto status = pair.client->send(toBytes("more"), Padding::Control);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Internal);
}

TEST_CASE("channel: a server does not speak before it knows the client") {
    ChannelPair pair;
    CHECK_FALSE(pair.server->send(toBytes("early"), Padding::Control));
    CHECK_FALSE(pair.client->send({}, Padding::Control));
}

TEST_CASE("channel: the same seed gives the same bytes") {
    ChannelPair first(toBytes("hello"), 9);
    ChannelPair second(toBytes("hello"), 9);
    CHECK(first.client->takeOutput() == second.client->takeOutput());
}
