// The first device of an office that has lost all of its own: what it needs, and that nothing else
// gets in by the same door.

#include <catch2/catch.hpp>
#include "domain/directory.h"
#include "province.h"

using test::Member;
using test::Province;
using test::Ticket;
using Fault = domain::Directory::EnrolmentFault;
using Reason = std::optional<std::string>;
namespace roles = domain::roles;

namespace {

struct Entry {
    domain::Invited invited;
    domain::DeviceEnrolled enrolled;
};

/// Founded, with a key for each ledger; the rule "grant" is "confirm".
struct Lost : Province {
    Lost() {
        found();
        apply(office, domain::RuleSet{"grant", "confirm"});
        for (const char* unit : {"ST", "X01"}) {
            domain::KeyMade made;
            made.scope = scope(unit);
            made.version = 1;
            apply(office, made);
        }
    }
    void sign(Entry& entry, std::size_t count = 2, std::size_t first = 0) const {
        entry.invited.signatures = authoritySignatures(
            crypto::Context::Statement,
            domain::recoveryStatement(id, entry.invited, entry.enrolled), count, first);
    }
    Entry entryFor(const Member& member, const std::string& unit = "ST",
                   domain::Roles asRoles = roles::kAdministrator | roles::kProvincial) {
        m_ticket = invite(unit, asRoles);
        Entry out{m_ticket.change, enrolment(m_ticket, member)};
        sign(out);
        return out;
    }
    /// Both changes as one first entry of this device, at this time.
    std::pair<Reason, Reason> enter(const Member& member, const Entry& entry,
                                    base::TimeMs arrival = 0) {
        const std::vector<domain::Change> changes{entry.invited, entry.enrolled};
        domain::DirectoryAuthor by = author(member, 0);
        if (arrival != 0) by.arrival = arrival;
        by.recovers = domain::recoveryIn(changes);
        std::pair<Reason, Reason> out;
        out.first = directory.apply(by, changes[0]);
        out.second = directory.apply(by, changes[1]);
        directory.setSize(directory.size() + 1);
        now += 1000;
        return out;
    }
    void mustNotEnter(const Member& member, const Entry& entry, base::TimeMs arrival = 0) {
        const std::size_t known = directory.invitations().size();
        const auto [first, second] = enter(member, entry, arrival);
        CHECK(first);
        CHECK(second);
        CHECK(directory.device(member.id(id)) == nullptr);
        CHECK(directory.invitations().size() == known);  // none stays open
    }
    Fault faultOf(const Member& member, const Entry& entry) const {
        std::string reason;
        const Fault fault =
            directory.faultOf(author(member, 0), entry.invited, entry.enrolled, reason);
        CHECK((fault == Fault::None) == reason.empty());
        return fault;
    }
    const Ticket& ticket() const { return m_ticket; }

private:
    Ticket m_ticket;
};

}  // namespace

TEST_CASE("recovery: the authority keys' word makes an administrator's device, confirmed at once") {
    Lost p;
    Member fresh(p.random);
    const Entry entry = p.entryFor(fresh);
    CHECK(p.faultOf(fresh, entry) == Fault::None);
    const std::uint64_t position = p.directory.size();
    const auto [first, second] = p.enter(fresh, entry);
    CHECK_FALSE(first);
    CHECK_FALSE(second);
    const domain::Device* device = p.directory.device(fresh.id(p.id));
    REQUIRE(device != nullptr);
    CHECK(device->confirmedSince == position);
    CHECK_FALSE(device->confirmedAt(position));
    CHECK(p.directory.administers(fresh.id(p.id), position + 1));
    // It grants itself, revokes, invites: the rule asks for no other device's word.
    CHECK_FALSE(p.apply(fresh, domain::Granted{p.scope("ST"), 1, fresh.id(p.id), {}}));
    CHECK_FALSE(p.apply(fresh, domain::DeviceRevoked{p.office.id(p.id), "cháy"}));
    CHECK_FALSE(p.apply(fresh, p.invite("X01", roles::kOfficer).change));
}

TEST_CASE("recovery: a device that an administrator invited waits for confirmation as before") {
    Lost p;
    Member second = p.join("ST", roles::kAdministrator);
    CHECK_FALSE(p.directory.device(second.id(p.id))->confirmedSince);
    CHECK(p.apply(second, domain::Granted{p.scope("ST"), 1, second.id(p.id), {}}));
}

TEST_CASE("recovery: an invitation alone, of whomever, needs an administrator") {
    Lost p;
    Member fresh(p.random);
    const Entry entry = p.entryFor(fresh);
    CHECK(p.apply(p.author(fresh, 0), entry.invited) == "needs an administrator");
    CHECK(p.directory.reasonNotAdmitted(fresh.id(p.id), entry.invited, p.now) ==
          "needs an administrator");
    // In an entry with something else, or in another order, it stands alone too.
    for (const std::vector<domain::Change>& changes :
         {std::vector<domain::Change>{entry.invited},
          std::vector<domain::Change>{entry.enrolled, entry.invited},
          std::vector<domain::Change>{entry.invited, entry.enrolled, entry.invited},
          std::vector<domain::Change>{entry.invited, domain::RuleSet{"grant", "automatic"}}}) {
        CHECK(domain::recoveryIn(changes) == nullptr);
    }
    Entry mixed = entry;
    mixed.enrolled.number = p.invite("ST", roles::kAdministrator).keys.number;
    CHECK(domain::recoveryIn(std::vector<domain::Change>{mixed.invited, mixed.enrolled}) ==
          nullptr);
}

