// The corners of Ed25519 in which libraries differ. Signatures are the project's authority, so a
// change of verdict in a new libsodium would split replicas: these tests say what ours must answer,
// and why.
//
// libsodium's rule, which is the project's rule: S below the group order; R and the key A not of
// small order; A in canonical form; and the equation without the cofactor, R = [S]B - [k]A,
// compared as bytes with what arrived, which leaves no room for another encoding of R.

#include <sodium.h>
#include <catch2/catch.hpp>
#include <set>
#include "crypto/crypto.h"
#include "vector_files.h"

using base::Bytes;
using vectors::Json;

namespace {

bool accepts(const Bytes& key, const Bytes& message, const Bytes& signature) {
    REQUIRE(key.size() == base::PublicKey::kSize);
    REQUIRE(signature.size() == base::Signature::kSize);
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                       key.data()) == 0;
}

/// What the rule above makes of the properties that CCTV lists for a vector. Components of low
/// order alone do not matter: only a residue of the equation does.
bool expectedByFlags(const std::set<std::string>& flags) {
    for (const char* refused : {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R",
                                "low_order_residue", "reencoded_k"}) {
        if (flags.contains(refused)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("ed25519: each CCTV vector gets the verdict that its flags call for") {
    auto json = vectors::load("cctv/ed25519vectors.json", "CCTV Ed25519");
    if (!json) return;
    std::size_t accepted = 0;
    for (const Json& vector : *json) {
        INFO("vector " << vector.at("number").get<int>());
        std::set<std::string> flags;
        if (vector.at("flags").is_array()) flags = vector.at("flags").get<std::set<std::string>>();
        Bytes key = vectors::hex(vector, "key");
        Bytes message = base::copy(base::view(vector.at("msg").get<std::string>()));
        bool verdict = accepts(key, message, vectors::hex(vector, "sig"));
        CHECK(verdict == expectedByFlags(flags));
        accepted += verdict;

        // Enrolment is stricter than verification: only keys in the main subgroup get in.
        bool pure = !flags.contains("low_order_A") && !flags.contains("low_order_component_A") &&
                    !flags.contains("non_canonical_A");
        CHECK(crypto::isValidPublicKey(base::PublicKey::from(key)) == pure);
    }
    CHECK(accepted > 0);
    CHECK(accepted < json->size());
}

TEST_CASE("ed25519: of the speccheck cases only the one with a mixed-order key and R is accepted") {
    auto json = vectors::load("ed25519-speccheck/cases.json", "speccheck");
    if (!json) return;
    // In the order of "Taming the many EdDSAs", table 1, from zero.
    struct Case {
        const char* what;
        bool accepted;
    };
    const std::vector<Case> cases{
        {"small-order A and R, S = 0", false},
        {"small-order A, mixed-order R", false},
        {"mixed-order A, small-order R", false},
        {"mixed-order A and R, both equations hold", true},
        {"mixed order, only the equation with the cofactor holds", false},
        {"the same, and [8]k would have to be reduced first", false},
        {"S above the order", false},
        {"S far above the order", false},
        {"R not canonical, reduced for the hash", false},
        {"R not canonical, as it is in the hash", false},
        {"small-order A not canonical, reduced for the hash", false},
        {"small-order A not canonical, as it is in the hash", false},
    };
    REQUIRE(json->size() == cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        INFO("case " << i << ": " << cases[i].what);
        const Json& vector = (*json)[i];
        Bytes key = vectors::hex(vector, "pub_key");
        CHECK(accepts(key, vectors::hex(vector, "message"), vectors::hex(vector, "signature")) ==
              cases[i].accepted);
        // None of these keys may enrol, not even the one whose signature verifies (mixed order:
        // needs the libsodium that fixed CVE-2025-69277).
        bool mixedOrPure = crypto::isValidPublicKey(base::PublicKey::from(key));
        if (i < 6) CHECK_FALSE(mixedOrPure);
    }
}
