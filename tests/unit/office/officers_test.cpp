#include "sync/officers.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "office/administration.h"

using base::Code;
using test::InMemoryProvince;
using test::Machine;
namespace roles = domain::roles;

namespace {

constexpr base::TimeMs kHourMs = 3'600'000;

struct Shared {
    domain::Invitation invite(const Machine& to, domain::Roles as = roles::kLeader) {
        office::InvitationRequest request;
        request.officer = "Trần Thị Lan";
        request.roles = as;
        request.validForMs = kHourMs;
        request.serverAddress = "server:7443";
        request.device = to.replica->identity().device.hex().substr(0, 8);
        auto made = office::invite(*p.office.replica, request);
        REQUIRE(made);
        CHECK(made->change.unit == "X01");
        p.settleOffice();
        return made->invitation;
    }
    Code refusal(Machine& at, const domain::Invitation& invitation) {
        auto added = syncing::addOfficer(at, invitation);
        REQUIRE_FALSE(added);
        CHECK(at->pendingEntries() == 0);
        return added.error().code;
    }
    std::vector<syncing::DeviceOfficer> officers(Machine& at) {
        auto list = syncing::officersOf(at);
        REQUIRE(list);
        return *list;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", roles::kOfficer);
    std::unique_ptr<Machine> b = p.join("X01", roles::kOfficer);
};

}  // namespace

TEST_CASE("officers: a second one gets a key of his own, and counts once the province has him") {
    Shared s;
    domain::Invitation invitation = s.invite(*s.a);
    CHECK(s.refusal(*s.a, invitation) == Code::Refused);  // nothing is known of it here yet
    REQUIRE(s.p.sync(*s.a));
    auto added = syncing::addOfficer(*s.a, invitation);
    REQUIRE(added);
    CHECK(added->name == "Trần Thị Lan");
    auto list = s.officers(*s.a);
    REQUIRE(list.size() == 2);
    CHECK(list[0].enrolledAt);
    CHECK_FALSE(list[1].enrolledAt);
    CHECK(list[1].isKeyHeld);
    auto twice = syncing::addOfficer(*s.a, invitation);
    REQUIRE_FALSE(twice);
    CHECK(twice.error().code == Code::InvitationUsed);
    s.p.restart(*s.a);
    CHECK((*s.a)->identity().officerKeys.size() == 2);
    REQUIRE(s.p.sync(*s.a));
    list = s.officers(*s.a);
    REQUIRE(list.size() == 2);
    CHECK(list[1].enrolledAt);
    CHECK(list[1].isKeyHeld);
    CHECK((list[1].key == (*s.a)->identity().officerKeys[1].publicKey));
    REQUIRE(s.p.sync(s.p.office));
    const domain::Directory& directory = s.p.office->directory().directory();
    const base::DeviceId device = (*s.a)->identity().device;
    CHECK(directory.rolesAt(device, directory.size()) == (roles::kOfficer | roles::kLeader));
}

TEST_CASE("officers: an invitation for something else is refused before anything is written") {
    Shared s;
    domain::Invitation forB = s.invite(*s.b);
    auto ofDevice = office::invite(*s.p.office.replica,
                                   {"X01", "Lê Văn", roles::kOfficer, kHourMs, "server:7443"});
    REQUIRE(ofDevice);
    domain::Invitation forA = s.invite(*s.a);
    REQUIRE(s.p.sync(*s.a));
    CHECK(s.refusal(*s.a, forB) == Code::InvalidInput);
    CHECK(s.refusal(*s.a, ofDevice->invitation) == Code::InvalidInput);
    domain::Invitation foreign = forA;
    foreign.province = s.p.random.make<base::ProvinceId>();
    CHECK(s.refusal(*s.a, foreign) == Code::InvalidInput);
    s.p.clock.now += kHourMs + 1;
    CHECK(s.refusal(*s.a, forA) == Code::InvitationExpired);
    CHECK((*s.a)->identity().officerKeys.size() == 1);
}

TEST_CASE("officers: one that arrives too late bars nothing that was written behind it") {
    Shared s;
    domain::Invitation invitation = s.invite(*s.a);
    REQUIRE(s.p.sync(*s.a));
    REQUIRE(syncing::addOfficer(*s.a, invitation));
    REQUIRE((*s.a)->append({s.a->scope(), {test::note("Đã họp")}}));
    s.p.clock.now += kHourMs + 1;
    REQUIRE(s.p.sync(*s.a));
    CHECK((*s.a)->pendingEntries() == 0);
    CHECK(s.p.reg->state(s.a->scope()).size == 1);
    CHECK(s.officers(*s.a).size() == 1);
    // Its key goes with the next one that is made.
    CHECK((*s.a)->identity().officerKeys.size() == 2);
    domain::Invitation again = s.invite(*s.a);
    REQUIRE(s.p.sync(*s.a));
    REQUIRE(syncing::addOfficer(*s.a, again));
    CHECK((*s.a)->identity().officerKeys.size() == 2);
}

TEST_CASE("officers: an invitation names a live device and its own unit") {
    Shared s;
    office::InvitationRequest request;
    request.officer = "Trần Thị Lan";
    request.roles = roles::kOfficer;
    request.validForMs = kHourMs;
    request.device = (*s.a)->identity().device.hex();
    request.unit = "X02";
    auto elsewhere = office::invite(*s.p.office.replica, request);
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().code == Code::InvalidInput);
    request.unit = "x01";
    CHECK(office::invite(*s.p.office.replica, request));
    s.p.settleOffice();
    REQUIRE(office::revoke(*s.p.office.replica, request.device, "mất máy"));
    s.p.settleOffice();
    CHECK_FALSE(office::invite(*s.p.office.replica, request));
    request.device = "0123456789";
    CHECK_FALSE(office::invite(*s.p.office.replica, request));
}
