// What a history says of time, whatever the clocks of the devices say.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"

using test::InMemoryProvince;
using test::Machine;

namespace {

constexpr base::TimeMs kHourMs = 3'600'000;

struct Times {
    /// The only note of this text, as the machine tells of it.
    replica::Replica::HistoryItem itemOf(Machine& machine, const std::string& text) {
        auto items = machine->history({machine.scope(), domain::ObjectKind::Assignment, {}});
        REQUIRE(items);
        for (const auto& item : *items) {
            auto* noted = std::get_if<domain::Noted>(&item.change);
            if (noted != nullptr && noted->text == text) return item;
        }
        FAIL("there is no note " << text);
        return {};
    }
    /// Writes and synchronises; when it arrived.
    base::TimeMs write(Machine& machine, const std::string& text) {
        p.clock.now += kHourMs;
        REQUIRE(machine->append({machine.scope(), {test::note(text)}}));
        REQUIRE(p.sync(machine));
        return p.clock.now;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", domain::roles::kOfficer);
    std::unique_ptr<Machine> b = p.join("X01", domain::roles::kOfficer);
    const base::TimeMs enrolled = p.clock.now;
};

}  // namespace

TEST_CASE("history: a device's wrong clock changes neither when its work arrived nor after what") {
    Times t;
    const base::TimeMs first = t.write(*t.a, "trước");
    REQUIRE(t.p.sync(*t.b));
    const base::TimeMs wrong = first - kHourMs / 2;
    const base::TimeMs arrival = first + 2 * kHourMs;
    t.p.clock.now = wrong;
    REQUIRE((*t.b)->append({t.b->scope(), {test::note("sau")}}));
    auto pending = t.itemOf(*t.b, "sau");
    CHECK(pending.claimed == wrong);
    CHECK(pending.notBefore == first);
    CHECK_FALSE(pending.received);
    t.p.clock.now = arrival;
    REQUIRE(t.p.sync(*t.b));
    REQUIRE(t.p.sync(*t.a));
    for (Machine* machine : {t.a.get(), t.b.get()}) {
        auto item = t.itemOf(*machine, "sau");
        CHECK(item.claimed == wrong);
        CHECK(item.notBefore == first);
        CHECK(item.received == arrival);
    }
}

TEST_CASE("history: work is not before the newest that its author had seen, of either ledger") {
    Times t;
    t.write(*t.a, "một");
    CHECK(t.itemOf(*t.a, "một").notBefore == t.enrolled);  // it had seen the directory alone
    t.p.clock.now += kHourMs;
    const domain::Directory& directory = t.p.office->directory().directory();
    REQUIRE(
        t.p.office->append({directory.directoryScopeId(), {domain::RuleSet{"grant", "confirm"}}}));
    REQUIRE(t.p.sync(t.p.office));
    const base::TimeMs ruled = t.p.clock.now;
    t.write(*t.a, "hai");  // without knowing of the rule
    t.write(*t.b, "ba");   // without having seen anything
    t.write(*t.b, "bốn");
    CHECK(t.itemOf(*t.a, "hai").notBefore == ruled - kHourMs);
    REQUIRE(t.p.sync(*t.a));
    CHECK(t.itemOf(*t.a, "ba").notBefore == t.enrolled);
    CHECK(t.itemOf(*t.a, "bốn").notBefore == t.itemOf(*t.a, "ba").received);
    t.p.clock.now += kHourMs;
    REQUIRE(t.p.office->append(
        {directory.directoryScopeId(), {domain::RuleSet{"grant", "automatic"}}}));
    REQUIRE(t.p.sync(t.p.office));
    REQUIRE(t.p.sync(*t.a));
    const base::TimeMs ruledAgain = t.p.clock.now;
    t.write(*t.a, "năm");
    CHECK(t.itemOf(*t.a, "năm").notBefore == ruledAgain);
}

TEST_CASE("history: an entry names the ledger and the directory as its author saw them") {
    Times t;
    t.write(*t.a, "một");
    auto seen = t.p.intake->state(t.a->scope());
    REQUIRE(seen);
    t.write(*t.a, "hai");
    const replica::Identity& id = (*t.a)->identity();
    auto state = ledger::ChainState::start(
        id.province, ledger::ChainId{t.a->scope(), id.device, id.incarnation});
    std::vector<ledger::Seen> told;
    REQUIRE(t.p.intake->read(t.a->scope(), 0, [&](const session::ServerPort::RecordView& view) {
        auto record = ledger::parseRecord(view.bytes);
        REQUIRE(record);
        auto entry = ledger::advance(state, record->segment.entries[0]);
        REQUIRE(entry);
        told.push_back(entry->header.seen);
        return base::Result<bool>(true);
    }));
    REQUIRE(told.size() == 2);
    const std::uint64_t directorySize = (*t.a)->directory().size();
    CHECK(told[0].ledgerSize == 0);
    CHECK(told[0].directorySize > 0);
    CHECK(told[1] == ledger::Seen{seen->epoch, 1, directorySize, seen->root});
}
