#include "domain/directory.h"
#include <catch2/catch.hpp>
#include "province.h"

using crypto::Context;
using domain::Directory;
using domain::DirectoryAuthor;
using domain::SignedAuthoritySet;
using domain::SignedCharter;
using domain::SignedGenesis;
using domain::UnitDescribed;
using domain::UnitLevel;
using Fault = Directory::EnrolmentFault;
using test::Member;
using test::Province;
using test::Ticket;
namespace roles = domain::roles;

namespace {

void genesisRefused(const Province& province, const SignedGenesis& genesis,
                    DirectoryAuthor author) {
    Directory directory;
    CHECK(directory.apply(author, genesis));
    CHECK_FALSE(directory.hasGenesis());
    CHECK(directory.apply(province.author(province.office, 0), province.genesis) == std::nullopt);
}

SignedCharter charter(const Province& p, std::uint32_t version, std::size_t signers) {
    SignedCharter out;
    out.content = {base::copy(p.id.view()), version, {}, p.headKey.publicKey};
    out.body = {1, static_cast<std::uint8_t>(version)};
    out.signatures = p.authoritySignatures(Context::Charter, out.body, signers);
    return out;
}

SignedAuthoritySet authoritySet(const Province& p, std::uint32_t version,
                                const std::vector<crypto::SigningKey>& keys, std::uint8_t threshold,
                                std::size_t signers) {
    SignedAuthoritySet out;
    out.content.province = base::copy(p.id.view());
    out.content.version = version;
    out.content.threshold = threshold;
    for (const auto& key : keys) out.content.keys.push_back(key.publicKey);
    out.body = {2, static_cast<std::uint8_t>(version)};
    out.signatures = p.authoritySignatures(Context::Charter, out.body, signers);
    return out;
}

}  // namespace

TEST_CASE("genesis: it founds the province, its unit, device, charter, rules and calendar") {
    Province p;
    CHECK(p.apply(p.office, p.genesis, 0) == std::nullopt);
    const Directory& d = p.directory;
    CHECK((d.province() == p.id));
    CHECK(d.isProvinceUnit("ST"));
    CHECK(d.provinceUnit().name == "Tỉnh Sông Trăng");
    CHECK((d.unitOfScope(p.scope("ST")) == d.unit("ST")));
    CHECK(d.rule("grant") == "automatic");
    CHECK_FALSE(d.rule("proof"));
    CHECK((d.charter().headKey == p.headKey.publicKey));
    CHECK(d.charterVersion(1) != nullptr);
    CHECK(d.charterVersion(2) == nullptr);
    CHECK(d.calendar().holidays.size() == 1);
    CHECK(d.authorityThreshold() == 2);
    auto* device = d.device(p.office.id(p.id));
    REQUIRE(device != nullptr);
    CHECK(device->enrolledAt == Province::kFounded);
    CHECK((d.deviceOfExchangeKey(p.office.exchange.publicKey) == device));
    CHECK(d.rolesAt(device->id, 1) == (roles::kAdministrator | roles::kProvincial));
    CHECK(d.rolesAt(device->id, 0) == 0);
}

TEST_CASE("genesis: nothing but a well-signed one at position 0 founds a province") {
    Province p;
    DirectoryAuthor author = p.author(p.office, 0);
    SignedGenesis g = p.genesis;
    g.signatures.pop_back();
    genesisRefused(p, g, author);  // one of two
    g = p.genesis;
    g.signatures[1] = g.signatures[0];
    genesisRefused(p, g, author);  // one twice
    g = p.genesis;
    g.signatures = p.authoritySignatures(Context::Charter, g.body, 2);
    genesisRefused(p, g, author);  // signed for something else
    g = p.genesis;
    g.body.push_back(0);
    genesisRefused(p, g, author);  // other bytes
    g = p.genesis;
    g.content.threshold = 0;
    genesisRefused(p, g, author);
    g.content.threshold = 4;
    genesisRefused(p, g, author);
    g = p.genesis;
    g.content.authorityKeys[2] = base::PublicKey();
    genesisRefused(p, g, author);  // a point of small order
    g = p.genesis;
    g.content.charter.version = 2;
    genesisRefused(p, g, author);
    g = p.genesis;
    g.content.code.clear();
    genesisRefused(p, g, author);

    DirectoryAuthor other = author;
    other.position = 1;
    genesisRefused(p, p.genesis, other);
    other = author;
    other.seq = 1;
    genesisRefused(p, p.genesis, other);
    other = author;
    other.device = Member(p.random).id(p.id);
    genesisRefused(p, p.genesis, other);
}

