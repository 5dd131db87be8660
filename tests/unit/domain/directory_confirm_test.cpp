// Which devices the office has taken for the machines of whom it invited, and invitations taken
// back.

#include <catch2/catch.hpp>
#include "domain/directory.h"
#include "province.h"

using test::Member;
using test::Province;
using test::Ticket;
namespace roles = domain::roles;

namespace {

constexpr const char* kNotConfirmed = "needs a device that the office has confirmed";

/// Founded, with a key for each ledger and the rule "grant" as given.
struct Granting : Province {
    explicit Granting(const std::string& rule) {
        found();
        for (const char* unit : {"ST", "X01", "X02"}) CHECK_FALSE(apply(office, made(unit, 1)));
        CHECK_FALSE(apply(office, domain::RuleSet{"grant", rule}));
    }
    domain::KeyMade made(std::string_view unit, std::uint32_t version) const {
        domain::KeyMade change;
        change.scope = scope(unit);
        change.version = version;
        return change;
    }
    domain::Granted granted(std::string_view unit, std::uint32_t version, const Member& to) const {
        return {scope(unit), version, to.id(id), base::Bytes(80, 1)};
    }
    bool isConfirmed(const Member& member) const {
        return directory.device(member.id(id))->confirmedSince.has_value();
    }
};

}  // namespace

TEST_CASE("confirmation: a device is confirmed by its first grant, the first device by genesis") {
    Granting p("confirm");
    CHECK(p.directory.waitsForConfirmation(p.directory.size()));
    CHECK(p.isConfirmed(p.office));
    Member member = p.join("X01", roles::kOfficer);
    CHECK_FALSE(p.isConfirmed(member));
    std::uint64_t position = p.directory.size();
    CHECK(p.apply(p.office, p.granted("X02", 1, member)));  // without effect
    CHECK_FALSE(p.isConfirmed(member));
    CHECK_FALSE(p.apply(p.office, p.granted("X01", 1, member)));
    const domain::Device& device = *p.directory.device(member.id(p.id));
    CHECK_FALSE(device.confirmedAt(position + 1));
    CHECK(device.confirmedAt(position + 2));
    CHECK_FALSE(p.apply(p.office, p.made("X01", 2)));
    CHECK_FALSE(p.apply(p.office, p.granted("X01", 2, member)));
    CHECK(device.confirmedSince == position + 1);
}

TEST_CASE("confirmation: nobody makes or grants keys before he was granted one") {
    const std::string rule = GENERATE("automatic", "confirm");
    Granting p(rule);
    Member second = p.join("ST", roles::kProvincial);
    const std::uint64_t before = p.directory.size();
    // To himself, which would confirm him; to others, which would bar the true grant; a key of his.
    CHECK(p.apply(second, p.granted("ST", 1, second)) == kNotConfirmed);
    CHECK(p.apply(second, p.granted("X01", 1, p.office)) == kNotConfirmed);
    CHECK(p.apply(second, p.made("X01", 2)) == kNotConfirmed);
    CHECK(p.directory.reasonNotAdmitted(second.id(p.id), p.made("X01", 2), 0) == kNotConfirmed);
    CHECK_FALSE(p.isConfirmed(second));
    CHECK(p.directory.newestKeyVersion(p.scope("X01"), p.directory.size()) == 1);
    CHECK_FALSE(p.apply(p.office, p.granted("ST", 1, second)));
    CHECK(p.directory.reasonNotAdmitted(second.id(p.id), p.made("X01", 2), 0) == std::nullopt);
    // Judged where the entry stands, also once he has been confirmed.
    domain::DirectoryAuthor earlier = p.author(second);
    earlier.position = before;
    CHECK(p.directory.apply(earlier, p.made("X01", 2)) == kNotConfirmed);
    CHECK_FALSE(p.apply(second, p.made("X01", 2)));
    Member third = p.join("ST", roles::kProvincial);
    CHECK_FALSE(p.apply(second, p.granted("ST", 1, third)));
    CHECK(p.isConfirmed(third));
}

TEST_CASE(
    "confirmation: an administrator who waits for it changes nothing, least of all the rule") {
    Granting p("confirm");
    Member second = p.join("ST", roles::kAdministrator);
    for (const domain::Change& change :
         {domain::Change(domain::RuleSet{"grant", "automatic"}),
          domain::Change(p.invite("X01", roles::kOfficer).change),
          domain::Change(domain::DeviceRevoked{p.office.id(p.id), "mất máy"}),
          domain::Change(domain::UnitDescribed{"X03", "Xã", domain::UnitLevel::Commune, ""})}) {
        INFO(domain::changeName(change));
        CHECK(p.directory.reasonNotAdmitted(second.id(p.id), change, 0) == kNotConfirmed);
        CHECK(p.apply(second, change) == kNotConfirmed);
    }
    CHECK(p.directory.rule("grant") == "confirm");
    CHECK_FALSE(p.apply(p.office, p.granted("ST", 1, second)));
    CHECK_FALSE(p.apply(second, domain::RuleSet{"grant", "automatic"}));
    CHECK_FALSE(p.directory.waitsForConfirmation(p.directory.size()));
    CHECK(p.directory.waitsForConfirmation(p.directory.size() - 1));
    Member third = p.join("ST", roles::kAdministrator);  // as in a province that never asks
    CHECK_FALSE(p.apply(third, p.invite("X01", roles::kOfficer).change));
}

TEST_CASE("confirmation: a rule's value of a newer version is no less careful") {
    Granting p("by-video");
    CHECK(p.directory.waitsForConfirmation(p.directory.size()));
}

