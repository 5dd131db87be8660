// What the published vectors (tests/vectors) do not show: refusals.

#include "transport/noise.h"

#include <catch2/catch.hpp>
#include "channel_pair.h"

using namespace transport_test;
using base::Code;
using transport::CipherState;
using transport::Handshake;
using transport::HandshakeParams;
using transport::Role;

namespace {

struct Pair {
    Handshake initiator;
    Handshake responder;
};

Pair makePair() {
    SeededRandom random(1);
    auto serverKeys = crypto::ExchangeKeyPair::generate(random);
    HandshakeParams params;
    params.ownStatic = crypto::ExchangeKeyPair::generate(random);
    params.peerStatic = serverKeys.publicKey;
    auto initiator = Handshake::create(params, random);
    params.role = Role::Responder;
    params.ownStatic = serverKeys;
    params.peerStatic.reset();
    auto responder = Handshake::create(params, random);
    REQUIRE(initiator);
    REQUIRE(responder);
    return {std::move(*initiator), std::move(*responder)};
}

}  // namespace

TEST_CASE("noise: unknown protocols and missing keys are refused") {
    SeededRandom random(1);
    auto keys = crypto::ExchangeKeyPair::generate(random);
    for (const char* name :
         {"", "Noise", "Noise_XK", "Noise_XK_448_ChaChaPoly_SHA256", "Noise_XK_25519_AESGCM_SHA256",
          "Noise_XK_25519_ChaChaPoly_SHA512", "Noise_XY_25519_ChaChaPoly_SHA256",
          "Noise_XKpsk4_25519_ChaChaPoly_SHA256", "Noise_XKpskx_25519_ChaChaPoly_SHA256",
          "Noise_XKpsk_25519_ChaChaPoly_SHA256", "Noise_XK_25519_ChaChaPoly_SHA256_"}) {
        INFO(name);
        HandshakeParams params{name, Role::Initiator, {}, keys, keys.publicKey, {}};
        CHECK_FALSE(Handshake::create(params, random));
    }
    HandshakeParams params{std::string(transport::kProductSuite), Role::Initiator, {}, {}, {}, {}};
    CHECK_FALSE(Handshake::create(params, random));
    params.ownStatic = keys;
    CHECK_FALSE(Handshake::create(params, random));
    params.peerStatic = keys.publicKey;
    CHECK(Handshake::create(params, random));
    params.presharedKeys.emplace_back();
    CHECK_FALSE(Handshake::create(params, random));
}

TEST_CASE("noise: after a message that does not open the handshake is over") {
    Pair pair = makePair();
    Bytes message;
    REQUIRE(pair.initiator.writeMessage({}, message));
    Bytes bad = message;
    bad.back() ^= 1;
    Bytes payload;
    CHECK(pair.responder.readMessage(bad, payload).error().code == Code::BadSignature);
    CHECK_FALSE(pair.responder.readMessage(message, payload));
    CHECK_FALSE(pair.responder.isFinished());
    CHECK(payload.empty());
}

TEST_CASE("noise: messages out of turn, too short or too long are refused") {
    Pair pair = makePair();
    Bytes message;
    Bytes payload;
    SECTION("out of turn") {
        CHECK_FALSE(pair.responder.writeMessage({}, message));
    }
    SECTION("too short") {
        REQUIRE(pair.initiator.writeMessage({}, message));
        for (std::size_t size : {0UL, 31UL, 32UL, 47UL}) {
            Pair fresh = makePair();
            CHECK(
                fresh.responder.readMessage(ByteView(message).first(size), payload).error().code ==
                Code::Malformed);
        }
    }
    SECTION("too long to be written") {
        CHECK(pair.initiator.writeMessage(Bytes(65'535), message).error().code == Code::Limit);
        CHECK(message.empty());
    }
    SECTION("too long to be read") {
        CHECK(pair.responder.readMessage(Bytes(65'536), payload).error().code == Code::Limit);
    }
}

TEST_CASE("noise: both ends rekey to the same new key") {
    SeededRandom random(1);
    auto key = crypto::SecretKey::random(random);
    CipherState sender(key);
    CipherState receiver(key);
    CipherState stale(key);
    sender.rekey();
    Bytes sealed;
    REQUIRE(sender.encrypt({}, toBytes("x"), sealed));
    Bytes opened;
    CHECK_FALSE(stale.decrypt({}, sealed, opened));
    CHECK(stale.nonce() == 0);
    receiver.rekey();
    REQUIRE(receiver.decrypt({}, sealed, opened));
    CHECK(opened == toBytes("x"));
    CHECK(receiver.nonce() == 1);
}