TEST_CASE("genesis: a key that is named twice does not sign for two") {
    Province p;
    p.genesis.content.authorityKeys[1] = p.genesis.content.authorityKeys[0];
    p.genesis.signatures.resize(1);
    CHECK(p.apply(p.office, p.genesis, 0));
}

TEST_CASE("genesis: any two of three authority keys found it, and it stands once") {
    for (std::size_t first = 0; first < 3; ++first) {
        Province p;
        p.genesis.signatures = p.authoritySignatures(Context::Genesis, p.genesis.body, 2, first);
        CHECK(p.apply(p.office, p.genesis, 0) == std::nullopt);
        CHECK(p.apply(p.office, p.genesis, 0));
    }
    Province p;
    CHECK(p.apply(p.office, domain::RuleSet{"grant", "confirm"}) == "comes before genesis");
}

TEST_CASE("charter: versions come in turn, signed by the authority before them") {
    Province p;
    p.found();
    CHECK(p.apply(p.office, charter(p, 3, 2)));
    CHECK(p.apply(p.office, charter(p, 1, 2)));
    CHECK(p.apply(p.office, charter(p, 2, 1)));
    SignedCharter foreign = charter(p, 2, 2);
    foreign.content.province[0] ^= 1;
    CHECK(p.apply(p.office, foreign));
    CHECK(p.directory.charter().version == 1);
    CHECK(p.apply(p.office, charter(p, 2, 2)) == std::nullopt);
    CHECK(p.directory.charter().version == 2);
    CHECK(p.directory.charterVersion(1) != nullptr);
    CHECK(p.apply(p.office, charter(p, 2, 2)));
}

TEST_CASE("authority: a new set counts with the charters and takes over at once") {
    Province p;
    p.found();
    std::vector<crypto::SigningKey> next{crypto::SigningKey::generate(p.random)};
    CHECK(p.apply(p.office, authoritySet(p, 2, next, 1, 1)));  // one of two
    CHECK(p.apply(p.office, authoritySet(p, 2, next, 2, 2)));  // two of one
    CHECK(p.apply(p.office, authoritySet(p, 2, {}, 0, 2)));
    CHECK(p.apply(p.office, authoritySet(p, 2, next, 1, 2)) == std::nullopt);
    CHECK((p.directory.authorityKeys() == std::vector{next[0].publicKey}));
    CHECK(p.apply(p.office, charter(p, 2, 2)));
    CHECK(p.apply(p.office, charter(p, 3, 2)));  // the former authority
    p.authority = next;
    CHECK(p.apply(p.office, charter(p, 3, 1)) == std::nullopt);
}

