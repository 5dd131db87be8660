// What the intake does on bad days: a clock in doubt, a full disk, a restored store, a flood, work
// without right.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"
#include "intake/intake.h"
#include "office/administration.h"

using base::Bytes;
using base::Code;
using test::InMemoryProvince;
using test::Machine;
using wire::RefusedReason;

namespace {

constexpr base::TimeMs kYearMs = 365LL * 24 * 3600 * 1000;

struct Commune {
    Commune() : machine(p.join("X01", domain::roles::kOfficer)) {}
    void write(const std::string& text) {
        REQUIRE((*machine)->append({machine->scope(), {test::note(text)}}));
    }
    void mustBePaused() {
        auto paused = p.sync(*machine);
        REQUIRE_FALSE(paused);
        CHECK(paused.error().code == Code::ServerPaused);
        CHECK(paused.error().message.find("Nothing is lost") != std::string::npos);
    }
    void markRestored() {
        ledger::Watermark mark;
        mark.time = static_cast<std::uint64_t>(p.clock.now);
        auto txn = p.serverStore.write();
        REQUIRE(txn);
        REQUIRE(reg::putRestored(**txn, {p.clock.now, mark, 0}));
        REQUIRE((*txn)->commit());
        txn->reset();
        p.restartServer();
    }
    void confirmClock() {
        auto txn = p.serverStore.write();
        REQUIRE(txn);
        auto held = reg::clockMark(**txn);
        REQUIRE(held);
        reg::ClockMark mark{p.clock.now, p.reg->lastArrival(), *held ? (*held)->number + 1 : 1};
        REQUIRE(reg::putClockMark(**txn, mark));
        REQUIRE((*txn)->commit());
    }
    void revoke() {
        const domain::Directory& directory = p.office->directory().directory();
        REQUIRE(p.office->append({directory.directoryScopeId(),
                                  {domain::DeviceRevoked{(*machine)->identity().device, "mất"}}}));
        REQUIRE(p.sync(p.office));
    }
    std::uint64_t size() const { return p.reg->state(machine->scope()).size; }

    InMemoryProvince p;
    std::unique_ptr<Machine> machine;
};

}  // namespace

TEST_CASE("intake: while the clock is in doubt nothing is committed, and downloads go on") {
    Commune c;
    auto other = c.p.join("X01", domain::roles::kOfficer);
    REQUIRE((*other)->append({other->scope(), {test::note("của máy kia")}}));
    REQUIRE(c.p.sync(*other));
    const base::TimeMs jump = GENERATE(20 * kYearMs, -20 * kYearMs);
    c.p.clock.jump(jump);
    c.write("của máy này");
    const std::uint64_t entries = c.p.reg->entries();
    const std::uint64_t arrival = c.p.reg->lastArrival();
    c.mustBePaused();
    CHECK(c.p.reg->entries() == entries);
    CHECK((*c.machine)->ledgers()->size() == 2);  // the other's note has arrived
    CHECK((*c.machine)->pendingEntries() == 1);
    SECTION("until somebody confirms it") {
        c.confirmClock();
        REQUIRE(c.p.sync(*c.machine));
        CHECK(c.p.reg->lastArrival() >= arrival);
    }
    SECTION("or it is right again") {
        c.p.clock.jump(-jump);
        REQUIRE(c.p.sync(*c.machine));
    }
    SECTION("also after a restart") {
        c.p.restartServer();
        c.mustBePaused();
        c.confirmClock();
        REQUIRE(c.p.sync(*c.machine));
    }
    CHECK((*c.machine)->pendingEntries() == 0);
    CHECK(c.p.reg->entries() == entries + 1);
}

