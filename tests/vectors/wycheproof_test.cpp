// Project Wycheproof's vectors for the primitives that the product uses.

#include <sodium.h>
#include <catch2/catch.hpp>
#include "crypto/crypto.h"
#include "vector_files.h"

using base::Bytes;
using base::ByteView;
using vectors::Json;

namespace {

/// Calls `check(group, test)` for each test of a file.
template <class Check>
void forEach(const std::string& file, Check check) {
    auto json = vectors::load("wycheproof/" + file, "Wycheproof " + file);
    if (!json) return;
    std::size_t count = 0;
    for (const Json& group : json->at("testGroups")) {
        for (const Json& test : group.at("tests")) {
            INFO(file << " case " << test.at("tcId").get<int>() << ": "
                      << test.at("comment").get<std::string>());
            check(group, test);
            ++count;
        }
    }
    CHECK(count == json->at("numberOfTests").get<std::size_t>());
}

bool isValid(const Json& test) {
    return test.at("result") == "valid";
}

Bytes join(const Bytes& a, const Bytes& b) {
    Bytes joined = a;
    joined.insert(joined.end(), b.begin(), b.end());
    return joined;
}

}  // namespace

TEST_CASE("wycheproof: Ed25519 accepts what is valid and nothing else") {
    forEach("ed25519_test.json", [](const Json& group, const Json& test) {
        Bytes key = vectors::hex(group.at("publicKey"), "pk");
        Bytes message = vectors::hex(test, "msg");
        Bytes signature = vectors::hex(test, "sig");
        // Another length has no place in a base::Signature.
        bool accepted = signature.size() == base::Signature::kSize &&
                        crypto_sign_verify_detached(signature.data(), message.data(),
                                                    message.size(), key.data()) == 0;
        CHECK(accepted == isValid(test));
    });
}

TEST_CASE("wycheproof: X25519 agrees, and refuses a shared secret of zeros") {
    forEach("x25519_test.json", [](const Json&, const Json& test) {
        auto secret = crypto::SecretKey::from(vectors::hex(test, "private"));
        auto peer = base::ExchangeKey::from(vectors::hex(test, "public"));
        auto expected = base::Hash::from(vectors::hex(test, "shared"));
        auto shared = crypto::exchange(secret, peer);
        REQUIRE(shared.has_value() == !expected.isZero());
        if (shared) CHECK(base::copy(shared->view()) == base::copy(expected.view()));
    });
}

TEST_CASE("wycheproof: ChaCha20-Poly1305 seals and opens as prescribed") {
    forEach("chacha20_poly1305_test.json", [](const Json& group, const Json& test) {
        if (group.at("ivSize") != 96) return;  // crypto::seal takes 12 bytes only
        Bytes key = vectors::hex(test, "key");
        Bytes nonce = vectors::hex(test, "iv");
        Bytes ad = vectors::hex(test, "aad");
        Bytes plain = vectors::hex(test, "msg");
        Bytes sealed = join(vectors::hex(test, "ct"), vectors::hex(test, "tag"));
        Bytes opened;
        REQUIRE(crypto::open(key, nonce, ad, sealed, opened) == isValid(test));
        CHECK(opened == (isValid(test) ? plain : Bytes{}));
        if (isValid(test)) {
            Bytes written;
            crypto::seal(key, nonce, ad, plain, written);
            CHECK(written == sealed);
        }
    });
}

TEST_CASE("wycheproof: XChaCha20-Poly1305 opens what is valid and nothing else") {
    forEach("xchacha20_poly1305_test.json", [](const Json& group, const Json& test) {
        if (group.at("ivSize") != 192) return;
        Bytes sealed = join(join(vectors::hex(test, "iv"), vectors::hex(test, "ct")),
                            vectors::hex(test, "tag"));
        Bytes opened;
        REQUIRE(crypto::openX(vectors::hex(test, "key"), vectors::hex(test, "aad"), sealed,
                              opened) == isValid(test));
        CHECK(opened == (isValid(test) ? vectors::hex(test, "msg") : Bytes{}));
    });
}

TEST_CASE("wycheproof: HMAC-SHA256 agrees, truncated tags included") {
    forEach("hmac_sha256_test.json", [](const Json& group, const Json& test) {
        auto mac = crypto::hmacSha256(vectors::hex(test, "key"), {vectors::hex(test, "msg")});
        auto size = group.at("tagSize").get<std::size_t>() / 8;
        bool same = crypto::equalConstantTime(ByteView(mac).first(size), vectors::hex(test, "tag"));
        CHECK(same == isValid(test));
    });
}

TEST_CASE("wycheproof: HKDF-SHA256 agrees") {
    forEach("hkdf_sha256_test.json", [](const Json&, const Json& test) {
        auto size = test.at("size").get<std::size_t>();
        // More than 255 blocks is against the contract of hkdfSha256, and the only way to be
        // invalid here.
        if (size > std::size_t{255} * 32) {
            CHECK_FALSE(isValid(test));
            return;
        }
        REQUIRE(isValid(test));
        CHECK(crypto::hkdfSha256(vectors::hex(test, "ikm"), vectors::hex(test, "salt"),
                                 vectors::hex(test, "info"), size) == vectors::hex(test, "okm"));
    });
}