TEST_CASE("units: an administrator describes them, one of them is the province") {
    Province p;
    p.found();
    auto describe = [&](UnitDescribed unit) { return p.apply(p.office, std::move(unit)); };
    CHECK(describe({"X03", "Xã Gò Nổi", UnitLevel::Commune, "X99"}));
    CHECK(describe({"", "Xã Gò Nổi", UnitLevel::Commune, "ST"}));
    CHECK(describe({"X03", "", UnitLevel::Commune, "ST"}));
    CHECK(describe({std::string(65, 'X'), "Xã Gò Nổi", UnitLevel::Commune, "ST"}));
    CHECK(describe({"ST2", "Tỉnh khác", UnitLevel::Province, ""}));
    CHECK(describe({"ST", "Tỉnh Sông Trăng", UnitLevel::Commune, ""}));
    std::uint64_t since = p.directory.unit("X01")->since;
    CHECK(describe({"X01", "Xã Bến Trăng Mới", UnitLevel::Commune, "ST"}) == std::nullopt);
    CHECK(p.directory.unit("X01")->name == "Xã Bến Trăng Mới");
    CHECK(p.directory.unit("X01")->since == since);
    Member member = p.join("X01", roles::kOfficer | roles::kLeader);
    CHECK(p.apply(member, UnitDescribed{"X04", "Xã Mới", UnitLevel::Commune, "ST"}) ==
          "needs an administrator");
    CHECK(p.apply(member, domain::RuleSet{"grant", "confirm"}));
    CHECK(p.apply(member, domain::CalendarSet{}));
    CHECK(p.directory.rule("grant") == "automatic");
}

TEST_CASE("invitation: it serves once, and the first by position wins") {
    Province p;
    p.found();
    Ticket ticket = p.invite("X01", roles::kOfficer);
    CHECK(p.apply(p.office, ticket.change) == std::nullopt);
    CHECK(p.apply(p.office, ticket.change));
    Member first(p.random);
    Member second(p.random);
    std::string reason;
    CHECK((p.directory.faultOf(p.author(second, 0), p.enrolment(ticket, second), reason) ==
           Fault::None));
    CHECK(p.apply(first, p.enrolment(ticket, first), 0) == std::nullopt);
    CHECK((p.directory.faultOf(p.author(second, 0), p.enrolment(ticket, second), reason) ==
           Fault::Used));
    CHECK(p.apply(second, p.enrolment(ticket, second), 0) == "the invitation was used");
    CHECK((p.directory.invitation(ticket.keys.number)->usedBy == first.id(p.id)));
    CHECK(p.directory.device(second.id(p.id)) == nullptr);
    CHECK(p.directory.device(first.id(p.id))->unit == "X01");
    CHECK(p.directory.invitation(p.random.make<base::InvitationNumber>()) == nullptr);
}

TEST_CASE("invitation: it is good to its last millisecond") {
    for (int late : {0, 1}) {
        Province p;
        p.found();
        Ticket ticket = p.invite("X01", roles::kOfficer);
        p.apply(p.office, ticket.change);
        Member member(p.random);
        p.now = ticket.change.expiry + late;
        std::string reason;
        auto fault = p.directory.faultOf(p.author(member, 0), p.enrolment(ticket, member), reason);
        CHECK((fault == (late == 0 ? Fault::None : Fault::Expired)));
        CHECK(p.apply(member, p.enrolment(ticket, member), 0).has_value() == (late == 1));
    }
}

TEST_CASE("invitation: unknown units, foreign numbers and unsigned administrators are refused") {
    Province p;
    p.found();
    Ticket ticket = p.invite("X99", roles::kOfficer);
    CHECK(p.apply(p.office, ticket.change) == "its unit is unknown");
    ticket = p.invite("X01", roles::kOfficer);
    ticket.change.number.data[0] ^= 1;
    CHECK(p.apply(p.office, ticket.change));
    ticket = p.invite("X01", roles::kOfficer);
    ticket.change.publicKey = {};
    CHECK(p.apply(p.office, ticket.change));

    ticket = p.invite("ST", roles::kAdministrator);
    auto signatures = ticket.change.signatures;
    ticket.change.signatures.pop_back();
    CHECK(p.apply(p.office, ticket.change));
    ticket.change.signatures = signatures;
    ticket.change.officer = "Kẻ khác";
    CHECK(p.apply(p.office, ticket.change));
    ticket.change.officer = "Lê Văn Sơn";
    CHECK(p.apply(p.office, ticket.change) == std::nullopt);

    Member clerk = p.join("X01", roles::kClerk);
    CHECK(p.apply(clerk, p.invite("X01", roles::kOfficer).change) == "needs an administrator");
}