TEST_CASE("intake: a head that is signed in doubt has the time of the last arrival") {
    Commune c;
    c.write("việc");
    REQUIRE(c.p.sync(*c.machine));
    c.p.restartServer();  // no head is kept
    c.p.clock.jump(5 * kYearMs);
    const auto scope = c.machine->scope();
    std::optional<base::Hash> root;
    REQUIRE(c.p.reg->read(scope, 0, [&](const session::ServerPort::RecordView& view) {
        root = view.rootAfter;
        return base::Result<bool>(true);
    }));
    auto signedHead = c.p.reg->signHead(scope, c.size(), *root);
    REQUIRE(signedHead);
    auto head = ledger::Head::decode(*signedHead);
    REQUIRE(head);
    CHECK(head->time == c.p.reg->lastArrival());
}

TEST_CASE("intake: arrivals that stand still are confirmed once, not at each start") {
    Commune c;
    c.p.clock.jump(10 * kYearMs);
    c.confirmClock();  // wrongly
    c.write("của tương lai");
    REQUIRE(c.p.sync(*c.machine));
    const std::uint64_t ahead = c.p.reg->lastArrival();
    c.p.clock.jump(-10 * kYearMs);
    c.write("của hôm nay");
    c.mustBePaused();
    c.confirmClock();
    REQUIRE(c.p.sync(*c.machine));
    CHECK(c.p.reg->lastArrival() == ahead);
    for (int month = 0; month < 4; ++month) {  // never 30 days without work, but more in all
        c.p.clock.now += 25LL * 24 * 3600 * 1000;
        c.write("việc của tháng");
        REQUIRE(c.p.sync(*c.machine));
        c.p.restartServer();
    }
    CHECK(c.p.reg->lastArrival() == ahead);
}

TEST_CASE("intake: a restored server serves, takes nothing, and goes on after resume") {
    Commune c;
    c.markRestored();
    c.p.clock.now += 1000;
    c.write("mới");
    const std::uint64_t entries = c.p.reg->entries();
    c.mustBePaused();
    CHECK(c.p.reg->isRecovering());
    CHECK(c.p.reg->entries() == entries);
    // Who has come since is known, although his last session was a moment ago.
    CHECK(c.p.reg->heard().at((*c.machine)->identity().device) == c.p.clock.now);
    auto late = c.p.office->hello();
    REQUIRE(late);
    c.p.restartServer();
    c.mustBePaused();
    auto txn = c.p.serverStore.write();
    REQUIRE(txn);
    REQUIRE(reg::eraseRestored(**txn));
    REQUIRE((*txn)->commit());
    txn->reset();
    REQUIRE(c.p.sync(*c.machine));
    CHECK(c.p.reg->entries() == entries + 1);
}

TEST_CASE("intake: with a full disk the server goes on, and takes work again by itself") {
    Commune c;
    c.write("việc");
    c.p.serverStore.setFull(true);
    for (int i = 0; i < 3; ++i) {
        c.mustBePaused();
        CHECK(c.p.intake->closedBecause().find("disk") != std::string::npos);
    }
    CHECK(c.size() == 0);
    c.p.serverStore.setFull(false);
    REQUIRE(c.p.sync(*c.machine));
    CHECK(c.p.intake->closedBecause().empty());
    CHECK(c.size() == 1);
}

TEST_CASE("intake: a commit that fails is read back, and the work is taken once, later") {
    Commune c;
    c.write("việc");
    auto outcome = GENERATE(store::FailedCommit::Lost, store::FailedCommit::Kept);
    c.p.serverStore.failNextCommit(outcome);
    c.mustBePaused();
    CHECK(c.size() == (outcome == store::FailedCommit::Kept ? 1 : 0));
    c.p.clock.now += base::limits::kDiskRetryMs - 1;
    if (outcome == store::FailedCommit::Lost) c.mustBePaused();
    c.p.clock.now += 1;
    REQUIRE(c.p.sync(*c.machine));
    CHECK(c.size() == 1);
    CHECK((*c.machine)->pendingEntries() == 0);
}

