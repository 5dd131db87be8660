#include <catch2/catch.hpp>
#include "domain/directory.h"
#include "province.h"

using domain::Field;
using domain::ObjectKind;
using domain::Written;
using test::Member;
using test::Province;
namespace roles = domain::roles;

TEST_CASE(
    "rights: they hold behind the entry that gave them, and end behind the one that took them") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    auto id = member.id(p.id);
    std::uint64_t since = p.directory.device(id)->since;
    CHECK(since == p.directory.size() - 1);
    std::uint64_t revoked = p.directory.size();
    CHECK(p.apply(p.office, domain::DeviceRevoked{id, "mất máy"}) == std::nullopt);
    CHECK(p.apply(p.office, domain::DeviceRevoked{id, "mất máy"}) ==
          "the device was revoked before");
    const domain::Device& device = *p.directory.device(id);
    CHECK(device.revokedReason == "mất máy");
    for (std::uint64_t size = 0; size <= p.directory.size(); ++size) {
        INFO("directory size " << size);
        bool live = size > since && size <= revoked;
        CHECK(device.liveAt(size) == live);
        CHECK(p.directory.rolesAt(id, size) == (live ? roles::kOfficer : 0));
        CHECK(p.directory.mayAppend(id, p.scope("X01"), size) == live);
        CHECK_FALSE(p.directory.mayAppend(id, p.scope("X02"), size));
        CHECK_FALSE(p.directory.mayAppend(id, p.directory.directoryScopeId(), size));
    }
    CHECK_FALSE(p.directory.mayRead(id, p.scope("X01")));
    CHECK(p.directory.readableScopes(id).empty());
}

TEST_CASE("rights: a unit's device reads and writes its unit, the province's all of them") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    auto id = member.id(p.id);
    auto office = p.office.id(p.id);
    std::uint64_t size = p.directory.size();
    CHECK(p.directory.readableScopes(id) ==
          std::vector{p.directory.directoryScopeId(), p.scope("X01")});
    CHECK(p.directory.readableScopes(office).size() == 4);
    CHECK(p.directory.mayRead(id, p.directory.directoryScopeId()));
    CHECK(p.directory.mayRead(id, p.scope("X01")));
    CHECK_FALSE(p.directory.mayRead(id, p.scope("X02")));
    CHECK_FALSE(p.directory.mayRead(id, p.scope("X99")));
    for (const char* unit : {"ST", "X01", "X02"}) {
        CHECK(p.directory.mayRead(office, p.scope(unit)));
        CHECK(p.directory.mayAppend(office, p.scope(unit), size));
    }
    CHECK_FALSE(p.directory.mayAppend(office, p.scope("X02"), 2));  // not described yet
    CHECK_FALSE(p.directory.mayAppend(Member(p.random).id(p.id), p.scope("X01"), size));
}

TEST_CASE("rights: an auditor reads and writes nothing") {
    Province p;
    p.found();
    auto auditor = p.join("X01", roles::kAuditor).id(p.id);
    auto nobody = p.join("X01", 0).id(p.id);
    auto both = p.join("X01", roles::kAuditor | roles::kOfficer).id(p.id);
    std::uint64_t size = p.directory.size();
    CHECK(p.directory.mayRead(auditor, p.scope("X01")));
    CHECK_FALSE(p.directory.mayAppend(auditor, p.scope("X01"), size));
    CHECK_FALSE(p.directory.mayAppend(nobody, p.scope("X01"), size));
    CHECK(p.directory.mayAppend(both, p.scope("X01"), size));
}

