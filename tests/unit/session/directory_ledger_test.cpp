#include "session/directory_ledger.h"
#include <catch2/catch.hpp>
#include "history.h"

using base::Code;
using test::Member;
using test::World;

namespace {

base::Result<base::PublicKey> sealKeyOf(const World& world, const base::Bytes& recordBytes) {
    TRY(ledger::Record record, ledger::parseRecord(recordBytes));
    return world.directory.sealKey(record.segment);
}

}  // namespace

TEST_CASE("directory ledger: it knows its root at every size and when each leaf arrived") {
    World world;
    world.join("X01");
    REQUIRE(world.directory.size() == 5);
    CHECK(world.directory.directory().size() == 5);
    CHECK((world.directory.rootAt(0) == ledger::LedgerHash::empty()));
    CHECK((world.directory.rootAt(5) == world.directoryHistory.tip.frontier.root()));
    for (std::uint64_t i = 1; i < 5; ++i) {
        CHECK((world.directory.rootAt(i) != world.directory.rootAt(i + 1)));
        CHECK(world.directory.arrivalOf(i) == world.directory.arrivalOf(i - 1) + 1000);
    }
    CHECK(world.directory.withoutEffect().empty());
}

TEST_CASE("directory ledger: a leaf binds its position and the root before it") {
    World world;
    base::Hash before = world.directory.rootAt(3);
    ledger::Frontier frontier = world.directoryHistory.tip.frontier;
    ledger::Arrival at = world.arrival();
    world.write({domain::RuleSet{"grant", "confirm"}});
    base::Hash tip = world.chainState(world.chainOf(world.office(), world.directoryScope())).tip;
    frontier.append(ledger::leafHash(tip, {at.arrival, 3, at.firstArrival}, before));
    CHECK((frontier.root() == world.directory.rootAt(4)));
}

TEST_CASE("directory ledger: changes without effect stay, with their reason") {
    World world;
    Member member = world.join("X01");
    REQUIRE(world.append(world.directoryHistory,
                         world.record(member, world.directoryScope(),
                                      {domain::RuleSet{"grant", "confirm"},
                                       domain::RuleSet{"proof", "signed_in_time"}})));
    REQUIRE(world.directory.withoutEffect().size() == 2);
    const session::WithoutEffect& one = world.directory.withoutEffect()[0];
    CHECK(one.change == "rule_set");
    CHECK(one.reason == "needs an administrator");
    CHECK(one.position == 5);
    CHECK((one.scope == world.directoryScope()));
    CHECK((one.entry == world.chainState(world.chainOf(member, world.directoryScope())).tip));
    CHECK(world.directory.directory().rule("grant") == "automatic");
}

TEST_CASE(
    "directory ledger: a kind of a newer version stops the reader if an administrator wrote it") {
    World world;
    Member member = world.join("X01");
    constexpr std::size_t kFirstTag = 32;  // of the first change in an encoded body
    base::Bytes unknown = wire::encodeBody(std::vector<domain::Change>{domain::RuleSet{"a", "b"}});
    unknown[kFirstTag] = 200;
    base::Bytes body = wire::compress(unknown, wire::kImportLevel, 0);
    auto append = [&](const Member& by) {
        ledger::ChainId chain = world.chainOf(by, world.directoryScope());
        ledger::ChainState state = world.chainState(chain);
        base::Bytes bytes = ledger::encodeHeader({}, state);
        base::Writer(bytes).raw(body);
        auto entry = ledger::advance(state, bytes);
        REQUIRE(entry);
        return world.directory.append(chain, std::span(&*entry, 1), world.arrival());
    };
    CHECK(append(member));
    REQUIRE(world.directory.withoutEffect().size() == 1);
    CHECK(world.directory.withoutEffect()[0].reason == "an unknown kind of change");
    auto stopped = append(world.office());
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == Code::Unsupported);
}