TEST_CASE(
    "intake: what a revoked device sends lies in the quarantine, one parcel, and nowhere else") {
    Commune c;
    for (int i = 0; i < 3; ++i) c.write("trước");
    const std::uint64_t before = c.size();
    c.revoke();
    for (int i = 0; i < 2; ++i) {
        auto refused = c.p.sync(*c.machine);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::Refused);
    }
    CHECK(c.size() == before);
    REQUIRE(c.p.reg->quarantined().size() == 1);
    const auto& [chain, item] = *c.p.reg->quarantined().begin();
    CHECK(chain.device == (*c.machine)->identity().device);
    CHECK(chain.scope == c.machine->scope());
    CHECK(item.count == 3);
    CHECK(item.why == reg::QuarantineReason::Revoked);
    CHECK((*c.machine)->pendingEntries() == 3);
    c.p.restartServer();
    CHECK(c.p.reg->quarantined().size() == 1);
}

TEST_CASE(
    "intake: of a revoked device's session one segment of each ledger is looked at, and no more") {
    Commune c;
    c.write("một");
    const Bytes own = test::pendingSegment(c.p, *c.machine);
    c.revoke();
    const replica::Identity& id = (*c.machine)->identity();
    ledger::Header header;
    header.keyVersion = 1;
    replica::Identity second = id;
    second.incarnation = c.p.random.make<base::IncarnationId>();
    const Bytes other = test::sealedEntry(second, c.machine->scope(), header, Bytes(40));
    session::ServerSession session(*c.p.intake, 77, id.exchangeKey.publicKey);
    wire::Hello hello;
    hello.incarnation = id.incarnation;
    hello.pendingEntries = 2;
    hello.pushFollows = true;
    REQUIRE(session.onMessage(wire::encode(wire::ClientMessage(hello))));
    REQUIRE(session.onMessage(wire::encode(wire::ClientMessage(wire::Push{{own, other}}))));
    REQUIRE(session.onMessage(wire::encode(wire::ClientMessage(wire::Push{{other}}))));
    std::vector<wire::Refused> refused;
    for (int i = 0; i < 20 && !session.isFinished(); ++i) {
        auto out = session.produce();
        REQUIRE(out);
        REQUIRE(c.p.intake->run([&](std::uint64_t, auto verdict) { session.settled(verdict); }));
        if (!*out) continue;
        auto said = wire::decodeServerMessage((*out)->message);
        REQUIRE(said);
        if (auto* answer = std::get_if<wire::Answer>(&said->message)) {
            CHECK(answer->isRevoked);
            CHECK(answer->ledgers.empty());
        } else if (auto* batch = std::get_if<wire::Batch>(&said->message)) {
            CHECK(batch->scope == c.p.office->directory().directory().directoryScopeId());
        } else {
            REQUIRE(std::holds_alternative<wire::Refused>(said->message));
            refused.push_back(std::get<wire::Refused>(said->message));
        }
    }
    CHECK(session.isFinished());
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].reason == RefusedReason::Revoked);
    auto parcel = ledger::parseSegment(own);
    REQUIRE(parcel);
    const auto kept =
        std::find_if(refused[0].chains.begin(), refused[0].chains.end(),
                     [&](const auto& one) { return one.scope == c.machine->scope(); });
    REQUIRE(kept != refused[0].chains.end());
    CHECK(kept->nextSeq == parcel->firstSeq + parcel->entries.size());
    CHECK(c.p.reg->quarantined().size() == 1);
}

