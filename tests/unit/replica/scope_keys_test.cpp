#include "replica/scope_keys.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "ledger/body.h"

using base::Bytes;
using base::Code;
using test::InMemoryProvince;
using test::Machine;

namespace {

/// X01 with one device that holds version 1 of its key; the office makes version 2.
struct Renewal {
    const domain::Directory& directory() { return p.office->directory().directory(); }
    /// The office orders a grant of version 2 to the device.
    void grant(const Bytes& plain) {
        const domain::Device& device = *(*a)->ownDevice();
        domain::Granted granted{a->scope(), 2, device.id, {}};
        auto box = crypto::boxSeal(p.random, device.exchangeKey, plain);
        REQUIRE(box);
        granted.box = std::move(*box);
        REQUIRE(p.office->append({directory().directoryScopeId(), {made.change, granted}}));
        REQUIRE(p.sync(p.office));
        REQUIRE(p.sync(*a));
    }
    Bytes plainOf(const crypto::SecretKey& key) {
        Bytes out;
        base::Writer(out).raw(key.view()).raw(a->scope().view()).u32(2);
        base::Writer(out).raw((*a)->identity().device.view());
        return out;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", domain::roles::kOfficer);
    replica::ScopeKeys::Made made = *p.office->keys().make(directory(), a->scope(), p.random);
};

}  // namespace

TEST_CASE("scope keys: a granted key that is not the one committed to is not used") {
    Renewal r;
    SECTION("another key") {
        r.grant(r.plainOf(crypto::SecretKey::random(r.p.random)));
    }
    SECTION("the version before") {
        r.grant(r.plainOf(*(*r.a)->keys().find(r.a->scope(), 1)));
    }
    SECTION("too short a box") {
        r.grant(Bytes(31, 1));
    }
    CHECK((*r.a)->keys().find(r.a->scope(), 2) == nullptr);
    auto written = (*r.a)->append({r.a->scope(), {test::note("việc")}});
    REQUIRE_FALSE(written);
    CHECK(written.error().code == Code::WaitingForKey);
}

TEST_CASE("scope keys: the granted key that was committed to is used") {
    Renewal r;
    r.grant(r.plainOf(r.made.key));
    CHECK((*r.a)->keys().find(r.a->scope(), 2) != nullptr);
    CHECK((*r.a)->append({r.a->scope(), {test::note("việc")}}));
}

TEST_CASE("scope keys: whoever holds the province's recovery key can open every scope key") {
    InMemoryProvince p;
    const domain::Directory& directory = p.office->directory().directory();
    std::size_t opened = 0;
    for (const auto& [code, unit] : directory.units()) {
        for (const domain::ScopeKeyVersion* version : directory.keysOf(unit.scope)) {
            const domain::KeyMade& made = version->made;
            auto plain = crypto::boxOpen(p.recoveryKey, made.recovery);
            REQUIRE(plain);
            base::Reader in(*plain);
            const auto key = crypto::SecretKey::from(in.raw(32));
            CHECK(ledger::keyCommitment(directory.province(), unit.scope, made.version, key) ==
                  made.commitment);
            CHECK(in.fixed<base::ScopeId>() == unit.scope);
            CHECK(in.u32() == made.version);
            ++opened;
        }
    }
    CHECK(opened == 3);  // the province unit's, X01's, X02's
}
