#include "session/ledger_check.h"
#include <catch2/catch.hpp>
#include "history.h"

using base::Code;
using base::Status;
using ledger::Arrival;
using test::History;
using test::kNote;
using test::Member;
using test::World;

namespace {

/// A commune whose device has written one note, and what the next record of it may say.
struct Unit {
    Unit() : member(world.join("X01")), scope(world.province.scope("X01")) {
        REQUIRE(append(world.arrival()));
    }
    Status append(const Arrival& at) {
        return world.append(history, world.record(member, scope, kNote, at, 1));
    }
    void refuses(const Arrival& at, Code code) {
        auto size = history.tip.frontier.size();
        auto status = append(at);
        REQUIRE_FALSE(status);
        CHECK(base::codeName(status.error().code) == base::codeName(code));
        CHECK(history.tip.frontier.size() == size);
    }

    World world;
    Member member;
    base::ScopeId scope;
    History history;
};

}  // namespace

TEST_CASE("ledger check: records extend the ledger, its times and its root") {
    Unit unit;
    Arrival at = unit.world.arrival();
    REQUIRE(unit.append(at));
    CHECK(unit.history.tip.frontier.size() == 2);
    CHECK(unit.history.tip.lastArrival == at.arrival);
    CHECK(unit.history.tip.lastDirectorySize == at.directorySize);
    CHECK(unit.append(at));  // the same moment may hold many
    CHECK(unit.append({at.arrival + 1, at.directorySize, at.arrival + 1}));
}

TEST_CASE("ledger check: the leaf names the directory's root at the record's directory size") {
    Unit unit;
    ledger::Frontier frontier = unit.history.tip.frontier;
    Arrival at = unit.world.arrival();
    REQUIRE(unit.append(at));
    base::Hash tip = unit.world.chainState(unit.world.chainOf(unit.member, unit.scope)).tip;
    frontier.append(ledger::leafHash(tip, at, unit.world.directory.rootAt(at.directorySize)));
    CHECK((frontier.root() == unit.history.tip.frontier.root()));
}

TEST_CASE("ledger check: an arrival before its predecessor's is refused") {
    Unit unit;
    std::uint64_t last = unit.history.tip.lastArrival;
    std::uint64_t size = unit.world.directory.size();
    unit.refuses({last - 1, size, last - 1}, Code::Malformed);
    CHECK(unit.append({last, size, last}));
}

TEST_CASE("ledger check: a first arrival that differs from the arrival is refused") {
    Unit unit;
    Arrival at = unit.world.arrival();
    for (std::int64_t difference : {-86'400'000, -1, 1}) {
        std::uint64_t first = at.arrival + static_cast<std::uint64_t>(difference);
        unit.refuses({at.arrival, at.directorySize, first}, Code::Malformed);
    }
    CHECK(unit.append(at));
}

TEST_CASE(
    "ledger check: a directory size that falls is refused, one not received yet is waited for") {
    Unit unit;
    Arrival at = unit.world.arrival();
    unit.refuses({at.arrival, at.directorySize - 1, at.arrival}, Code::Malformed);
    unit.refuses({at.arrival, at.directorySize + 1, at.arrival}, Code::NotFound);
    unit.refuses({at.arrival, UINT64_MAX, at.arrival}, Code::NotFound);
    CHECK(unit.append(at));
}

TEST_CASE("ledger check: a record cannot hide a directory change that arrived before it") {
    Unit unit;
    std::uint64_t size = unit.world.directory.size();
    std::uint64_t changed = unit.world.arrival().arrival;
    unit.world.write({domain::DeviceRevoked{unit.member.id(unit.world.province.id), "mất máy"}});
    unit.refuses({changed + 1, size, changed + 1}, Code::Malformed);
    CHECK(
        unit.append({changed, size,
                     changed}));  // the same moment: the directory's come first, but none is hidden
    CHECK(unit.append({changed + 1, size + 1, changed + 1}));
}

TEST_CASE("ledger check: a record that arrived before the directory it names is refused") {
    Unit unit;
    unit.world.province.now += 10'000;
    std::uint64_t before = unit.world.arrival().arrival - 5'000;
    unit.world.write({domain::RuleSet{"grant", "confirm"}});
    unit.refuses({before, unit.world.directory.size(), before}, Code::Malformed);
}

TEST_CASE("ledger check: a directory record stands at its own size") {
    World world;
    Arrival at = world.arrival();
    for (std::uint64_t size : {at.directorySize - 1, at.directorySize + 1, std::uint64_t{0}}) {
        auto status = world.append(
            world.directoryHistory,
            world.record(world.office(), world.directoryScope(), {domain::RuleSet{"a", "b"}},
                         Arrival{at.arrival, size, at.arrival}));
        REQUIRE_FALSE(status);
        CHECK(status.error().code == Code::Malformed);
    }
    auto early = world.append(
        world.directoryHistory,
        world.record(world.office(), world.directoryScope(), {domain::RuleSet{"a", "b"}},
                     Arrival{at.arrival - 1001, at.directorySize, at.arrival - 1001}));
    CHECK_FALSE(early);
    world.write({domain::RuleSet{"a", "b"}});
    CHECK(world.directory.size() == 4);
}

TEST_CASE("ledger check: an unknown device, a broken chain and a foreign seal are refused") {
    Unit unit;
    World& world = unit.world;
    Member stranger(world.province.random);
    auto status = world.append(unit.history, world.record(stranger, unit.scope, kNote, {}, 1));
    REQUIRE_FALSE(status);
    base::Bytes bytes = world.record(unit.member, unit.scope, kNote, {}, 1);
    REQUIRE(world.append(unit.history, bytes));
    status = world.append(unit.history, bytes);  // once more
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Forked);
    Member other = world.join("X01");
    Member forger = unit.member;
    forger.device = other.device;
    base::Bytes forged = world.record(forger, unit.scope, kNote, {}, 1);
    // The forger's key makes another device id: put the victim's in its place.
    auto victim = unit.member.id(world.province.id);
    std::copy(victim.data.begin(), victim.data.end(), forged.begin() + 16);
    CHECK_FALSE(world.append(unit.history, forged));
}

TEST_CASE("ledger check: the same records make the same ledger") {
    World a;
    World b;
    Member memberA = a.join("X02");
    Member memberB = b.join("X02");
    CHECK((a.directory.rootAt(a.directory.size()) == b.directory.rootAt(b.directory.size())));
    CHECK((memberA.device.publicKey == memberB.device.publicKey));
}

TEST_CASE(
    "ledger check: a body that cannot be read is malformed in the directory, and no matter in a "
    "unit") {
    Unit unit;
    World& world = unit.world;
    auto status = world.append(world.directoryHistory,
                               world.record(world.office(), world.directoryScope(), kNote, {}, 7));
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Malformed);
    CHECK(world.append(unit.history, world.record(unit.member, unit.scope, kNote, {}, 7)));
}
