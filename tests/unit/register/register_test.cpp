#include "register/register.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"

using base::Bytes;
using base::Code;
using reg::Register;
using test::InMemoryProvince;
using Appended = Register::Appended;

namespace {

/// A commune device with six entries that the server has not seen.
struct Writer {
    Writer() : machine(province.join("X01", domain::roles::kOfficer)) {
        for (int i = 0; i < 6; ++i) REQUIRE(append("việc " + std::to_string(i)));
        all = test::pendingSegment(province, *machine);
    }
    bool append(const std::string& text) {
        return (*machine)->append({machine->scope(), {test::note(text)}}).has_value();
    }
    Bytes part(std::size_t from, std::size_t to) const {
        return test::segmentOf(*machine, all, from, to);
    }
    base::Result<Appended> send(const Bytes& bytes) {
        auto segment = ledger::parseSegment(bytes);
        REQUIRE(segment);
        return province.reg->append(*segment, [](auto) { return std::optional<std::string>(); });
    }
    std::uint64_t size() const { return province.reg->state(machine->scope()).size; }

    InMemoryProvince province;
    std::unique_ptr<test::Machine> machine;
    Bytes all;
};

}  // namespace

TEST_CASE("register: of a segment that overlaps what is held only the unseen part is appended") {
    Writer w;
    REQUIRE(w.send(w.part(0, 2)) == Appended::Yes);
    SECTION("before the commit") {}
    SECTION("after the commit") {
        REQUIRE(w.province.reg->commit());
    }
    SECTION("after a restart") {
        REQUIRE(w.province.reg->commit());
        w.province.restartServer();
    }
    CHECK(w.send(w.part(0, 2)) == Appended::Duplicate);
    CHECK(w.send(w.part(1, 2)) == Appended::Duplicate);
    CHECK(w.send(w.part(1, 4)) == Appended::Yes);
    CHECK(w.send(w.part(0, 4)) == Appended::Duplicate);
    CHECK(w.send(w.part(0, 6)) == Appended::Yes);
    CHECK(w.send(w.part(2, 3)) == Appended::Duplicate);
    REQUIRE(w.province.reg->commit());
    CHECK(w.size() == 6);
    CHECK(w.province.sync(*w.machine));
    CHECK((*w.machine)->pendingEntries() == 0);
}

TEST_CASE("register: a segment beyond the chain's end is a gap, and says where to go on") {
    Writer w;
    REQUIRE(w.send(w.part(0, 2)) == Appended::Yes);
    CHECK(w.send(w.part(3, 5)) == Appended::Gap);
    auto segment = ledger::parseSegment(w.all);
    CHECK(w.province.reg->nextSeq(segment->chain) == 2);
}

TEST_CASE("register: other work under the same chain is a fork, wherever it begins") {
    Writer one;
    Writer other;  // the same seed: the same keys, other texts later
    REQUIRE(other.all == one.all);
    REQUIRE(one.send(one.part(0, 3)) == Appended::Yes);
    REQUIRE(other.append("khác"));
    Bytes longer = test::pendingSegment(other.province, *other.machine);
    REQUIRE(one.append("bản khác của cùng một dòng"));
    Bytes forked = test::pendingSegment(one.province, *one.machine);
    REQUIRE(one.send(longer) == Appended::Yes);
    REQUIRE(one.province.reg->commit());
    CHECK(one.send(forked) == Appended::Forked);
    CHECK(one.send(test::segmentOf(*one.machine, forked, 6, 7)) == Appended::Forked);
    CHECK(one.send(test::segmentOf(*one.machine, forked, 5, 7)) == Appended::Forked);
    CHECK(one.size() == 7);
}

TEST_CASE("register: after a commit that failed nothing is taken until it is opened again") {
    Writer w;
    REQUIRE(w.send(w.part(0, 2)) == Appended::Yes);
    auto outcome = GENERATE(store::FailedCommit::Lost, store::FailedCommit::Kept);
    w.province.serverStore.failNextCommit(outcome);
    auto failed = w.province.reg->commit();
    REQUIRE_FALSE(failed);
    auto refused = w.send(w.part(2, 4));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::Io);
    w.province.restartServer();
    std::uint64_t kept = outcome == store::FailedCommit::Kept ? 2 : 0;
    CHECK(w.size() == kept);
    CHECK(w.send(w.part(0, 4)) == Appended::Yes);
    REQUIRE(w.province.reg->commit());
    CHECK(w.size() == 4);
}

TEST_CASE("register: arrival never decreases, whatever the clock does") {
    Writer w;
    REQUIRE(w.send(w.part(0, 2)) == Appended::Yes);
    std::uint64_t before = w.province.reg->lastArrival();
    w.province.clock.now -= 20LL * 365 * 24 * 3600 * 1000;
    REQUIRE(w.send(w.part(2, 4)) == Appended::Yes);
    REQUIRE(w.province.reg->commit());
    CHECK(w.province.reg->lastArrival() == before);
    CHECK(w.province.sync(*w.machine));
}

TEST_CASE("register: a ledger that lacks its last record is not opened") {
    Writer w;
    REQUIRE(w.send(w.all) == Appended::Yes);
    REQUIRE(w.province.reg->commit());
    const bool ofDirectory = GENERATE(true, false);
    const auto scope = ofDirectory ? domain::directoryScope((*w.machine)->identity().province)
                                   : w.machine->scope();
    w.province.stopServer();
    auto txn = w.province.serverStore.write();
    REQUIRE(txn);
    auto last = (*txn)->lastKey(store::kRecords, scope.view());
    REQUIRE(last);
    REQUIRE(*last);
    REQUIRE((*txn)->erase(store::kRecords, **last));
    REQUIRE((*txn)->commit());
    auto opened = Register::open(w.province.serverStore, w.province.clock, w.province.headKey);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::Corrupt);
}

TEST_CASE("register: a device that begins anew without end is stopped, its chains go on") {
    Writer w;
    replica::Identity id = (*w.machine)->identity();
    ledger::Header header;
    header.keyVersion = 1;
    auto begin = [&] {
        id.incarnation = w.province.random.make<base::IncarnationId>();
        return w.send(test::sealedEntry(id, w.machine->scope(), header, {}));
    };
    REQUIRE(w.send(w.part(0, 2)) == Appended::Yes);
    for (std::size_t i = 1; i < base::limits::kIncarnationsMax; ++i) {
        REQUIRE(begin() == Appended::Yes);
        if (i % 100 == 0) REQUIRE(w.province.reg->commit());
    }
    SECTION("before the commit") {}
    SECTION("after the commit") {
        REQUIRE(w.province.reg->commit());
    }
    auto one = begin();
    REQUIRE_FALSE(one);
    CHECK(one.error().code == Code::NotPermitted);
    CHECK(w.send(w.part(2, 6)) == Appended::Yes);
    id = (*w.province.join("X01", domain::roles::kOfficer))->identity();
    CHECK(begin() == Appended::Yes);
}
