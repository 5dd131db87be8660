// Noise handshakes against the vectors of the cacophony and snow projects: 58 protocols, message by
// message.

#include "transport/noise.h"

#include <catch2/catch.hpp>
#include "vector_files.h"

using base::Bytes;
using base::ByteView;
using transport::Handshake;
using transport::HandshakeParams;
using transport::Role;
using vectors::Json;

namespace {

/// The ephemeral key that a vector prescribes.
class FixedRandom final : public base::Random {
public:
    explicit FixedRandom(Bytes bytes) : m_bytes(std::move(bytes)) { m_bytes.resize(32); }
    void fill(std::span<std::uint8_t> out) override {
        REQUIRE(out.size() == m_bytes.size());
        std::copy(m_bytes.begin(), m_bytes.end(), out.begin());
    }

private:
    Bytes m_bytes;
};

Handshake makeSide(const Json& vector, Role role) {
    std::string prefix = role == Role::Initiator ? "init_" : "resp_";
    auto member = [&](const char* name) { return vectors::hex(vector, (prefix + name).c_str()); };
    HandshakeParams params;
    params.protocolName = vector.at("protocol_name").get<std::string>();
    params.role = role;
    params.prologue = member("prologue");
    if (Bytes secret = member("static"); !secret.empty()) {
        params.ownStatic = crypto::ExchangeKeyPair::fromSecret(crypto::SecretKey::from(secret));
    }
    if (Bytes peer = member("remote_static"); !peer.empty()) {
        params.peerStatic = base::ExchangeKey::from(peer);
    }
    if (auto keys = vector.find(prefix + "psks"); keys != vector.end()) {
        for (const Json& key : *keys) {
            params.presharedKeys.push_back(
                crypto::SecretKey::from(*base::fromHex(key.get<std::string>())));
        }
    }
    FixedRandom random(member("ephemeral"));
    auto handshake = Handshake::create(params, random);
    REQUIRE(handshake);
    return std::move(*handshake);
}

void checkVector(const Json& vector) {
    Handshake initiator = makeSide(vector, Role::Initiator);
    Handshake responder = makeSide(vector, Role::Responder);
    std::optional<transport::TransportKeys> initiatorKeys;
    std::optional<transport::TransportKeys> responderKeys;
    bool oneWay = false;
    std::size_t turn = 0;

    for (const Json& message : vector.at("messages")) {
        Bytes payload = vectors::hex(message, "payload");
        Bytes expected = vectors::hex(message, "ciphertext");
        Bytes written;
        Bytes read;
        bool fromInitiator = turn % 2 == 0 || oneWay;
        if (!initiatorKeys) {
            Handshake& writer = fromInitiator ? initiator : responder;
            Handshake& reader = fromInitiator ? responder : initiator;
            REQUIRE(writer.writeMessage(payload, written));
            REQUIRE(reader.readMessage(written, read));
            if (initiator.isFinished()) {
                REQUIRE(responder.isFinished());
                oneWay = turn == 0;
                initiatorKeys.emplace(initiator.split());
                responderKeys.emplace(responder.split());
            }
        } else {
            auto& writer = fromInitiator ? initiatorKeys->send : responderKeys->send;
            auto& reader = fromInitiator ? responderKeys->receive : initiatorKeys->receive;
            REQUIRE(writer.encrypt({}, payload, written));
            REQUIRE(reader.decrypt({}, written, read));
        }
        CHECK(written == expected);
        CHECK(read == payload);
        ++turn;
    }

    REQUIRE(initiatorKeys);
    Bytes hash = vectors::hex(vector, "handshake_hash");
    if (!hash.empty()) {
        CHECK(base::copy(initiator.handshakeHash()) == hash);
        CHECK(base::copy(responder.handshakeHash()) == hash);
    }
}

void checkFile(const std::string& file, std::size_t expectedCount) {
    auto json = vectors::load(file, "Noise vectors of " + file);
    if (!json) return;
    const Json& list = json->at("vectors");
    CHECK(list.size() == expectedCount);
    for (const Json& vector : list) {
        INFO(vector.at("source").get<std::string>());
        INFO(vector.at("protocol_name").get<std::string>());
        checkVector(vector);
    }
}

}  // namespace

TEST_CASE("noise: the interactive vectors with SHA256 hold") {
    checkFile("noise-interactive-sha256.json", 8);
}
TEST_CASE("noise: the interactive vectors with BLAKE2b hold") {
    checkFile("noise-interactive-blake2b.json", 8);
}
TEST_CASE("noise: the one-way vectors with SHA256 hold") {
    checkFile("noise-oneway-sha256.json", 9);
}
TEST_CASE("noise: the one-way vectors with BLAKE2b hold") {
    checkFile("noise-oneway-blake2b.json", 9);
}
TEST_CASE("noise: the pre-shared key vectors with SHA256 hold") {
    checkFile("noise-psk-sha256.json", 12);
}
TEST_CASE("noise: the pre-shared key vectors with BLAKE2b hold") {
    checkFile("noise-psk-blake2b.json", 12);
}