TEST_CASE("intake: work for another unit's ledger is kept apart, until there is no room") {
    Commune c;
    auto other = c.p.join("X02", domain::roles::kOfficer);
    replica::Identity id = (*c.machine)->identity();
    ledger::Header header;
    header.keyVersion = 1;
    RefusedReason last = RefusedReason::NoRight;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < base::limits::kQuarantineDeviceItemsMax + 1; ++i) {
        id.incarnation = c.p.random.make<base::IncarnationId>();
        const Bytes segment = test::sealedEntry(id, other->scope(), header, Bytes(40));
        auto verdict = c.p.push(id.device, segment);
        REQUIRE(verdict);
        REQUIRE(*verdict);
        last = (*verdict)->reason;
        if (last == RefusedReason::NoRight) ++kept;
    }
    CHECK(last == RefusedReason::QuarantineFull);
    CHECK(kept == base::limits::kQuarantineDeviceItemsMax);
    CHECK(c.p.reg->quarantined().size() == kept);
    CHECK(c.p.reg->state(other->scope()).size == 0);
    Bytes broken = test::sealedEntry(id, other->scope(), header, Bytes(40));
    broken.back() ^= 1;
    auto verdict = c.p.push(id.device, broken);
    REQUIRE(verdict);
    CHECK((*verdict)->reason == RefusedReason::Malformed);
}

TEST_CASE("intake: a device that floods waits behind its own work, others do not") {
    Commune c;
    auto honest = c.p.join("X02", domain::roles::kOfficer);
    constexpr int kFlood = 100;
    for (int i = 0; i < kFlood; ++i) c.write("lụt");
    const Bytes all = test::pendingSegment(c.p, *c.machine);
    const base::DeviceId flooder = (*c.machine)->identity().device;
    std::vector<Bytes> pieces;
    for (int i = 0; i < kFlood; ++i)
        pieces.push_back(test::segmentOf(*c.machine, all, static_cast<std::size_t>(i),
                                         static_cast<std::size_t>(i) + 1));
    for (const Bytes& piece : pieces) c.p.intake->push(1, flooder, {piece, {}});
    REQUIRE((*honest)->append({honest->scope(), {test::note("của người khác")}}));
    const Bytes one = test::pendingSegment(c.p, *honest);
    c.p.intake->push(2, (*honest)->identity().device, {one, {}});
    CHECK(c.p.intake->queuedBytes(flooder) > one.size());
    std::vector<std::uint64_t> order;
    REQUIRE(c.p.intake->run([&](std::uint64_t session, auto refused) {
        CHECK_FALSE(refused);
        order.push_back(session);
    }));
    REQUIRE(order.size() == kFlood + 1);
    CHECK(order[1] == 2);
    CHECK(c.p.intake->queuedBytes(flooder) == 0);
}

TEST_CASE("quotas: a device's day ends, a unit's is shared, and nothing over is lost") {
    using namespace base::limits;
    test::ManualClock clock;
    intake::Quotas quotas(clock);
    test::SeededRandom random;
    const auto a = random.make<base::DeviceId>(), b = random.make<base::DeviceId>();
    std::vector<Bytes> bytes(kSegmentEntriesMax, Bytes(100));
    ledger::Segment segment;
    for (const Bytes& one : bytes) segment.entries.emplace_back(one);
    const Bytes whole(60'000);
    segment.bytes = whole;
    std::uint64_t taken = 0;
    while (!quotas.reasonAgainst(a, "X01", segment)) {
        quotas.count(a, "X01", segment);
        taken += segment.entries.size();
    }
    CHECK(taken <= kDeviceDayEntriesMax);
    CHECK(taken > kDeviceDayEntriesMax - kSegmentEntriesMax);
    CHECK_FALSE(quotas.reasonAgainst(b, "X01", segment));
    for (int i = 0; i < 10; ++i) {
        const auto more = random.make<base::DeviceId>();
        while (!quotas.reasonAgainst(more, "X01", segment)) quotas.count(more, "X01", segment);
    }
    auto reason = quotas.reasonAgainst(b, "X01", segment);
    REQUIRE(reason);
    CHECK(reason->find("unit") != std::string::npos);
    CHECK_FALSE(quotas.reasonAgainst(b, "X02", segment));
    clock.now += kQuotaDayMs;
    CHECK_FALSE(quotas.reasonAgainst(a, "X01", segment));
}