TEST_CASE("rights: an auditor of the province unit makes and grants no keys") {
    Granting p("automatic");
    Member auditor = p.join("ST", roles::kAuditor);
    CHECK_FALSE(p.apply(p.office, p.granted("ST", 1, auditor)));
    CHECK(p.isConfirmed(auditor));
    CHECK(p.directory.mayRead(auditor.id(p.id), p.scope("X01")));
    for (const domain::Change& change :
         {domain::Change(p.made("X01", 2)), domain::Change(p.granted("X01", 1, p.office)),
          domain::Change(domain::RuleSet{"grant", "confirm"}),
          domain::Change(p.invite("X01", roles::kOfficer).change),
          domain::Change(domain::InvitationWithdrawn{})}) {
        INFO(domain::changeName(change));
        CHECK(p.directory.reasonNotAdmitted(auditor.id(p.id), change, 0));
        CHECK(p.apply(auditor, change));
    }
    for (const char* unit : {"ST", "X01"}) {
        CHECK(domain::reasonWithoutEffect(p.directory, auditor.id(p.id), p.scope(unit),
                                          p.directory.size(), domain::Noted{}) ==
              "the device had no right to write here");
    }
}

TEST_CASE("invitations: one that was withdrawn makes nothing") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    Ticket ticket = p.invite("X01", roles::kOfficer);
    const domain::InvitationWithdrawn withdrawn{ticket.keys.number};
    CHECK(p.apply(p.office, withdrawn) == "the invitation is unknown");
    CHECK_FALSE(p.apply(p.office, ticket.change));
    CHECK(p.apply(member, withdrawn) == "needs an administrator");
    CHECK(p.directory.reasonNotAdmitted(member.id(p.id), withdrawn, 0) == "needs an administrator");
    CHECK_FALSE(p.directory.reasonNotAdmitted(p.office.id(p.id), withdrawn, 0));
    CHECK_FALSE(p.apply(p.office, withdrawn));
    CHECK(p.apply(p.office, withdrawn) == "the invitation was withdrawn before");
    Member late(p.random);
    CHECK(p.apply(late, p.enrolment(ticket, late), 0) == "the invitation had been withdrawn");
    std::string reason;
    CHECK(p.directory.faultOf(p.author(late, 0), p.enrolment(ticket, late), reason) ==
          domain::Directory::EnrolmentFault::Expired);
    CHECK(p.apply(p.office, ticket.change) == "an invitation with this number exists");

    Ticket used = p.invite("X01", roles::kOfficer);
    p.apply(p.office, used.change);
    CHECK_FALSE(p.apply(late, p.enrolment(used, late), 0));
    CHECK(p.apply(p.office, domain::InvitationWithdrawn{used.keys.number}) ==
          "the invitation was used");
    CHECK(p.directory.device(late.id(p.id))->liveAt(p.directory.size()));
}

TEST_CASE("invitations: an officer's enrolment is admitted if it is the device's own and signed") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    Member stranger = p.join("X01", roles::kOfficer);
    auto id = member.id(p.id);
    Ticket ticket = p.invite("X01", roles::kLeader, base::copy(id.view()));
    auto key = crypto::SigningKey::generate(p.random);
    domain::OfficerEnrolled good{ticket.keys.number, id, key.publicKey, {}};
    good.signature = crypto::sign(ticket.keys.key, crypto::Context::Enrol, good.statement(p.id));
    auto admitted = [&](const domain::OfficerEnrolled& change, const Member& by, base::TimeMs now) {
        return !p.directory.reasonNotAdmitted(by.id(p.id), change, now);
    };
    CHECK_FALSE(admitted(good, member, p.now));  // its invitation has not arrived yet
    CHECK_FALSE(p.apply(p.office, ticket.change));
    CHECK(admitted(good, member, p.now));
    CHECK_FALSE(admitted(good, stranger, p.now));
    domain::OfficerEnrolled unsignedOne = good;
    unsignedOne.signature.data[7] ^= 1;
    CHECK_FALSE(admitted(unsignedOne, member, p.now));
    // Too late it has no effect, but what was written behind it must not wait for ever.
    CHECK(admitted(good, member, ticket.change.expiry + 1));
    domain::DirectoryAuthor late = p.author(member);
    late.arrival = ticket.change.expiry + 1;
    CHECK(p.apply(late, good) == "the invitation had expired");
    CHECK_FALSE(p.apply(p.office, domain::InvitationWithdrawn{ticket.keys.number}));
    CHECK(admitted(good, member, p.now));
    CHECK(p.apply(member, good) == "the invitation had been withdrawn");
    CHECK(p.directory.device(id)->officers.size() == 1);
}

TEST_CASE("names: a device's fingerprint depends on both of its keys and the province") {
    test::SeededRandom random(5);
    auto province = random.make<base::ProvinceId>();
    auto key = random.make<base::PublicKey>();
    auto exchange = random.make<base::ExchangeKey>();
    base::Hash own = domain::deviceFingerprint(province, key, exchange);
    CHECK((own == domain::deviceFingerprint(province, key, exchange)));
    CHECK((own != domain::deviceFingerprint(random.make<base::ProvinceId>(), key, exchange)));
    CHECK((own != domain::deviceFingerprint(province, random.make<base::PublicKey>(), exchange)));
    CHECK((own != domain::deviceFingerprint(province, key, random.make<base::ExchangeKey>())));
    CHECK((base::DeviceId::from(own.view()) != domain::deviceIdOf(province, key)));
}
