// A device that joins over a line, where the server may be of another province than the invitation.

#include <catch2/catch.hpp>
#include <thread>

#include "../province/in_memory.h"
#include "net/server.h"
#include "sync/enrolment.h"

namespace {

using base::Code;

/// A province whose office has copied number and key of a code that it did not make, and its
/// server.
struct CopyingProvince {
    void invite(const base::Hash& tie) {
        domain::Invited invited;
        invited.number = keys.number;
        invited.publicKey = keys.key.publicKey;
        invited.unit = "X01";
        invited.officer = "Lê Văn Đồng";
        invited.roles = domain::roles::kOfficer;
        invited.expiry = province.clock.now + 1'000'000;
        invited.tie = tie;
        const domain::Directory& directory = province.office->directory().directory();
        REQUIRE(province.office->append({directory.directoryScopeId(), {invited}}));
        REQUIRE(province.sync(province.office));
    }
    base::Status join() {
        auto created =
            net::Server::create({"127.0.0.1", 0}, {*province.intake,
                                                   {province.noiseKey},
                                                   serverRandom,
                                                   [](net::LogLevel, const std::string&) {}});
        REQUIRE(created);
        base::Status ran;
        std::thread thread([&] { ran = (*created)->run(); });
        base::Status joined = joinAt((*created)->boundEndpoint().text());
        (*created)->stop();
        thread.join();
        CHECK(ran);
        return joined;
    }

    test::InMemoryProvince province;
    crypto::SystemRandom serverRandom;
    domain::InvitationKeys keys = domain::InvitationKeys::derive(secret());

private:
    static domain::InvitationSecret secret() {
        return domain::InvitationSecret::from(base::Bytes(16, 6));
    }
    base::Status joinAt(const std::string& server) {
        domain::Invitation code;  // a short one: what it says of the province is its tie alone
        code.secret = secret();
        TRY(auto joining, syncing::prepareJoining(code, server, province.random));
        store::MemoryStore store;
        TRY(auto replica, replica::Replica::create(store, province.clock, province.random,
                                                   {joining.identity, joining.change}));
        return syncing::completeJoining(*replica, joining.keys, province.random);
    }
};

}  // namespace

TEST_CASE("joining: an invitation that another province made is found out by its tie") {
    CopyingProvince p;
    SECTION("another province's") {
        p.invite(p.keys.tie(base::ProvinceId::from(base::Bytes(32, 0xA)), "X01"));
        auto joined = p.join();
        REQUIRE_FALSE(joined);
        CHECK(joined.error().code == Code::BadSignature);
    }
    SECTION("another unit's") {
        p.invite(p.keys.tie(p.province.office->identity().province, "X02"));
        auto joined = p.join();
        REQUIRE_FALSE(joined);
        CHECK(joined.error().code == Code::BadSignature);
    }
    SECTION("its own") {
        p.invite(p.keys.tie(p.province.office->identity().province, "X01"));
        CHECK(p.join());
    }
}
