#include "ledger/epoch.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"
#include "base/limits.h"
#include "ledger/merkle.h"
#include "ledger/record.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using ledger::EpochStatement;
using test::SeededRandom;

namespace {

EpochStatement signedStatement(SeededRandom& random, const crypto::SigningKey& key) {
    EpochStatement out;
    out.province = random.make<base::ProvinceId>();
    out.epoch = 3;
    out.previous = 2;
    out.time = 1'756'600'000'000;
    out.since = 1'756'500'000'000;
    out.sinceCharter = 1;
    out.charterVersion = 2;
    for (std::uint8_t i = 1; i <= 3; ++i)
        out.ledgers.push_back({base::ScopeId{{i}}, 100U * i, random.make<base::Hash>()});
    out.sign(key);
    return out;
}

/// Some leaves, and where each of them stands.
struct Tree {
    explicit Tree(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            const base::Hash entry = random.make<base::Hash>();
            const base::Hash root = random.make<base::Hash>();
            ledger::FormerPlace place;
            place.position = i;
            place.at = {1000 + i, 5, 1000 + i};
            place.directoryRoot = root;
            entries.push_back(entry);
            leaves.push_back(ledger::leafHash(entry, place.at, root));
            places.push_back(place);
        }
        for (std::size_t i = 0; i < size; ++i) {
            ledger::Head& head = places[i].head;
            head.province = province;
            head.scope = scope;
            head.size = size;
            head.root = ledger::merkleRoot<ledger::LedgerHash>(leaves);
            places[i].path = ledger::inclusionProof<ledger::LedgerHash>(leaves, i);
        }
    }
    SeededRandom random;
    base::ProvinceId province = random.make<base::ProvinceId>();
    base::ScopeId scope = random.make<base::ScopeId>();
    std::vector<base::Hash> entries, leaves;
    std::vector<ledger::FormerPlace> places;
};

}  // namespace

TEST_CASE("epoch: what was signed is decoded and verifies under its own key only") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    const EpochStatement statement = signedStatement(random, key);
    auto decoded = EpochStatement::decode(statement.encode());
    REQUIRE(decoded);
    CHECK(*decoded == statement);
    CHECK(decoded->verify(key.publicKey));
    CHECK_FALSE(decoded->verify(crypto::SigningKey::generate(random).publicKey));
}

TEST_CASE("epoch: every changed bit of a statement is refused") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    test::forEachBitFlip(signedStatement(random, key).encode(),
                         [&](ByteView bytes, std::size_t bit) {
                             auto decoded = EpochStatement::decode(bytes);
                             INFO("bit " << bit);
                             CHECK_FALSE((decoded && decoded->verify(key.publicKey)));
                         });
}

TEST_CASE("epoch: a statement out of order, too long, or of no later epoch is refused") {
    SeededRandom random;
    auto key = crypto::SigningKey::generate(random);
    EpochStatement statement = signedStatement(random, key);
    auto refused = [](const Bytes& bytes, Code code = Code::Malformed) {
        auto decoded = EpochStatement::decode(bytes);
        REQUIRE_FALSE(decoded);
        CHECK(decoded.error().code == code);
    };
    Bytes longer = statement.encode();
    longer.push_back(0);
    refused(longer);
    refused({});
    refused(Bytes(longer.begin(), longer.begin() + 60));
    SECTION("order") {
        std::swap(statement.ledgers[0], statement.ledgers[1]);
        refused(statement.encode());
    }
    SECTION("twice") {
        statement.ledgers[1] = statement.ledgers[0];
        refused(statement.encode());
    }
    SECTION("empty ledger") {
        statement.ledgers[1].size = 0;
        refused(statement.encode());
    }
    SECTION("no later epoch") {
        statement.previous = statement.epoch;
        refused(statement.encode());
    }
    SECTION("an epoch that was left out") {
        statement.epoch += 1;
        refused(statement.encode());
    }
    SECTION("the first, which nothing begins") {
        statement.epoch = 0;
        statement.previous = UINT32_MAX;
        refused(statement.encode());
    }
    SECTION("too many") {
        statement.ledgers.clear();
        for (std::uint32_t i = 0; i <= base::limits::kWatermarkLedgersMax; ++i) {
            Bytes scope(16);
            scope[0] = static_cast<std::uint8_t>(i >> 16);
            scope[1] = static_cast<std::uint8_t>(i >> 8);
            scope[2] = static_cast<std::uint8_t>(i);
            statement.ledgers.push_back({base::ScopeId::from(scope), 1, {}});
        }
        refused(statement.encode(), Code::Limit);
    }
}

TEST_CASE("former place: it holds for its own entry, its own ledger and every bit of it") {
    for (std::size_t size : {1, 2, 7, 8, 33}) {
        Tree tree(size);
        for (std::size_t i = 0; i < size; ++i) {
            const ledger::FormerPlace& place = tree.places[i];
            REQUIRE(place.holds(tree.province, tree.scope, tree.entries[i]));
            CHECK_FALSE(place.holds({}, tree.scope, tree.entries[i]));
            CHECK_FALSE(place.holds(tree.province, {}, tree.entries[i]));
            if (size > 1)
                CHECK_FALSE(place.holds(tree.province, tree.scope, tree.entries[(i + 1) % size]));
            auto decoded = ledger::FormerPlace::decode(place.encode());
            REQUIRE(decoded);
            CHECK(*decoded == place);
        }
    }
    Tree tree(8);
    test::forEachBitFlip(tree.places[5].encode(), [&](ByteView bytes, std::size_t bit) {
        auto place = ledger::FormerPlace::decode(bytes);
        INFO("bit " << bit);
        if (!place || place->head != tree.places[5].head) return;  // under the head's signature
        CHECK_FALSE(place->holds(tree.province, tree.scope, tree.entries[5]));
    });
}

TEST_CASE("former place: paths behind a frontier are those of the whole tree") {
    Tree tree(40);
    for (std::size_t first : {1, 2, 3, 8, 21, 32, 39}) {
        ledger::Frontier before;
        for (std::size_t i = 0; i < first; ++i) before.append(tree.leaves[i]);
        ledger::AuditPaths paths(before);
        for (std::size_t i = first; i < 40; ++i) {
            paths.want(i);
            paths.append(tree.leaves[i]);
        }
        auto all = paths.paths();
        for (std::size_t i = first; i < 40; ++i) {
            REQUIRE(all[i - first] == tree.places[i].path);
            REQUIRE(paths.path(i - first) == all[i - first]);
        }
    }
}