TEST_CASE("enrolment: it is signed by the invitation, sealed by the device, with new keys") {
    Province p;
    p.found();
    Ticket ticket = p.invite("X01", roles::kOfficer);
    p.apply(p.office, ticket.change);
    Member member(p.random);
    domain::DeviceEnrolled good = p.enrolment(ticket, member);
    std::string reason;
    auto is = [&](Fault fault, const DirectoryAuthor& author,
                  const domain::DeviceEnrolled& change) {
        CHECK((p.directory.faultOf(author, change, reason) == fault));
    };
    DirectoryAuthor author = p.author(member, 0);
    is(Fault::None, author, good);
    DirectoryAuthor other = author;
    other.seq = 1;
    is(Fault::Invalid, other, good);
    other = author;
    other.device = p.office.id(p.id);
    is(Fault::Invalid, other, good);
    other = author;
    other.incarnation.data[0] ^= 1;
    is(Fault::Invalid, other, good);

    domain::DeviceEnrolled changed = good;
    changed.number.data[0] ^= 1;
    is(Fault::UnknownInvitation, author, changed);
    changed = good;
    changed.signature.data[0] ^= 1;
    is(Fault::Invalid, author, changed);
    changed = good;
    changed.exchangeKey = p.random.make<base::ExchangeKey>();
    is(Fault::Invalid, author, changed);

    Member borrowed = member;
    borrowed.officer = p.office.officer;
    is(Fault::Invalid, author, p.enrolment(ticket, borrowed));
    borrowed = member;
    borrowed.exchange = p.office.exchange;
    is(Fault::Invalid, author, p.enrolment(ticket, borrowed));
    borrowed = member;
    borrowed.officer = borrowed.device;
    is(Fault::Invalid, author, p.enrolment(ticket, borrowed));
    borrowed = p.office;
    is(Fault::Invalid, p.author(borrowed, 0), p.enrolment(ticket, borrowed));
    CHECK(p.apply(member, good, 0) == std::nullopt);
}

TEST_CASE("officer enrolment: a second officer joins the device that his invitation names") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    Member stranger = p.join("X01", roles::kOfficer);
    auto id = member.id(p.id);
    Ticket ticket = p.invite("X01", roles::kLeader, base::copy(id.view()));
    p.apply(p.office, ticket.change);
    auto officer = crypto::SigningKey::generate(p.random);
    domain::OfficerEnrolled good{ticket.keys.number, id, officer.publicKey, {}};
    good.signature = crypto::sign(ticket.keys.key, Context::Enrol, good.statement(p.id));

    Member newcomer(p.random);
    CHECK(p.apply(newcomer, p.enrolment(ticket, newcomer), 0) == "its invitation is unknown");
    CHECK(p.apply(stranger, good));  // sealed by another device
    domain::OfficerEnrolled changed = good;
    changed.device = stranger.id(p.id);
    CHECK(p.apply(stranger, changed));
    changed = good;
    changed.officerKey = member.officer.publicKey;
    CHECK(p.apply(member, changed));  // a key that is not new
    changed = good;
    changed.signature.data[5] ^= 1;
    CHECK(p.apply(member, changed));
    std::uint64_t position = p.directory.size();
    CHECK(p.apply(member, good) == std::nullopt);
    CHECK(p.directory.rolesAt(id, position) == roles::kOfficer);
    CHECK(p.directory.rolesAt(id, position + 1) == (roles::kOfficer | roles::kLeader));
    CHECK(p.apply(member, good) == "the invitation was used");
}