TEST_CASE("recovery: fewer signatures, or of other keys, or of something else, are none") {
    Lost p;
    Member fresh(p.random);
    Entry entry = p.entryFor(fresh);
    SECTION("one of two") {
        p.sign(entry, 1);
    }
    SECTION("none") {
        entry.invited.signatures.clear();
    }
    SECTION("one key twice") {
        p.sign(entry, 1);
        entry.invited.signatures.push_back(entry.invited.signatures.front());
    }
    SECTION("the invitation alone was signed for, as that of any administrator is") {
        entry.invited.signatures =
            p.authoritySignatures(crypto::Context::Statement, entry.invited.statement(p.id), 2);
    }
    SECTION("the officer's name was changed behind the signatures") {
        entry.invited.officer = "Kẻ Gian";
    }
    CHECK(p.faultOf(fresh, entry) == Fault::Invalid);
    p.mustNotEnter(fresh, entry);
}

TEST_CASE("recovery: what keepers sign for it serves no other invitation") {
    Lost p;
    Member fresh(p.random);
    const Entry entry = p.entryFor(fresh);
    CHECK(p.apply(p.office, entry.invited) ==
          "an administrator needs the authority keys' signatures");
}

TEST_CASE("recovery: other keys than those that were signed for get nowhere") {
    Lost p;
    Member fresh(p.random);
    Member thief(p.random);
    Entry entry = p.entryFor(fresh);
    Entry stolen = entry;
    stolen.enrolled = p.enrolment(p.ticket(), thief);  // even with the invitation's key
    CHECK(p.faultOf(thief, stolen) == Fault::Invalid);
    p.mustNotEnter(thief, stolen);
    p.mustNotEnter(thief, entry);  // sealed by another device than it names
    entry.enrolled.exchangeKey = p.random.make<base::ExchangeKey>();
    p.mustNotEnter(fresh, entry);
}

TEST_CASE("recovery: once, in time, and under the authority keys of the day") {
    Lost p;
    Member fresh(p.random);
    const Entry entry = p.entryFor(fresh);
    SECTION("too late") {
        p.mustNotEnter(fresh, entry, entry.invited.expiry + 1);
        const auto [first, second] = p.enter(fresh, entry, entry.invited.expiry);
        CHECK_FALSE(first);
    }
    SECTION("a second time") {
        CHECK_FALSE(p.enter(fresh, entry).second);
        const auto [first, second] = p.enter(fresh, entry);
        CHECK(first);
        CHECK(second == "the invitation was used");
        Member other(p.random);
        Entry again{entry.invited, p.enrolment(p.ticket(), other)};
        p.sign(again);  // the keepers sign whatever they are shown
        CHECK(p.faultOf(other, again) == Fault::Used);
        p.mustNotEnter(other, again);
    }
    SECTION("after it was revoked") {
        CHECK_FALSE(p.enter(fresh, entry).second);
        CHECK_FALSE(p.apply(p.office, domain::DeviceRevoked{fresh.id(p.id), "nhầm"}));
        p.enter(fresh, entry);
        CHECK(p.directory.device(fresh.id(p.id))->revokedSince);
        CHECK_FALSE(p.directory.administers(fresh.id(p.id), p.directory.size()));
    }
    SECTION("keys that the directory knows") {
        Member known = p.join("X01", roles::kOfficer);
        Entry other = p.entryFor(known);
        CHECK(p.enter(known, other).first);
        CHECK_FALSE(p.directory.administers(known.id(p.id), p.directory.size()));
    }
}

TEST_CASE("recovery: only an administrator's device of the province unit enters so") {
    Lost p;
    Member fresh(p.random);
    SECTION("a commune's") {
        p.mustNotEnter(fresh, p.entryFor(fresh, "X01"));
    }
    SECTION("no administrator's") {
        p.mustNotEnter(fresh, p.entryFor(fresh, "ST", roles::kProvincial));
    }
    SECTION("an officer on a device") {
        Entry entry = p.entryFor(fresh);
        entry.invited.device = base::copy(p.office.id(p.id).view());
        p.sign(entry);
        p.mustNotEnter(fresh, entry);
    }
}

TEST_CASE("recovery: a device that is enrolled gains nothing by such an entry") {
    Lost p;
    Member officer = p.join("X01", roles::kOfficer);
    Member fresh(p.random);
    const Entry entry = p.entryFor(fresh);
    const auto [first, second] = p.enter(officer, entry);
    CHECK(first == "needs an administrator");
    CHECK(second);
    CHECK(p.directory.rolesAt(officer.id(p.id), p.directory.size()) == roles::kOfficer);
    CHECK(p.directory.device(fresh.id(p.id)) == nullptr);
}