TEST_CASE("directory ledger: of an entry and those that restate it the first has effect") {
    World world;
    const ledger::ChainId old = world.chainOf(world.office(), world.directoryScope());
    std::map<ledger::ChainId, ledger::ChainState> states{{old, world.chainState(old)}};
    struct Draft {
        ledger::ChainId chain;
        base::Bytes bytes;
        base::Hash hash;
    };
    /// What the office would write next in a chain of its own.
    auto draft = [&](std::uint8_t incarnation, const ledger::Header& header, const char* value) {
        Draft out{old, {}, {}};
        if (incarnation > 0)
            out.chain.incarnation = base::IncarnationId::from(base::Bytes(16, incarnation));
        if (!states.contains(out.chain))
            states[out.chain] = ledger::ChainState::start(world.province.id, out.chain);
        ledger::ChainState state = states[out.chain];
        const std::vector<domain::Change> changes{domain::RuleSet{"grant", value}};
        out.bytes = ledger::encodeHeader(header, state);
        base::Writer(out.bytes).raw(
            wire::compress(wire::encodeBody(changes), wire::kImportLevel, 0));
        auto entry = ledger::advance(state, out.bytes);
        REQUIRE(entry);
        out.hash = entry->hash;
        return out;
    };
    /// The rule after that.
    auto append = [&](const Draft& d) {
        auto entry = ledger::advance(states[d.chain], d.bytes);
        REQUIRE(entry);
        REQUIRE(world.directory.append(d.chain, std::span(&*entry, 1), world.arrival()));
        return world.directory.directory().rule("grant").value_or("");
    };
    ledger::Header again;
    const Draft late = draft(0, {}, "late");
    again.restates = late.hash;
    CHECK(append(draft(3, again, "no chain to go on from")) == "automatic");
    again.continues = ledger::Continues{old.incarnation, 0, {}};
    CHECK(append(draft(1, again, "again")) == "again");
    CHECK(append(draft(2, again, "a second time")) == "again");
    CHECK(append(draft(2, {}, "between")) == "between");
    CHECK(append(late) == "between");
    again.restates = late.hash;
    CHECK(append(draft(1, again, "a third time")) == "between");
    const Draft held = draft(0, {}, "held");
    CHECK(append(held) == "held");
    again.restates = held.hash;
    CHECK(append(draft(2, again, "had arrived")) == "held");
    std::vector<std::string> reasons;
    for (const auto& one : world.directory.withoutEffect()) reasons.push_back(one.reason);
    CHECK(reasons ==
          std::vector<std::string>{
              "was written again in a chain that continues no other",
              "was written again a second time", "had been written again before it arrived",
              "was written again a second time", "was written again although it had arrived"});
}

TEST_CASE("directory ledger: a body under a key or a dictionary is no part of it") {
    World world;
    base::Bytes plain = wire::encodeBody(test::kNote);
    for (ledger::Header header :
         {ledger::Header{1, 0, 0, {}, {}, {}}, ledger::Header{0, 1, 0, {}, {}, {}}}) {
        ledger::ChainState state =
            world.chainState(world.chainOf(world.office(), world.directoryScope()));
        base::Bytes bytes = ledger::encodeHeader(header, state);
        base::Writer(bytes).raw(wire::compress(plain, wire::kImportLevel, header.dictionary));
        auto entry = ledger::advance(state, bytes);
        REQUIRE(entry);
        auto changes = session::directoryChanges(*entry);
        REQUIRE_FALSE(changes);
        CHECK(changes.error().code == Code::Malformed);
    }
}

TEST_CASE(
    "seal key: of an enrolled device, of genesis, or of the device that the first entry enrols") {
    World world;
    Member member(world.province.random);
    test::Ticket ticket = world.province.invite("X01", domain::roles::kOfficer);
    world.write({ticket.change});
    auto enrolment = world.province.enrolment(ticket, member);
    base::ScopeId scope = world.directoryScope();
    auto key = sealKeyOf(world, world.record(member, scope, {enrolment}));
    REQUIRE(key);
    CHECK((*key == member.device.publicKey));
    key = sealKeyOf(world, world.record(world.office(), scope, test::kNote));
    REQUIRE(key);
    CHECK((*key == world.office().device.publicKey));
    CHECK_FALSE(sealKeyOf(world, world.record(member, world.province.scope("X01"), {enrolment})));
    auto refused = [&](const Member& by, const std::vector<domain::Change>& changes) {
        auto result = sealKeyOf(world, world.record(by, scope, changes));
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Code::Refused);
    };
    refused(member, {});
    refused(member, test::kNote);
    refused(member, {domain::RuleSet{"a", "b"}, enrolment});
    refused(Member(world.province.random), {enrolment});        // of another device
    refused(member, {domain::Change(world.province.genesis)});  // a second genesis
    domain::DeviceEnrolled other = enrolment;
    other.deviceKey = Member(world.province.random).device.publicKey;
    refused(member, {other});
}

TEST_CASE("seal key: an encrypted or unreadable first entry gives none") {
    World world;
    Member member(world.province.random);
    auto encrypted =
        sealKeyOf(world, world.record(member, world.directoryScope(), test::kNote, {}, 1));
    REQUIRE_FALSE(encrypted);
    CHECK(encrypted.error().code == Code::Malformed);
}

TEST_CASE("directory ledger: copies go their own ways") {
    World world;
    session::DirectoryLedger copy = world.directory;
    world.write({domain::RuleSet{"grant", "confirm"}});
    CHECK(copy.size() == 3);
    CHECK(copy.directory().rule("grant") == "automatic");
    CHECK(world.directory.directory().rule("grant") == "confirm");
}