TEST_CASE("scope keys: versions come in turn, from devices of the province unit") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kLeader);
    auto made = [&](std::string_view unit, std::uint32_t version) {
        domain::KeyMade change;
        change.scope = p.scope(unit);
        change.version = version;
        return change;
    };
    CHECK(p.apply(p.office, made("X01", 0)));
    CHECK(p.apply(p.office, made("X01", 2)));
    CHECK(p.apply(p.office, made("X99", 1)) == "the scope is unknown");
    CHECK(p.apply(p.office, made("", 1)));  // the directory has no key
    CHECK(p.apply(member, made("X01", 1)) == "needs a device of the province unit");
    CHECK(p.directory.newestKeyVersion(p.scope("X01"), p.directory.size()) == 0);
    std::uint64_t position = p.directory.size();
    CHECK(p.apply(p.office, made("X01", 1)) == std::nullopt);
    CHECK(p.apply(p.office, made("X01", 1)) == "a key version out of turn");
    CHECK(p.apply(p.office, made("X01", 2)) == std::nullopt);
    CHECK(p.directory.keysOf(p.scope("X01")).size() == 2);
    CHECK(p.directory.newestKeyVersion(p.scope("X01"), position) == 0);
    CHECK(p.directory.newestKeyVersion(p.scope("X01"), position + 1) == 1);
    CHECK(p.directory.newestKeyVersion(p.scope("X01"), position + 3) == 2);
    CHECK(p.directory.keysOf(p.scope("X02")).empty());
}

TEST_CASE("grants: one for each scope, version and device that may read it") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    domain::KeyMade made;
    made.scope = p.scope("X01");
    made.version = 1;
    p.apply(p.office, made);
    made.scope = p.scope("X02");
    p.apply(p.office, made);
    auto grant = [&](std::string_view unit, std::uint32_t version, const base::DeviceId& to) {
        return p.apply(p.office, domain::Granted{p.scope(unit), version, to, base::Bytes(80, 1)});
    };
    auto id = member.id(p.id);
    CHECK(grant("X01", 0, id));
    CHECK(grant("X01", 2, id));
    CHECK(grant("X02", 1, id) == "the device may not read this scope");
    CHECK(grant("X01", 1, Member(p.random).id(p.id)));
    CHECK(p.apply(member, domain::Granted{p.scope("X01"), 1, id, {}}));
    CHECK(p.directory.grantFor(p.scope("X01"), 1, id) == nullptr);
    CHECK(grant("X01", 1, id) == std::nullopt);
    CHECK(grant("X01", 1, id) == "granted before");
    CHECK(p.directory.grantFor(p.scope("X01"), 1, id) != nullptr);
    CHECK(grant("X02", 1, p.office.id(p.id)) == std::nullopt);
    p.apply(p.office, domain::DeviceRevoked{id, "máy hỏng"});
    CHECK(grant("X01", 1, id) == "the device is unknown or revoked");
}

TEST_CASE("directory: the same entries give the same answers, and unknown kinds change nothing") {
    Province a;
    Province b;
    a.found();
    b.found();
    a.join("X01", roles::kOfficer);
    b.join("X01", roles::kOfficer);
    CHECK(a.directory.devices().size() == b.directory.devices().size());
    for (const auto& [id, device] : a.directory.devices()) {
        auto* same = b.directory.device(id);
        REQUIRE(same != nullptr);
        CHECK((same->key == device.key));
        CHECK(same->since == device.since);
    }
    CHECK(a.apply(a.office, domain::UnknownChange{99}) == "an unknown kind of change");
    CHECK(a.apply(a.office, domain::Written{domain::ObjectKind::Task, {}, {}}) ==
          "does not belong into the directory");
    CHECK(a.apply(a.office, domain::Noted{}));
}

