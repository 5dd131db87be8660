// The rule grant = confirm, invitations taken back and rules set, as the office does it.

#include "office/confirm.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "office/administration.h"
#include "office/invitations.h"
#include "office/rules.h"
#include "sync/enrolment.h"

using base::Code;
using test::InMemoryProvince;
using test::Machine;
namespace roles = domain::roles;

namespace {

struct Confirming : InMemoryProvince {
    Confirming() {
        auto set = office::setRule(*office.replica, "grant", "confirm");
        REQUIRE(set);
        CHECK(*set == office::RuleChange::Written);
        settleOffice();
    }
    const domain::Directory& directory() const { return office.replica->directory().directory(); }
    base::Status confirmAt(replica::Replica& by, const Machine& machine) {
        TRY(domain::Device device,
            office::deviceToConfirm(by, machine.replica->identity().device.hex().substr(0, 12)));
        return office::confirm(by, device);
    }
    std::size_t waiting(replica::Replica& at) {
        auto devices = office::devicesToConfirm(at);
        REQUIRE(devices);
        return devices->size();
    }
};

}  // namespace

TEST_CASE("confirm: a new device gets no key by itself, and all it needs once it is confirmed") {
    Confirming p;
    auto a = p.join("X01", roles::kOfficer);
    auto b = p.join("X01", roles::kOfficer);
    p.settleOffice();
    REQUIRE(p.sync(*a));
    CHECK_FALSE(syncing::holdsOwnKey(*a));
    CHECK(syncing::waitsForConfirmation(*a));
    CHECK_FALSE(syncing::waitsForConfirmation(p.office));
    CHECK(p.waiting(p.office) == 2);
    REQUIRE(p.confirmAt(p.office, *a));
    CHECK(p.waiting(p.office) == 1);  // what is written counts, though it is not sent yet
    auto twice = p.confirmAt(p.office, *a);
    REQUIRE_FALSE(twice);
    CHECK(twice.error().code == Code::InvalidInput);
    p.settleOffice();
    REQUIRE(p.sync(*a));
    REQUIRE(p.sync(*b));
    CHECK(syncing::holdsOwnKey(*a));
    CHECK_FALSE(syncing::waitsForConfirmation(*a));
    CHECK_FALSE(syncing::holdsOwnKey(*b));
    // A new version reaches whoever was confirmed once, and nobody else.
    auto made = p.office->keys().make(p.directory(), a->scope(), p.random);
    REQUIRE(made);
    REQUIRE(p.office->append({p.directory().directoryScopeId(), {made->change}}));
    p.settleOffice();
    p.settleOffice();
    REQUIRE(p.sync(*a));
    REQUIRE(p.sync(*b));
    CHECK((*a)->keys().find(a->scope(), 2) != nullptr);
    CHECK((*b)->keys().find(a->scope(), 2) == nullptr);
}

TEST_CASE("confirm: any office device that holds the keys may confirm, and none itself") {
    Confirming p;
    auto second = p.join("ST", roles::kProvincial);
    auto commune = p.join("X01", roles::kOfficer);
    REQUIRE(p.sync(*second));
    auto itself = p.confirmAt(*second, *second);
    REQUIRE_FALSE(itself);
    CHECK(itself.error().code == Code::NotPermitted);
    auto early = p.confirmAt(*second, *commune);
    REQUIRE_FALSE(early);
    CHECK(early.error().code == Code::WaitingForKey);
    CHECK((*second)->pendingEntries() == 0);
    auto byCommune = p.confirmAt(*commune, *second);
    REQUIRE_FALSE(byCommune);
    CHECK(byCommune.error().code == Code::NotPermitted);
    REQUIRE(p.confirmAt(p.office, *second));
    p.settleOffice();
    REQUIRE(p.sync(*second));
    REQUIRE(p.confirmAt(*second, *commune));
    REQUIRE(p.sync(*second));
    REQUIRE(p.sync(*commune));
    CHECK(syncing::holdsOwnKey(*commune));
}

TEST_CASE("confirm: a revocation gives the office's new key to confirmed devices only") {
    Confirming p;
    auto confirmed = p.join("ST", roles::kProvincial);
    auto lost = p.join("ST", roles::kProvincial);
    auto waiting = p.join("ST", roles::kProvincial);
    REQUIRE(p.confirmAt(p.office, *confirmed));
    REQUIRE(p.confirmAt(p.office, *lost));
    p.settleOffice();
    REQUIRE(office::revoke(*p.office.replica, (*lost)->identity().device.hex(), "mất máy"));
    p.settleOffice();
    REQUIRE(p.sync(*confirmed));
    REQUIRE(p.sync(*waiting));
    const base::ScopeId scope = p.office.scope();
    CHECK((*confirmed)->keys().find(scope, 2) != nullptr);
    CHECK((*waiting)->keys().find(scope, 2) == nullptr);
    CHECK(p.directory().grantFor(scope, 2, (*waiting)->identity().device) == nullptr);
}

TEST_CASE("confirm: with the rule automatic nobody waits") {
    Confirming p;
    auto a = p.join("X01", roles::kOfficer);
    CHECK(p.waiting(p.office) == 1);
    REQUIRE(office::setRule(*p.office.replica, "grant", "automatic"));
    p.settleOffice();
    p.settleOffice();
    REQUIRE(p.sync(*a));
    CHECK(p.waiting(p.office) == 0);
    CHECK(syncing::holdsOwnKey(*a));
}

