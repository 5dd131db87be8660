#include "domain/names.h"
#include <catch2/catch.hpp>
#include <set>
#include "../base/seeded_random.h"
#include "domain/change.h"
#include "domain/fields.h"

using test::SeededRandom;

TEST_CASE("names: ids of equal things are equal, of different things different") {
    SeededRandom random;
    auto province = random.make<base::ProvinceId>();
    auto other = random.make<base::ProvinceId>();
    auto key = random.make<base::PublicKey>();
    CHECK((domain::deviceIdOf(province, key) == domain::deviceIdOf(province, key)));
    CHECK((domain::deviceIdOf(province, key) != domain::deviceIdOf(other, key)));
    CHECK((domain::scopeIdOf(province, "") == domain::directoryScope(province)));
    CHECK((domain::scopeIdOf(province, "X01") != domain::scopeIdOf(province, "X02")));
    CHECK((domain::scopeIdOf(province, "X01") != domain::scopeIdOf(other, "X01")));
    base::Hash full = crypto::hash("ts-scope", {province.view(), base::view("X01")});
    CHECK((domain::scopeIdOf(province, "X01") == base::ScopeId::from(full.view())));
}

TEST_CASE("names: a task is named by document, content and occurrence, without running together") {
    std::set<base::ObjectId> ids;
    for (const char* document : {"247/TB/VPCP", "24"}) {
        for (const char* content : {"ra soat", "7/TB/VPCPra soat", ""}) {
            for (std::uint32_t occurrence : {0U, 1U, 256U}) {
                ids.insert(domain::taskIdOf(document, content, occurrence));
            }
        }
    }
    CHECK(ids.size() == 18);
    CHECK((domain::documentIdOf("247/TB/VPCP") == domain::documentIdOf("247/TB/VPCP")));
    base::Hash entry = crypto::hash("", {base::view("an entry")});
    CHECK((domain::noteIdOf(entry, 0) != domain::noteIdOf(entry, 1)));
}

TEST_CASE("names: fingerprint words are six syllables and depend on 48 bits") {
    base::Hash hash;
    CHECK(domain::fingerprintWords(hash) == "ba ba ba ba ba ba");
    hash.data = {0x3F, 0xF4, 0x00, 0x1B, 0xC2, 0x59};
    CHECK(domain::fingerprintWords(hash) == "đung xâm ba cho tang hi");
    base::Hash later = hash;
    later.data[6] = 1;
    CHECK(domain::fingerprintWords(later) == domain::fingerprintWords(hash));
}

TEST_CASE("names: the authority's fingerprint does not depend on the keys' order") {
    SeededRandom random(2);
    auto a = random.make<base::PublicKey>();
    auto b = random.make<base::PublicKey>();
    CHECK((domain::authorityFingerprint(2, {a, b}) == domain::authorityFingerprint(2, {b, a})));
    CHECK((domain::authorityFingerprint(1, {a, b}) != domain::authorityFingerprint(2, {a, b})));
    CHECK((domain::authorityFingerprint(1, {a}) != domain::authorityFingerprint(1, {a, b})));
}

TEST_CASE("names: every role has a name that names it") {
    domain::Roles all = 0;
    for (const std::string& name : domain::roleNames(0x7F)) {
        auto role = domain::roleFromName(name);
        REQUIRE(role);
        all = static_cast<domain::Roles>(all | *role);
    }
    CHECK(all == 0x7F);
    CHECK(domain::roleNames(0x80).empty());
    CHECK_FALSE(domain::roleFromName("king"));
}

TEST_CASE("fields: no field has two descriptions, and an unknown one has none") {
    std::set<std::uint16_t> known;
    for (unsigned i = 0; i < 200; ++i) {
        auto* info = domain::infoOf(static_cast<domain::Field>(i));
        if (info == nullptr) continue;
        CHECK(static_cast<unsigned>(info->field) == i);
        known.insert(static_cast<std::uint16_t>(i));
    }
    CHECK(known.size() == 33);
    CHECK(domain::infoOf(static_cast<domain::Field>(60'000)) == nullptr);
}