TEST_CASE("directory: a dictionary is allowed from the rule's position on, and then for good") {
    Province p;
    p.found();
    const domain::Directory& d = p.directory;
    CHECK(d.dictionaryAllowed(d.size()) == 0);
    std::uint64_t before = d.size();
    CHECK_FALSE(p.apply(p.office, domain::RuleSet{"dictionary", "2"}));
    CHECK(d.dictionaryAllowed(before) == 0);
    CHECK(d.dictionaryAllowed(before + 1) == 2);
    for (const char* value : {"1", "", "none", "-3", "4711"}) {
        CHECK_FALSE(p.apply(p.office, domain::RuleSet{"dictionary", value}));
        CHECK(d.dictionaryAllowed(d.size()) == 2);
    }
    CHECK(d.rule("dictionary") == "4711");
}

TEST_CASE("grants: a key that came too late takes the grants of its entry with it") {
    Province p;
    p.found();
    Member second = p.join("ST", roles::kAdministrator);
    auto made = [&](std::uint8_t by) {
        domain::KeyMade out;
        out.scope = p.scope("X01");
        out.version = 1;
        out.commitment.data[0] = by;
        return out;
    };
    auto granted = [&](std::uint8_t by) {
        return domain::Granted{p.scope("X01"), 1, p.office.id(p.id), {by}};
    };
    domain::KeyMade own;  // a grant of it makes the second office device a confirmed one
    own.scope = p.scope("ST");
    own.version = 1;
    REQUIRE(p.apply(p.office, own) == std::nullopt);
    REQUIRE(p.apply(p.office, domain::Granted{own.scope, 1, second.id(p.id), {9}}) == std::nullopt);
    CHECK(p.apply(p.office, made(1)) == std::nullopt);
    auto late = p.author(second);  // both changes of one entry
    CHECK(p.directory.apply(late, made(2)));
    CHECK(p.directory.apply(late, granted(2)));
    p.directory.setSize(p.directory.size() + 1);
    CHECK(p.directory.grantFor(p.scope("X01"), 1, p.office.id(p.id)) == nullptr);
    CHECK(p.apply(second, granted(3)) == std::nullopt);  // of the key that won
    CHECK(p.directory.grantFor(p.scope("X01"), 1, p.office.id(p.id))->box == base::Bytes{3});
}

TEST_CASE("grants: one to a device that was just revoked is remembered: it may know that key") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    domain::KeyMade made;
    made.scope = p.scope("X01");
    made.version = 1;
    REQUIRE_FALSE(p.apply(p.office, domain::DeviceRevoked{member.id(p.id), "mất máy"}));
    REQUIRE_FALSE(p.apply(p.office, made));
    CHECK_FALSE(p.directory.isGrantedToRevoked(made.scope, 1));
    CHECK(p.apply(p.office, domain::Granted{made.scope, 2, member.id(p.id), {}}));
    CHECK_FALSE(p.directory.isGrantedToRevoked(made.scope, 2));  // there is no such key yet
    CHECK(p.apply(p.office, domain::Granted{made.scope, 1, member.id(p.id), {}}));
    CHECK(p.directory.isGrantedToRevoked(made.scope, 1));
}

TEST_CASE("charter: of two that were made apart the second is admitted, without effect") {
    Province p;
    p.found();
    Member member = p.join("X01", roles::kOfficer);
    REQUIRE_FALSE(p.apply(p.office, charter(p, 2, 2)));
    SignedCharter late = charter(p, 2, 2);
    late.content.headKey = p.random.make<base::PublicKey>();
    CHECK(p.directory.reasonNotAdmitted(p.office.id(p.id), late, p.now) == std::nullopt);
    CHECK(p.directory.reasonNotAdmitted(p.office.id(p.id), charter(p, 4, 2), p.now));
    CHECK(p.directory.reasonNotAdmitted(member.id(p.id), late, p.now));  // anybody could
    CHECK(p.apply(p.office, late));
    CHECK(p.directory.charter().headKey == p.headKey.publicKey);
    CHECK(p.directory.authority().version() == 2);
}
