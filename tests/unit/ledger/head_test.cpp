#include "ledger/head.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"

using base::Bytes;
using base::ByteView;
using ledger::Head;
using test::SeededRandom;

namespace {

Head signedHead(SeededRandom& random, const crypto::SigningKey& key) {
    Head head{random.make<base::ProvinceId>(),
              random.make<base::ScopeId>(),
              2,
              1000,
              random.make<base::Hash>(),
              1'756'600'000'000,
              3,
              {}};
    head.sign(key);
    return head;
}

}  // namespace

TEST_CASE("head: what was signed is decoded and verifies under its own key only") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    auto other = crypto::SigningKey::generate(random);
    Head head = signedHead(random, key);
    Bytes bytes = head.encode();
    CHECK(bytes.size() == ledger::kHeadBytes);
    auto read = Head::decode(bytes);
    REQUIRE(read);
    CHECK((*read == head));
    CHECK(read->verify(key.publicKey));
    CHECK_FALSE(read->verify(other.publicKey));
    Bytes body(bytes.begin(), bytes.end() - 64);
    read->signature = crypto::sign(key, crypto::Context::Seal, body);
    CHECK_FALSE(read->verify(key.publicKey));
}

TEST_CASE("head: no single changed bit and no cut passes") {
    SeededRandom random(2);
    auto key = crypto::SigningKey::generate(random);
    Bytes bytes = signedHead(random, key).encode();
    test::forEachBitFlip(bytes, [&](const Bytes& changed, std::size_t bit) {
        INFO("bit " << bit);
        auto head = Head::decode(changed);
        CHECK_FALSE((head && head->verify(key.publicKey)));
    });
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(Head::decode(ByteView(bytes).first(size)));
    }
    bytes.push_back(0);
    CHECK_FALSE(Head::decode(bytes));
}
