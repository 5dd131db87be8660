#include "crypto/crypto.h"

#include <sodium.h>
#include <catch2/catch.hpp>
#include <set>

#include "../base/seeded_random.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using crypto::Context;
using test::SeededRandom;

namespace {

ByteView view(std::string_view text) {
    return base::view(text);
}

constexpr std::array<Context, 9> kContexts{Context::Genesis, Context::Charter,   Context::Seal,
                                           Context::Enrol,   Context::Statement, Context::Head,
                                           Context::Epoch,   Context::Watermark, Context::Bundle};

}  // namespace

TEST_CASE("crypto: libsodium starts, twice too") {
    CHECK(crypto::initialise());
    CHECK(crypto::initialise());
}

TEST_CASE("hash: an empty tag is plain BLAKE2b-256") {
    CHECK(crypto::hash("", {}).hex() ==
          "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    CHECK(crypto::hash("", {view("abc")}).hex() ==
          "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST_CASE("hash: the tag is the personalisation, padded with zeros") {
    Bytes personal(16);
    std::copy_n("ts-entry", 8, personal.begin());
    base::Hash expected;
    crypto_generichash_blake2b_salt_personal(expected.data.data(), 32, nullptr, 0, nullptr, 0,
                                             nullptr, personal.data());
    CHECK(crypto::hash("ts-entry", {}) == expected);
    CHECK(crypto::hash("ts-link", {}) != expected);
}

TEST_CASE("hash: parts are concatenated, integers are little-endian") {
    CHECK(crypto::hash("t", {view("ab"), {}, view("c")}) == crypto::hash("t", {view("abc")}));
    crypto::Hasher hasher("t");
    hasher.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f);
    Bytes same{1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8};
    CHECK(hasher.finish() == crypto::hash("t", {same}));
}

TEST_CASE("hash: keyed hashes are libsodium's, and depend on the key") {
    SeededRandom random;
    Bytes key = random.bytes(32);
    Bytes text = random.bytes(100);
    base::Hash short_;
    Bytes long_(64);
    crypto_generichash(short_.data.data(), 32, text.data(), text.size(), key.data(), key.size());
    crypto_generichash(long_.data(), 64, text.data(), text.size(), key.data(), key.size());
    ByteView all = text;
    CHECK(crypto::keyedHash(key, {all.first(40), all.subspan(40)}) == short_);
    CHECK(base::copy(crypto::keyedHash64(key, {all}).view()) == long_);
    key[0] ^= 1;
    CHECK(crypto::keyedHash(key, {all}) != short_);
}

TEST_CASE("hkdf: the first case of RFC 5869 holds") {
    Bytes secret(22, 0x0b);
    CHECK(base::toHex(crypto::hkdfSha256(secret, *base::fromHex("000102030405060708090a0b0c"),
                                         *base::fromHex("f0f1f2f3f4f5f6f7f8f9"), 42)) ==
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    CHECK(crypto::hkdfSha256(secret, {}, {}, 255 * 32).size() == 255 * 32);
    CHECK(crypto::hkdfSha256(secret, {}, {}, 0).empty());
}

TEST_CASE("sign: the signed bytes are product, context, length and body") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    auto signature = crypto::sign(key, Context::Head, view("body"));
    Bytes message{9};
    for (char c : std::string_view("thongsuot")) message.push_back(static_cast<std::uint8_t>(c));
    base::Writer(message).u8(4).raw(view("head")).u32(4).raw(view("body"));
    CHECK(crypto_sign_verify_detached(signature.data.data(), message.data(), message.size(),
                                      key.publicKey.data.data()) == 0);
}

TEST_CASE("sign: no signature verifies in another context, for another body or key") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    auto other = crypto::SigningKey::generate(random);
    std::set<std::string_view> names;
    for (Context made : kContexts) {
        names.insert(crypto::contextName(made));
        auto signature = crypto::sign(key, made, view("body"));
        for (Context checked : kContexts) {
            CHECK(crypto::verify(key.publicKey, checked, view("body"), signature) ==
                  (made == checked));
        }
        CHECK_FALSE(crypto::verify(key.publicKey, made, view("bodz"), signature));
        CHECK_FALSE(crypto::verify(other.publicKey, made, view("body"), signature));
        signature.data[40] ^= 1;
        CHECK_FALSE(crypto::verify(key.publicKey, made, view("body"), signature));
    }
    CHECK(names.size() == kContexts.size());
}

TEST_CASE("sign: a key from a seed is always the same, and is a valid point") {
    SeededRandom random;
    auto seed = crypto::SecretKey::random(random);
    auto key = crypto::SigningKey::fromSeed(seed);
    CHECK(crypto::SigningKey::fromSeed(seed).publicKey == key.publicKey);
    CHECK(crypto::isValidPublicKey(key.publicKey));
    CHECK_FALSE(crypto::isValidPublicKey({}));
    base::PublicKey identity;
    identity.data[0] = 1;
    CHECK_FALSE(crypto::isValidPublicKey(identity));
}

TEST_CASE("exchange: both sides agree, a key of zeros is refused") {
    SeededRandom random;
    auto a = crypto::ExchangeKeyPair::generate(random);
    auto b = crypto::ExchangeKeyPair::generate(random);
    auto ab = crypto::exchange(a.secret, b.publicKey);
    auto ba = crypto::exchange(b.secret, a.publicKey);
    REQUIRE(ab);
    REQUIRE(ba);
    CHECK(crypto::equalConstantTime(ab->view(), ba->view()));
    auto refused = crypto::exchange(a.secret, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::BadSignature);
}