TEST_CASE("confirm: an auditor's device at the office has no duties") {
    InMemoryProvince p;
    auto auditor = p.join("ST", roles::kAuditor);
    CHECK(syncing::holdsOwnKey(*auditor));
    CHECK_FALSE(office::isOffice(*auditor));
    // Another device of X01 that no other office device has granted its key to.
    auto invitation = office::invite(
        *p.office.replica, {"X01", "Lê Văn Đồng", roles::kOfficer, 1'000'000, "server:7443"});
    REQUIRE(invitation);
    REQUIRE(p.sync(p.office));
    auto joining = syncing::prepareJoining(invitation->invitation, "", p.random);
    REQUIRE(joining);
    Machine machine;
    auto made = replica::Replica::create(machine.store, p.clock, p.random,
                                         {joining->identity, joining->change});
    REQUIRE(made);
    machine.replica = std::move(*made);
    auto segment = machine->introductionSegment();
    REQUIRE(segment);
    auto introduced = p.introduce(machine, *segment);
    REQUIRE(introduced);
    CHECK_FALSE(*introduced);
    REQUIRE(p.sync(*auditor));
    auto granted = office::grantKeys(*auditor);
    REQUIRE(granted);
    CHECK(*granted == 0);
    CHECK((*auditor)->pendingEntries() == 0);
}

TEST_CASE("rules: known ones with known values, by an administrator") {
    InMemoryProvince p;
    replica::Replica& office = *p.office.replica;
    auto unknownName = office::setRule(office, "grants", "confirm");
    REQUIRE_FALSE(unknownName);
    CHECK(unknownName.error().message ==
          "There is no rule \"grants\"; the rules are grant, dictionary, statements.");
    auto unknownValue = office::setRule(office, "grant", "manual");
    REQUIRE_FALSE(unknownValue);
    CHECK(unknownValue.error().message ==
          "The rule grant cannot be \"manual\"; it may be automatic, confirm.");
    CHECK_FALSE(office::setRule(office, "dictionary", "0"));  // it was allowed once
    auto same = office::setRule(office, "grant", "automatic");
    REQUIRE(same);
    CHECK(*same == office::RuleChange::AsBefore);
    CHECK(office.pendingEntries() == 0);
    auto commune = p.join("X01", roles::kLeader);
    auto refused = office::setRule(*commune, "grant", "confirm");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::NotPermitted);
    REQUIRE(office::setRule(office, "grant", "confirm"));
    auto shown = office::ruleNamed(office, "grant");
    REQUIRE(shown);
    CHECK(shown->value == "confirm");
}

TEST_CASE("invitations: listed with what became of them, and taken back until they are used") {
    InMemoryProvince p;
    replica::Replica& office = *p.office.replica;
    auto used = p.join("X01", roles::kOfficer);
    constexpr base::TimeMs kHourMs = 3'600'000;
    auto open = office::invite(office, {"x02", "Lê Thị Mai", roles::kClerk, kHourMs, "server:1"});
    REQUIRE(open);
    CHECK(open->change.unit == "X02");
    auto list = office::invitations(office);
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK((*list)[0].state == office::InvitationState::Open);
    CHECK_FALSE((*list)[0].isSent);
    CHECK((*list)[1].state == office::InvitationState::Used);
    CHECK((*list)[1].usedBy == (*used)->identity().device);
    auto tooLate = office::withdraw(office, (*list)[1].invited.number.hex());
    REQUIRE_FALSE(tooLate);
    CHECK(tooLate.error().code == Code::InvitationUsed);
    CHECK_FALSE(office::withdraw(*used, open->change.number.hex()));
    REQUIRE(office::withdraw(office, open->change.number.hex().substr(0, 8)));
    CHECK_FALSE(office::withdraw(office, open->change.number.hex()));
    p.settleOffice();
    auto joining = syncing::prepareJoining(open->invitation, "", p.random);
    REQUIRE(joining);
    store::MemoryStore store;
    auto late =
        replica::Replica::create(store, p.clock, p.random, {joining->identity, joining->change});
    REQUIRE(late);
    auto segment = (*late)->introductionSegment();
    REQUIRE(segment);
    auto verdict = p.introduce(**late, *segment);
    REQUIRE(verdict);
    REQUIRE(*verdict);
    CHECK((*verdict)->reason == wire::RefusedReason::Expired);
    p.clock.now += kHourMs + 1;
    list = office::invitations(office);
    REQUIRE(list);
    CHECK((*list)[0].state == office::InvitationState::Withdrawn);
}

TEST_CASE("units: a code that differs in its case only is refused") {
    InMemoryProvince p;
    replica::Replica& office = *p.office.replica;
    auto same = office::importUnits(office, {{"x01", "Xã", domain::UnitLevel::Commune, ""}});
    REQUIRE_FALSE(same);
    CHECK(same.error().message.find("X01") != std::string::npos);
    auto twice = office::readUnits(base::view("code,name,level\nA1,A,commune\na1,B,commune\n"));
    REQUIRE_FALSE(twice);
    CHECK(office.pendingEntries() == 0);
}