TEST_CASE("rights: the server admits to the directory by kind") {
    Province p;
    p.found();
    auto member = p.join("X01", roles::kLeader).id(p.id);
    auto second = p.join("ST", roles::kProvincial).id(p.id);
    auto office = p.office.id(p.id);
    domain::KeyMade made;
    made.scope = p.scope("ST");
    made.version = 1;
    CHECK_FALSE(p.apply(p.office, made));
    CHECK_FALSE(p.apply(p.office, domain::Granted{p.scope("ST"), 1, second, {}}));
    const domain::Directory& d = p.directory;
    for (const domain::Change& change :
         {domain::Change(domain::UnitDescribed{}), domain::Change(domain::Invited{}),
          domain::Change(domain::DeviceRevoked{}), domain::Change(domain::RuleSet{}),
          domain::Change(domain::CalendarSet{}), domain::Change(domain::InvitationWithdrawn{})}) {
        INFO(domain::changeName(change));
        CHECK(d.reasonNotAdmitted(office, change, 0) == std::nullopt);
        CHECK(d.reasonNotAdmitted(member, change, 0));
        CHECK(d.reasonNotAdmitted(second, change, 0));
    }
    for (const domain::Change& change :
         {domain::Change(domain::KeyMade{}), domain::Change(domain::Granted{})}) {
        CHECK(d.reasonNotAdmitted(office, change, 0) == std::nullopt);
        CHECK(d.reasonNotAdmitted(second, change, 0) == std::nullopt);
        CHECK(d.reasonNotAdmitted(member, change, 0));
    }
    for (const domain::Change& change :
         {domain::Change(p.genesis), domain::Change(domain::DeviceEnrolled{}),
          domain::Change(domain::Written{ObjectKind::Task, {}, {}}),
          domain::Change(domain::Noted{}), domain::Change(domain::Stated{}),
          domain::Change(domain::Judged{}), domain::Change(domain::UnknownChange{})}) {
        CHECK(d.reasonNotAdmitted(office, change, 0));
    }
    // What authority keys have signed comes from anybody, but only if it holds.
    domain::SignedCharter charter;
    charter.content = {base::copy(p.id.view()), 2, {}, p.headKey.publicKey};
    charter.body = {1};
    CHECK(d.reasonNotAdmitted(member, charter, 0));
    charter.signatures = p.authoritySignatures(crypto::Context::Charter, charter.body, 2);
    CHECK(d.reasonNotAdmitted(member, charter, 0) == std::nullopt);
    CHECK(d.reasonNotAdmitted(office, domain::SignedAuthoritySet{}, 0));
    CHECK(d.reasonNotAdmitted(office, domain::OfficerEnrolled{}, 0));
}

TEST_CASE("effect: who may write which field, judged where the entry stands") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    auto id = member.id(p.id);
    auto office = p.office.id(p.id);
    std::uint64_t size = p.directory.size();
    auto reason = [&](const base::DeviceId& by, ObjectKind kind, Field field,
                      const char* unit = "X01") {
        Written change{kind, {}, {{field, std::int64_t{1}, {}}}};
        return domain::reasonWithoutEffect(p.directory, by, p.scope(unit), size, change);
    };
    CHECK(reason(id, ObjectKind::Assignment, Field::Status) == std::nullopt);
    CHECK(reason(id, ObjectKind::Assignment, Field::AssignmentDeadline) ==
          "only the province writes the field deadline");
    CHECK(reason(id, ObjectKind::Task, Field::TaskContent));
    CHECK(reason(office, ObjectKind::Task, Field::TaskContent) == std::nullopt);
    CHECK(reason(office, ObjectKind::Task, Field::Status) ==
          "a field that this object does not have");
    CHECK(reason(office, ObjectKind::Note, Field::NoteText) == "a field that nobody writes");
    CHECK(reason(id, ObjectKind::Task, static_cast<Field>(60'000)) == std::nullopt);
    CHECK(reason(id, ObjectKind::Assignment, Field::Status, "X02") ==
          "the device had no right to write here");
    auto effect = [&](const domain::Change& change) {
        return domain::reasonWithoutEffect(p.directory, id, p.scope("X01"), size, change);
    };
    CHECK(effect(domain::Noted{ObjectKind::Task, {}, domain::NoteKind::Comment, "xin ý kiến"}) ==
          std::nullopt);
    CHECK(effect(domain::UnknownChange{77}));
    CHECK(effect(domain::RuleSet{}) == "belongs into the directory");
    CHECK(domain::reasonWithoutEffect(p.directory, id, p.scope("X01"),
                                      p.directory.device(id)->since, domain::Noted{}));
}
