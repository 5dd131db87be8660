#include "ledger/watermark.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"
#include "base/limits.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using ledger::Watermark;
using test::SeededRandom;

namespace {

Watermark signedMark(SeededRandom& random, const crypto::SigningKey& key) {
    Watermark mark;
    mark.province = random.make<base::ProvinceId>();
    mark.time = 1'756'600'000'000;
    mark.charterVersion = 3;
    mark.dataBytes = 4096;
    mark.dataHash = random.make<base::Hash>();
    for (std::uint8_t i = 1; i <= 3; ++i)
        mark.ledgers.push_back({base::ScopeId{{i}}, i, 100U * i, random.make<base::Hash>()});
    mark.sign(key);
    return mark;
}

}  // namespace

TEST_CASE("watermark: what was signed is decoded and verifies under its own key only") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    const Watermark mark = signedMark(random, key);
    auto decoded = Watermark::decode(mark.encode());
    REQUIRE(decoded);
    CHECK(*decoded == mark);
    CHECK(decoded->verify(key.publicKey));
    CHECK_FALSE(decoded->verify(crypto::SigningKey::generate(random).publicKey));
    CHECK(mark.entries() == 600);
    Watermark empty;
    empty.sign(key);
    CHECK(Watermark::decode(empty.encode())->verify(key.publicKey));
}

TEST_CASE("watermark: every changed bit is refused") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    test::forEachBitFlip(signedMark(random, key).encode(), [&](ByteView bytes, std::size_t bit) {
        auto decoded = Watermark::decode(bytes);
        INFO("bit " << bit);
        CHECK_FALSE((decoded && decoded->verify(key.publicKey)));
    });
}

TEST_CASE(
    "watermark: ledgers out of order, twice, empty, too many, and other lengths are refused") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    Watermark mark = signedMark(random, key);
    auto refused = [](const Bytes& bytes) {
        auto decoded = Watermark::decode(bytes);
        REQUIRE_FALSE(decoded);
        return decoded.error().code;
    };
    const Bytes whole = mark.encode();
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(refused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))) ==
              Code::Malformed);
    Bytes longer = whole;
    longer.push_back(0);
    CHECK(refused(longer) == Code::Malformed);
    std::swap(mark.ledgers[0], mark.ledgers[1]);
    CHECK(refused(mark.encode()) == Code::Malformed);
    mark.ledgers[0] = mark.ledgers[1];
    CHECK(refused(mark.encode()) == Code::Malformed);
    mark = signedMark(random, key);
    mark.ledgers[2].size = 0;
    CHECK(refused(mark.encode()) == Code::Malformed);
    Bytes many;
    base::Writer w(many);
    w.u8(1).raw(Bytes(32 + 8 + 4 + 8 + 32)).varint(base::limits::kWatermarkLedgersMax + 1);
    CHECK(refused(many) == Code::Limit);
}
