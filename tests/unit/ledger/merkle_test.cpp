#include "ledger/merkle.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"

using base::Bytes;
using base::Hash;
using ledger::Frontier;
using ledger::LedgerHash;
using Leaves = std::span<const Hash>;

namespace {

std::vector<Hash> makeLeaves(std::size_t count) {
    test::SeededRandom random(count + 1);
    std::vector<Hash> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.push_back(random.make<Hash>());
    return leaves;
}

/// The definition of RFC 6962, 2.1, written down as it stands there.
Hash rootByDefinition(Leaves leaves) {
    if (leaves.empty()) return LedgerHash::empty();
    if (leaves.size() == 1) return leaves[0];
    std::size_t k = 1;
    while (2 * k < leaves.size()) k *= 2;
    return LedgerHash::node(rootByDefinition(leaves.first(k)), rootByDefinition(leaves.subspan(k)));
}

/// SUBPROOF(m, D[n], whole) of RFC 6962, 2.1.2.
std::vector<Hash> consistencyProof(std::size_t m, Leaves leaves, bool whole) {
    if (m == leaves.size())
        return whole ? std::vector<Hash>() : std::vector<Hash>{rootByDefinition(leaves)};
    std::size_t k = 1;
    while (2 * k < leaves.size()) k *= 2;
    bool low = m <= k;
    auto proof = low ? consistencyProof(m, leaves.first(k), whole)
                     : consistencyProof(m - k, leaves.subspan(k), false);
    proof.push_back(rootByDefinition(low ? leaves.subspan(k) : leaves.first(k)));
    return proof;
}

void checkAllProofs(Leaves leaves) {
    Hash root = rootByDefinition(leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        auto proof = ledger::inclusionProof<LedgerHash>(leaves, i);
        REQUIRE(ledger::verifyInclusion<LedgerHash>(leaves[i], i, leaves.size(), root, proof));
        REQUIRE_FALSE(
            ledger::verifyInclusion<LedgerHash>(leaves[i], i + 1, leaves.size(), root, proof));
        REQUIRE_FALSE(ledger::verifyInclusion<LedgerHash>(LedgerHash::empty(), i, leaves.size(),
                                                          root, proof));
        proof.push_back(root);
        REQUIRE_FALSE(
            ledger::verifyInclusion<LedgerHash>(leaves[i], i, leaves.size(), root, proof));
        proof.pop_back();
        if (proof.empty()) continue;
        proof.back().data[0] ^= 1;
        REQUIRE_FALSE(
            ledger::verifyInclusion<LedgerHash>(leaves[i], i, leaves.size(), root, proof));
        proof.pop_back();
        REQUIRE_FALSE(
            ledger::verifyInclusion<LedgerHash>(leaves[i], i, leaves.size(), root, proof));
    }
}

}  // namespace

TEST_CASE("merkle: the frontier's root is the tree's, for 0 to 300 leaves") {
    auto leaves = makeLeaves(300);
    Frontier frontier;
    for (std::size_t size = 0;; ++size) {
        INFO(size << " leaves");
        Leaves first = Leaves(leaves).first(size);
        CHECK((frontier.root() == rootByDefinition(first)));
        CHECK((ledger::merkleRoot<LedgerHash>(first) == frontier.root()));
        CHECK(frontier.size() == size);
        if (size == leaves.size()) break;
        frontier.append(leaves[size]);
    }
}

TEST_CASE("merkle: every leaf has a proof, and it proves nothing else") {
    for (std::size_t size = 0; size <= 66; ++size) checkAllProofs(makeLeaves(size));
    for (std::size_t size : {127, 128, 129, 200, 255, 256, 257, 300})
        checkAllProofs(makeLeaves(size));
}

TEST_CASE("merkle: paths made while leaves come by are the tree's, and tell the root up to there") {
    for (std::size_t size = 1; size <= 70; ++size) {
        auto leaves = makeLeaves(size);
        Hash root = rootByDefinition(leaves);
        ledger::AuditPaths paths;
        for (std::size_t i = 0; i < size; ++i) paths.want(i);
        for (const Hash& leaf : leaves) paths.append(leaf);
        for (std::size_t i = 0; i < size; ++i) {
            auto path = paths.path(i);
            REQUIRE((path == ledger::inclusionProof<LedgerHash>(leaves, i)));
            Hash there;
            REQUIRE(ledger::verifyInclusion<LedgerHash>(leaves[i], i, size, root, path, &there));
            REQUIRE((there == rootByDefinition(Leaves(leaves).first(i + 1))));
        }
    }
}

TEST_CASE("merkle: a tree is consistent with each of its beginnings and with no other tree") {
    auto leaves = makeLeaves(40);
    for (std::size_t n = 1; n <= leaves.size(); ++n) {
        Leaves all = Leaves(leaves).first(n);
        Hash root = rootByDefinition(all);
        for (std::size_t m = 1; m <= n; ++m) {
            auto proof = consistencyProof(m, all, true);
            REQUIRE(ledger::consistencyProof<LedgerHash>(all, m) == proof);
            Hash first = rootByDefinition(all.first(m));
            REQUIRE(ledger::verifyConsistency<LedgerHash>(m, n, first, root, proof));
            Hash other = first;
            other.data[31] ^= 1;
            REQUIRE_FALSE(ledger::verifyConsistency<LedgerHash>(m, n, other, root, proof));
            REQUIRE_FALSE(ledger::verifyConsistency<LedgerHash>(m, n, first, other, proof));
            proof.push_back(root);
            REQUIRE_FALSE(ledger::verifyConsistency<LedgerHash>(m, n, first, root, proof));
        }
    }
    CHECK_FALSE(ledger::verifyConsistency<LedgerHash>(2, 1, leaves[0], leaves[0], {}));
}

TEST_CASE("merkle: a frontier comes back as it was stored, and of its own length only") {
    auto leaves = makeLeaves(77);
    Frontier frontier;
    for (const Hash& leaf : leaves) {
        Bytes bytes = frontier.encode();
        auto read = Frontier::decode(bytes);
        REQUIRE(read);
        CHECK((*read == frontier));
        CHECK((read->root() == frontier.root()));
        read->append(leaf);
        frontier.append(leaf);
        CHECK((read->root() == frontier.root()));
        bytes.push_back(0);
        CHECK_FALSE(Frontier::decode(bytes));
        bytes.resize(bytes.size() - 2);
        CHECK_FALSE(Frontier::decode(bytes));
    }
    Bytes hostile(8, 0xFF);
    CHECK_FALSE(Frontier::decode(hostile));
}