TEST_CASE("seal: what is sealed opens, and no changed byte does") {
    SeededRandom random;
    Bytes key = random.bytes(32);
    Bytes nonce = random.bytes(12);
    for (std::size_t size : {0UL, 1UL, 1000UL}) {
        Bytes plain = random.bytes(size);
        Bytes out = {7, 7};
        crypto::seal(key, nonce, view("ad"), plain, out);
        REQUIRE(out.size() == 2 + size + crypto::kTagBytes);
        Bytes sealed(out.begin() + 2, out.end());
        Bytes opened = {9};
        REQUIRE(crypto::open(key, nonce, view("ad"), sealed, opened));
        CHECK(Bytes(opened.begin() + 1, opened.end()) == plain);
        for (std::size_t at = 0; at < sealed.size(); ++at) {
            sealed[at] ^= 1;
            Bytes untouched = {9};
            CHECK_FALSE(crypto::open(key, nonce, view("ad"), sealed, untouched));
            CHECK(untouched == Bytes{9});
            sealed[at] ^= 1;
        }
        CHECK_FALSE(crypto::open(key, nonce, view("ae"), sealed, opened));
        CHECK_FALSE(crypto::open(key, nonce, view("ad"), ByteView(sealed).first(15), opened));
    }
}

TEST_CASE("sealX: what is sealed opens, and no changed byte does; nonces differ") {
    SeededRandom random;
    Bytes key = random.bytes(32);
    Bytes plain = random.bytes(100);
    Bytes sealed;
    crypto::sealX(key, random, view("ad"), plain, sealed);
    CHECK(sealed.size() == crypto::kXNonceBytes + plain.size() + crypto::kTagBytes);
    Bytes again;
    crypto::sealX(key, random, view("ad"), plain, again);
    CHECK(sealed != again);
    Bytes opened;
    REQUIRE(crypto::openX(key, view("ad"), sealed, opened));
    CHECK(opened == plain);
    for (std::uint8_t& byte : sealed) {
        byte ^= 0x80;
        CHECK_FALSE(crypto::openX(key, view("ad"), sealed, opened));
        byte ^= 0x80;
    }
    CHECK(opened == plain);
    CHECK_FALSE(crypto::openX(key, view("ad"), ByteView(sealed).first(39), opened));
}

TEST_CASE("box: the format is libsodium's, in both directions") {
    SeededRandom random;
    auto key = crypto::ExchangeKeyPair::generate(random);
    for (std::size_t size : {0UL, 1UL, 500UL}) {
        Bytes plain = random.bytes(size);
        auto ours = crypto::boxSeal(random, key.publicKey, plain);
        REQUIRE(ours);
        REQUIRE(ours->size() == size + crypto::kBoxOverheadBytes);
        Bytes opened(size + 1);
        REQUIRE(crypto_box_seal_open(opened.data(), ours->data(), ours->size(),
                                     key.publicKey.data.data(), key.secret.view().data()) == 0);
        opened.pop_back();
        CHECK(opened == plain);

        Bytes theirs(size + crypto::kBoxOverheadBytes);
        crypto_box_seal(theirs.data(), plain.data(), size, key.publicKey.data.data());
        auto read = crypto::boxOpen(key, theirs);
        REQUIRE(read);
        CHECK(*read == plain);
    }
}

TEST_CASE("box: the same seed gives the same bytes, another key does not open them") {
    SeededRandom first(4);
    SeededRandom second(4);
    auto key = crypto::ExchangeKeyPair::generate(first);
    auto same = crypto::ExchangeKeyPair::generate(second);
    auto a = crypto::boxSeal(first, key.publicKey, view("x"));
    auto b = crypto::boxSeal(second, same.publicKey, view("x"));
    REQUIRE(a);
    CHECK(*a == *b);
    auto other = crypto::ExchangeKeyPair::generate(first);
    CHECK(crypto::boxOpen(other, *a).error().code == Code::BadSignature);
    CHECK(crypto::boxOpen(key, ByteView(*a).first(47)).error().code == Code::Malformed);
    CHECK_FALSE(crypto::boxSeal(first, {}, view("x")));
}

TEST_CASE("stretch: it is Argon2id, and its parameters are checked") {
    Bytes salt(16, 3);
    auto key = crypto::stretch("mật khẩu", salt, 1, 8 * 1024 * 1024);
    REQUIRE(key);
    Bytes expected(32);
    std::string_view passphrase = "mật khẩu";
    REQUIRE(crypto_pwhash(expected.data(), expected.size(), passphrase.data(), passphrase.size(),
                          salt.data(), 1, 8 * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0);
    CHECK(base::copy(key->view()) == expected);
    CHECK(crypto::stretch("x", salt, 0, 8 * 1024 * 1024).error().code == Code::Limit);
    CHECK(crypto::stretch("x", salt, 1, 1024).error().code == Code::Limit);
}

TEST_CASE("random: the system's randomness does not repeat") {
    crypto::SystemRandom random;
    CHECK(random.make<base::Hash>() != random.make<base::Hash>());
    random.fill({});
}

TEST_CASE("constant-time comparison: equal means same length and bytes") {
    CHECK(crypto::equalConstantTime({}, {}));
    CHECK(crypto::equalConstantTime(view("ab"), view("ab")));
    CHECK_FALSE(crypto::equalConstantTime(view("ab"), view("ac")));
    CHECK_FALSE(crypto::equalConstantTime(view("ab"), view("a")));
}
