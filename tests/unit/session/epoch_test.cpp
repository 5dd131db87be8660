// A server that was put back too early has signed two histories, and goes on in a new epoch.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"
#include "office/administration.h"
#include "register/new_epoch.h"
#include "session/server_session.h"

using base::Bytes;
using base::Code;
using base::Status;
using session::ClientSession;
using session::ServerSession;
using test::InMemoryProvince;
using test::Machine;

namespace {

using Purpose = ClientSession::Purpose;

/// X01 with two devices: `a` has seen what the server lost, `b` writes what it signed instead.
struct TwoHistories {
    TwoHistories()
        : a(province.join("X01", domain::roles::kOfficer)),
          b(province.join("X01", domain::roles::kOfficer)) {
        write(*a, "trước bản sao");
        settle(*b);
        settle(province.office);
        older = province.serverStore.clone();
    }
    void write(Machine& machine, const std::string& text) {
        province.clock.now += 1000;
        REQUIRE(machine->append({machine->ownUnit()->scope, {test::note(text)}}));
        settle(machine);
    }
    /// Sessions as a device holds them, until it has no more to say.
    Status run(Machine& machine) {
        Status ended;
        for (int i = 0; i < 8; ++i) {
            const auto before = machine->identity().incarnation;
            const auto forks = machine->forkCounts().restated;
            ClientSession session(machine);
            ended = talk(machine, session);
            if (session.refusal() == wire::RefusedReason::Unknown) {
                ClientSession directory(machine, Purpose::GiveBack);
                ended = talk(machine, directory);
                if (!ended) return ended;
                continue;
            }
            bool goesOn = session.isReturning() || machine->identity().incarnation != before ||
                          machine->forkCounts().restated != forks;
            if (!goesOn) break;
        }
        return ended;
    }
    void settle(Machine& machine) {
        Status ended = run(machine);
        INFO((ended ? "" : ended.error().message));
        REQUIRE(ended);
    }
    Status talk(Machine& machine, ClientSession& client) {
        ServerSession server(*province.intake, ++number, machine->identity().exchangeKey.publicKey);
        TRY(Bytes first, client.start());
        CHECK_OK(server.onMessage(first));
        for (bool moved = true; moved && !client.isFinished();) {
            TRY(bool committed,
                province.intake->run([&](std::uint64_t, std::optional<wire::Refused> refused) {
                    server.settled(std::move(refused));
                }));
            TRY(auto down, server.produce());
            if (down) CHECK_OK(client.onMessage(down->message));
            TRY(auto up, client.produce());
            if (up) CHECK_OK(server.onMessage(up->message));
            moved = committed || down || up;
        }
        return client.isFinished() ? Status() : base::fail(Code::Cut, "neither has more to say");
    }
    /// The server is put back, and takes new work at once.
    void putBack() { province.restartServer(*older); }
    void refusedAsForked(Machine& machine) {
        Status ended = run(machine);
        REQUIRE_FALSE(ended);
        CHECK(ended.error().code == Code::Forked);
    }
    ledger::EpochStatement beginEpoch() {
        province.stopServer();
        auto statement = reg::beginEpoch(*older, province.headKey, province.clock.now);
        INFO((statement ? "" : statement.error().message));
        REQUIRE(statement);
        province.restartServer(*older);
        return *statement;
    }
    void verifyStore() {
        auto txn = older->read();
        REQUIRE(txn);
        auto verified = reg::verifyLedgers(**txn);
        INFO((verified ? "" : verified.error().message));
        CHECK(verified);
    }
    std::vector<std::string> texts(Machine& machine, const base::ScopeId& scope) {
        auto history = machine->history({scope, domain::ObjectKind::Assignment, {}});
        REQUIRE(history);
        std::vector<std::string> out;
        for (const auto& item : *history) {
            if (item.received) out.push_back(std::get<domain::Noted>(item.change).text);
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    /// When the server had a note first.
    base::TimeMs received(Machine& machine, const std::string& text) {
        auto history =
            machine->history({machine->ownUnit()->scope, domain::ObjectKind::Assignment, {}});
        REQUIRE(history);
        for (const auto& item : *history) {
            if (std::get<domain::Noted>(item.change).text == text) return item.received.value_or(0);
        }
        FAIL("no such note");
        return 0;
    }
    /// What people ask of a device works whatever its directory lacks for now.
    void looksAtAll(Machine& machine) {
        REQUIRE(machine->status());
        REQUIRE(machine->eachRow(
            [](const base::ScopeId&, const domain::Row&) { return base::Result<bool>(true); }));
        REQUIRE(machine->audit());
        REQUIRE(machine->queueSize());
    }
    std::uint64_t pendingOf(Machine& machine) {
        std::uint64_t out = 0;
        auto status = machine->status();
        REQUIRE(status);
        for (const auto& one : *status) out += one.pending;
        return out;
    }
    replica::Replica::FormerCount former(Machine& machine) {
        REQUIRE(machine->settle());
        auto former = machine->formerRecords();
        REQUIRE(former);
        return *former;
    }
    std::map<base::ScopeId, base::Hash> digests(Machine& machine) {
        std::map<base::ScopeId, base::Hash> out;
        auto status = machine->status();
        REQUIRE(status);
        for (const auto& one : *status) {
            REQUIRE(one.stateDigest);
            CHECK(one.pending == 0);
            if (one.size > 0) out[one.scope] = *one.stateDigest;
        }
        return out;
    }
    void allAgree(std::vector<Machine*> machines) {
        auto office = digests(province.office);
        for (Machine* machine : machines) {
            for (const auto& [scope, digest] : digests(*machine))
                CHECK((office.at(scope) == digest));
            CHECK(former(*machine).records == 0);
            CHECK(former(*machine).apart == 0);
            CHECK((*machine)->splitViews().value() == 0);
        }
        verifyStore();
    }

    InMemoryProvince province;
    std::unique_ptr<Machine> a, b;
    std::unique_ptr<store::MemoryStore> older;
    std::uint64_t number = 1000;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("epoch: what the server had signed and lost is ordered again, and everybody agrees") {
    TwoHistories t;
    t.write(*t.a, "chỉ máy A giữ");
    const base::TimeMs first = t.received(*t.a, "chỉ máy A giữ");
    t.settle(t.province.office);
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    t.refusedAsForked(*t.a);
    CHECK(t.province.reg->contradictions().size() == 1);
    CHECK(t.province.reg->isRecovering());
    const ledger::EpochStatement statement = t.beginEpoch();
    CHECK(statement.epoch == 1);
    CHECK_FALSE(t.province.reg->isRecovering());
    CHECK(t.province.reg->contradictions().empty());
    t.province.clock.now += 5000;
    const base::ScopeId scope = t.a->scope();
    SECTION("the device that wrote it comes first") {
        t.settle(*t.a);
        t.settle(t.province.office);
        t.settle(*t.b);
    }
    SECTION("another device that holds it comes first, and goes on writing") {
        t.settle(t.province.office);
        t.settle(*t.b);
        t.write(*t.b, "sau đó");
        t.settle(*t.a);
        t.settle(*t.b);
        t.settle(t.province.office);
        CHECK(t.texts(*t.a, scope).size() == 4);
    }
    SECTION("the device that wrote it never comes back") {
        t.settle(t.province.office);
        t.settle(*t.b);
        CHECK(t.received(*t.b, "chỉ máy A giữ") == first);
        t.allAgree({t.b.get()});
        return;
    }
    SECTION("cut at any message, it goes on") {
        for (int steps = 0; steps < 12; ++steps) {
            ClientSession session(*t.a);
            ServerSession server(*t.province.intake, ++t.number,
                                 (*t.a)->identity().exchangeKey.publicKey);
            auto hello = session.start();
            REQUIRE(hello);
            REQUIRE(server.onMessage(*hello));
            for (int i = 0; i < steps && !session.isFinished(); ++i) {
                auto ran = t.province.intake->run(
                    [&](std::uint64_t, auto refused) { server.settled(std::move(refused)); });
                REQUIRE(ran);
                auto down = server.produce();
                REQUIRE(down);
                if (*down) REQUIRE(session.onMessage((*down)->message));
                auto up = session.produce();
                REQUIRE(up);
                if (*up) REQUIRE(server.onMessage((*up)->message));
            }
            t.province.restart(*t.a);
        }
        t.settle(*t.a);
        t.settle(t.province.office);
        t.settle(*t.b);
    }
    CHECK(t.received(*t.b, "chỉ máy A giữ") == first);
    CHECK(t.received(*t.a, "chỉ máy A giữ") == first);
    CHECK((*t.a)->epoch() == 1);
    CHECK((*t.b)->epoch() == 1);
    for (Machine* machine : {t.a.get(), t.b.get(), &t.province.office}) {
        const Texts all = t.texts(*machine, scope);
        for (const char* one : {"chỉ máy A giữ", "máy chủ nhận tiếp", "trước bản sao"})
            CHECK(std::count(all.begin(), all.end(), one) == 1);
    }
    t.allAgree({t.a.get(), t.b.get()});
    t.province.restart(*t.a);
    t.allAgree({t.a.get(), t.b.get()});
}

TEST_CASE("epoch: what waited on a device of the other history goes behind it") {
    TwoHistories t;
    t.write(*t.a, "chỉ máy A giữ");
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    REQUIRE((*t.a)->append({t.a->scope(), {test::note("chưa gửi")}}));
    t.refusedAsForked(*t.a);
    t.beginEpoch();
    t.settle(*t.b);
    t.settle(*t.a);
    t.settle(*t.b);
    t.settle(t.province.office);
    CHECK(t.texts(*t.b, t.a->scope()) ==
          Texts{"chưa gửi", "chỉ máy A giữ", "máy chủ nhận tiếp", "trước bản sao"});
    t.allAgree({t.a.get(), t.b.get()});
}

TEST_CASE("epoch: units and devices of the other history are there again") {
    TwoHistories t;
    auto second = t.province.join("ST", domain::roles::kAdministrator | domain::roles::kProvincial);
    t.settle(t.province.office);
    t.older = t.province.serverStore.clone();
    REQUIRE(office::importUnits(t.province.office,
                                {{"X03", "Xã Mới", domain::UnitLevel::Commune, ""}}));
    t.province.settleOffice();
    auto c = t.province.join("X03", domain::roles::kOfficer);
    t.write(*c, "xã mới");
    t.write(*t.a, "chỉ máy A giữ");
    // Under a key that the server loses with the unit.
    REQUIRE(t.province.office->append({c->scope(), {test::note("văn phòng ghi")}}));
    t.settle(t.province.office);
    t.settle(*c);
    t.putBack();
    REQUIRE(office::importUnits(*second, {{"X04", "Xã Khác", domain::UnitLevel::Commune, ""}}));
    t.settle(*second);
    t.refusedAsForked(t.province.office);
    t.beginEpoch();
    SECTION("the office comes first") {
        t.settle(t.province.office);
    }
    SECTION("the office looks at its work before its directory is whole again") {
        ClientSession session(t.province.office);
        REQUIRE(t.talk(t.province.office, session));
        REQUIRE(session.hasFollowed());
        t.looksAtAll(t.province.office);
        const std::uint64_t pending = t.pendingOf(t.province.office);
        CHECK(pending > 1);
        t.province.restart(t.province.office);
        t.looksAtAll(t.province.office);
        CHECK(t.pendingOf(t.province.office) == pending);
        t.settle(t.province.office);
    }
    SECTION("a device looks at its work while its directory does not name it") {
        ClientSession unknown(*c);
        REQUIRE_FALSE(t.talk(*c, unknown));
        ClientSession directory(*c, Purpose::GiveBack);
        REQUIRE(t.talk(*c, directory));
        ClientSession session(*c);
        REQUIRE(t.talk(*c, session));
        REQUIRE(session.hasFollowed());
        for (int i = 0; i < 2; ++i) {
            REQUIRE((*c)->ownDevice() == nullptr);
            t.looksAtAll(*c);
            CHECK(t.pendingOf(*c) == 2);  // its enrolment and its note
            t.province.restart(*c);
        }
        t.settle(*c);
        t.settle(t.province.office);
    }
    SECTION("the device that the server does not know comes first") {
        t.settle(*c);
        t.settle(*t.a);
        t.settle(t.province.office);
    }
    for (Machine* machine : {t.a.get(), t.b.get(), c.get(), second.get()}) t.settle(*machine);
    t.write(*c, "làm tiếp");
    for (Machine* machine : {t.a.get(), t.b.get(), c.get(), second.get(), &t.province.office})
        t.settle(*machine);
    const domain::Directory& directory = t.province.office->directory().directory();
    REQUIRE(directory.unit("X03"));
    REQUIRE(directory.unit("X04"));
    CHECK(t.texts(*c, c->scope()) == Texts{"làm tiếp", "văn phòng ghi", "xã mới"});
    CHECK(t.texts(*t.b, t.b->scope()) == Texts{"chỉ máy A giữ", "trước bản sao"});
    t.allAgree({t.a.get(), t.b.get(), c.get(), second.get()});
}

TEST_CASE("epoch: where one chain went two ways, one is kept apart and written again") {
    TwoHistories t;
    auto copy = t.a->store.clone();
    for (const char* text : {"bản thứ nhất", "bản thứ nhất nữa", "bản thứ nhất cuối"})
        t.write(*t.a, text);
    t.settle(t.province.office);
    t.putBack();
    Machine twin;
    twin.replica = replica::Replica::open(*copy, t.province.clock, t.province.random).value();
    t.write(twin, "bản thứ hai");
    t.refusedAsForked(*t.a);
    t.beginEpoch();
    SECTION("its author comes first") {
        t.settle(*t.a);
    }
    SECTION("its author comes late") {
        t.settle(t.province.office);
        t.settle(*t.b);
        CHECK(t.former(t.province.office).records == 0);  // nobody waits for them
        CHECK(t.former(t.province.office).apart == 3);
        CHECK(t.province.office->partedEntries() == 3);
        t.province.restart(t.province.office);
        t.write(*t.b, "việc khác");
        t.settle(t.province.office);
        CHECK(t.former(t.province.office).apart == 3);
        CHECK(t.province.office->partedEntries() == 0);  // it was told
        t.settle(*t.a);
    }
    t.settle(t.province.office);
    t.settle(*t.b);
    t.settle(twin);
    Texts all = t.texts(*t.b, t.a->scope());
    all.erase(std::remove(all.begin(), all.end(), "việc khác"), all.end());
    CHECK(all == Texts{"bản thứ hai", "bản thứ nhất", "bản thứ nhất cuối", "bản thứ nhất nữa",
                       "trước bản sao"});
    CHECK((*t.a)->forkCounts().restated == 3);
    auto txn = t.older->read();
    REQUIRE(txn);
    auto kept = reg::formerKept(**txn);
    REQUIRE(kept);
    REQUIRE(kept->size() == 3);
    const auto gaps = std::count_if(kept->begin(), kept->end(), [](const auto& one) {
        return one.why == reg::FormerReason::Gap;
    });
    CHECK(gaps == 1);
    t.allAgree({t.a.get(), t.b.get()});
    CHECK(t.former(t.province.office).records + t.former(t.province.office).apart == 0);
    t.verifyStore();
}

TEST_CASE("epoch: nobody begins one without need, and none that its server has not signed counts") {
    TwoHistories t;
    auto refused =
        reg::beginEpoch(t.province.serverStore, t.province.headKey, t.province.clock.now);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::Refused);
    ledger::EpochStatement statement;
    statement.province = t.province.office->identity().province;
    statement.epoch = 1;
    statement.charterVersion = 1;
    SECTION("another signer") {
        statement.sign(crypto::SigningKey::generate(t.province.random));
    }
    SECTION("another province") {
        statement.province.data[0] ^= 1;
        statement.sign(t.province.headKey);
    }
    SECTION("another charter") {
        statement.charterVersion = 2;
        statement.sign(t.province.headKey);
    }
    SECTION("one bit") {
        statement.sign(t.province.headKey);
        statement.time ^= 1;
    }
    SECTION("none of that") {
        statement.sign(t.province.headKey);
        CHECK((*t.a)->learnEpoch(statement.encode()));
        return;
    }
    Status learnt = (*t.a)->learnEpoch(statement.encode());
    REQUIRE_FALSE(learnt);
    CHECK(learnt.error().code == Code::Refused);
}

TEST_CASE("epoch: a history that is longer than what is moved at once goes back whole") {
    TwoHistories t;
    std::uint64_t bytes = 0;
    for (int i = 0; bytes <= 2 * base::limits::kBatchBytesMax; ++i) {
        Bytes random(14'000);
        t.province.random.fill(random);
        t.write(*t.a, std::to_string(i) + base::toHex(random));
        bytes += random.size();
    }
    const std::uint64_t size = (*t.a)->ledgerInfo(t.a->scope()).size();
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    t.refusedAsForked(*t.a);
    t.beginEpoch();
    ClientSession session(*t.a);
    REQUIRE(t.talk(*t.a, session));
    REQUIRE(session.hasFollowed());
    CHECK((*t.a)->ledgerInfo(t.a->scope()).size() == 1);
    CHECK(t.former(*t.a).entries == size - 1);
    CHECK((*t.a)->pendingEntries() == size - 1);
    t.settle(*t.a);
    t.settle(*t.b);
    t.settle(t.province.office);
    CHECK(t.texts(*t.b, t.a->scope()).size() == size + 1);
    t.allAgree({t.a.get(), t.b.get()});
}

TEST_CASE("epoch: a device that is revoked before its history is in order again keeps it") {
    using Leaving = replica::Replica::Leaving;
    TwoHistories t;
    t.write(*t.a, "chỉ máy A giữ");
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    t.refusedAsForked(*t.a);
    t.beginEpoch();
    ClientSession session(*t.a);
    REQUIRE(t.talk(*t.a, session));
    REQUIRE(session.hasFollowed());
    t.settle(t.province.office);
    REQUIRE(office::revoke(t.province.office, (*t.a)->identity().device.hex(), "mất máy"));
    t.settle(t.province.office);
    REQUIRE_FALSE(t.run(*t.a));
    CHECK(t.former(*t.a).records > 0);
    CHECK((*t.a)->leaving() == Leaving::EarlierEpoch);
}

TEST_CASE("epoch: a former history is taken as it was signed, or not at all") {
    TwoHistories t;
    t.write(*t.a, "chỉ máy A giữ");
    t.write(*t.a, "và một nữa");
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    t.refusedAsForked(*t.a);
    t.beginEpoch();
    const base::ScopeId scope = t.a->scope();
    REQUIRE((*t.a)->ledgerInfo(scope).size() == 3);
    auto former = (*t.a)->formerLedgers({});
    REQUIRE(former);
    const auto ofUnit = std::find_if(former->begin(), former->end(),
                                     [&](const auto& one) { return one.scope == scope; });
    REQUIRE(ofUnit != former->end());
    auto head = ledger::Head::decode(ofUnit->head);
    REQUIRE(head);
    auto standing = t.province.reg->standingOf(*head, ofUnit->samples);
    REQUIRE(standing);
    const std::uint64_t common = standing->common;
    CHECK(common == 1);  // its beginning, whatever lies between that and what differs
    CHECK_FALSE(standing->isSettled);
    auto records = (*t.a)->recordsFrom(scope, common);
    auto frontier = (*t.a)->frontierAt(scope, common);
    REQUIRE(frontier);
    REQUIRE(records);
    REQUIRE(records->bytes.size() == 3 - common);
    std::vector<Bytes> bytes = records->bytes;
    session::ServerPort::FormerTail tail;
    tail.head = *head;
    tail.first = common;
    tail.frontier = *frontier;
    tail.roots = records->roots;
    const std::uint64_t size = t.province.reg->state(scope).size;
    auto taken = [&] {
        tail.records.assign(bytes.begin(), bytes.end());
        Status status = t.province.reg->takeFormer(tail, [](const auto&) { return false; });
        REQUIRE(t.province.reg->commit());
        CHECK((status || (status.error().code != Code::Io && status.error().code != Code::Corrupt &&
                          status.error().code != Code::Internal)));
        CHECK((status || t.province.reg->state(scope).size == size));
        return status.has_value();
    };
    SECTION("every bit of a record counts") {
        for (std::size_t i = 0; i < bytes.back().size(); i += 5) {
            bytes.back()[i] ^= 1;
            REQUIRE_FALSE(taken());
            bytes.back()[i] ^= 1;
        }
    }
    SECTION("the directory's roots") {
        tail.roots[1].data[3] ^= 1;
        REQUIRE_FALSE(taken());
        tail.roots[1].data[3] ^= 1;
        tail.roots.pop_back();
        REQUIRE_FALSE(taken());
        tail.roots = records->roots;
    }
    SECTION("what stands before") {
        tail.frontier.back() ^= 1;
        REQUIRE_FALSE(taken());
        tail.frontier.clear();
        REQUIRE_FALSE(taken());
        tail.frontier = *frontier;
        tail.first = common + 1;
        REQUIRE_FALSE(taken());
        tail.first = common;
    }
    SECTION("not all of it, or in another order") {
        std::swap(bytes[0], bytes[1]);
        REQUIRE_FALSE(taken());
        std::swap(bytes[0], bytes[1]);
        Bytes last = bytes.back();
        bytes.pop_back();
        tail.roots.pop_back();
        REQUIRE_FALSE(taken());
        bytes.push_back(last);
        tail.roots = records->roots;
    }
    SECTION("a head that the server has not signed") {
        tail.head.size = 9;
        REQUIRE_FALSE(taken());
        tail.head = *head;
    }
    CHECK(taken());
    CHECK(t.province.reg->state(scope).size == size + 2);
    CHECK(t.province.reg->standingOf(*head, ofUnit->samples)->isSettled);
    CHECK(taken());  // a second device has the same
    CHECK(t.province.reg->state(scope).size == size + 2);
    t.verifyStore();
}
