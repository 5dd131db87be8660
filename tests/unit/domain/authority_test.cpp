#include "domain/authority.h"
#include <catch2/catch.hpp>
#include "base/limits.h"
#include "province.h"

using crypto::Context;
using domain::Authority;
using domain::Change;
using domain::SignedAuthoritySet;
using domain::SignedCharter;
using test::Province;

namespace {

using Keys = std::vector<crypto::SigningKey>;

std::vector<base::Signature> signaturesOf(const Keys& keys, base::ByteView body) {
    std::vector<base::Signature> out;
    for (const auto& key : keys) out.push_back(crypto::sign(key, Context::Charter, body));
    return out;
}

SignedCharter charter(Province& p, std::uint32_t version, const Keys& keys,
                      std::size_t bodyBytes = 40) {
    SignedCharter out;
    out.content = {base::copy(p.id.view()), version, p.random.make<base::ExchangeKey>(),
                   p.random.make<base::PublicKey>()};
    out.body = p.random.bytes(bodyBytes);
    out.signatures = signaturesOf(keys, out.body);
    return out;
}

SignedAuthoritySet set(Province& p, std::uint32_t version, const Keys& next, std::uint8_t threshold,
                       const Keys& keys) {
    SignedAuthoritySet out;
    out.content = {base::copy(p.id.view()), version, {}, threshold};
    for (const auto& key : next) out.content.keys.push_back(key.publicKey);
    out.body = p.random.bytes(50);
    out.signatures = signaturesOf(keys, out.body);
    return out;
}

Keys newKeys(Province& p, std::size_t count) {
    Keys out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(crypto::SigningKey::generate(p.random));
    return out;
}

}  // namespace

TEST_CASE("authority: each change is signed by enough of the keys before it, in turn") {
    Province p;  // 2 of 3
    Authority a;
    CHECK(a.apply(charter(p, 2, p.authority)));  // before genesis
    REQUIRE_FALSE(a.apply(p.genesis));
    CHECK(a.apply(p.genesis));
    CHECK(a.version() == 1);
    const Keys two(p.authority.begin(), p.authority.begin() + 2);
    const Keys one(p.authority.begin(), p.authority.begin() + 1);
    CHECK(a.apply(charter(p, 2, one)));
    CHECK(a.apply(charter(p, 2, {one[0], one[0]})));  // twice the same key is one
    CHECK(a.apply(charter(p, 3, two)));
    CHECK(a.apply(charter(p, 1, two)));
    const SignedCharter second = charter(p, 2, two);
    REQUIRE_FALSE(a.apply(second));
    CHECK(a.apply(second));
    const Keys successors = newKeys(p, 2);
    CHECK(a.apply(set(p, 3, successors, 1, one)));
    CHECK(a.apply(set(p, 3, successors, 3, two)));
    CHECK(a.apply(set(p, 3, {}, 0, two)));
    REQUIRE_FALSE(a.apply(set(p, 3, successors, 1, two)));
    CHECK(a.apply(charter(p, 4, two)));  // they have no say any more
    const SignedCharter fourth = charter(p, 4, {successors[1]});
    REQUIRE_FALSE(a.apply(fourth));
    CHECK(a.version() == 4);
    CHECK(a.charter() == fourth.content);
    CHECK(a.charterVersion(3) == nullptr);
    CHECK(a.charterVersion(2)->headKey == second.content.headKey);
    CHECK(a.hasNamed(second.content.noiseKey));
    CHECK_FALSE(a.hasNamed(p.random.make<base::ExchangeKey>()));
    CHECK(a.hasReplaced(p.headKey.publicKey, 2));
    CHECK_FALSE(a.hasReplaced(p.headKey.publicKey, 1));
    CHECK(a.hasReplaced(second.content.headKey, 4));
    CHECK_FALSE(a.hasReplaced(second.content.headKey, 2));
    CHECK_FALSE(a.hasReplaced(fourth.content.headKey, 4));
    CHECK_FALSE(a.hasReplaced(p.random.make<base::PublicKey>(), 4));  // of a charter that was lost
    Change foreign = charter(p, 5, successors);
    std::get<SignedCharter>(foreign).content.province = base::Bytes(32, 9);
    CHECK(a.apply(foreign));
    CHECK(a.apply(domain::RuleSet{"grant", "automatic"}));
}

TEST_CASE("authority: what is new is told in pieces that a message holds, and builds the same") {
    Province p(1, 1);
    Authority a;
    REQUIRE_FALSE(a.apply(p.genesis));
    for (std::uint32_t version = 2; version <= 60; ++version)
        REQUIRE_FALSE(a.apply(charter(p, version, p.authority, 16 * 1024)));
    Authority b;
    std::uint32_t last = 0;
    std::size_t pieces = 0;
    while (last < a.version()) {
        const std::uint32_t before = last;
        auto changes = a.changesAfter(last, last);
        REQUIRE(last > before);
        CHECK(changes.size() == last - before);
        CHECK(changes.size() * 16 * 1024 <=
              base::limits::kBatchBytesMax + base::limits::kSignedBytesMax);
        for (const Change& change : changes) REQUIRE_FALSE(b.apply(change));
        ++pieces;
    }
    CHECK(pieces > 3);
    CHECK(b.version() == a.version());
    CHECK(b.charter() == a.charter());
    CHECK(a.changesAfter(a.version(), last).empty());
    CHECK(a.changesAfter(1000, last).empty());
    CHECK(last == 1000);
}
