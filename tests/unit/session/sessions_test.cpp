// Both ends of a session against a peer that says the wrong thing.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "session/server_session.h"

using base::Bytes;
using base::Code;
using session::ClientSession;
using session::ServerSession;
using test::InMemoryProvince;
using test::Machine;

namespace {

Bytes encoded(const wire::ClientMessage& message) {
    return wire::encode(message);
}
Bytes encoded(const wire::ServerMessage& message) {
    return wire::encode(message);
}

struct Served {
    Served()
        : machine(province.join("X01", domain::roles::kOfficer)),
          server(*province.intake, 99, (*machine)->identity().exchangeKey.publicKey) {}

    wire::Hello hello(std::uint64_t pending) {
        auto out = (*machine)->hello();
        REQUIRE(out);
        out->pendingEntries = pending;
        return *out;
    }
    void isMalformed(const Bytes& message) {
        auto status = server.onMessage(message);
        REQUIRE_FALSE(status);
        CHECK(status.error().code == Code::Malformed);
    }
    void revokeMachine() {
        const domain::Directory& directory = province.office->directory().directory();
        REQUIRE(province.office->append(
            {directory.directoryScopeId(),
             {domain::DeviceRevoked{(*machine)->identity().device, "mất máy"}}}));
        REQUIRE(province.sync(province.office));
    }
    InMemoryProvince province;
    std::unique_ptr<Machine> machine;
    ServerSession server;
};

/// The session says this and no more.
void endsWith(ServerSession& session, wire::RefusedReason reason) {
    auto out = session.produce();
    REQUIRE(out);
    REQUIRE(*out);
    CHECK((*out)->last);
    auto decoded = wire::decodeServerMessage((*out)->message);
    REQUIRE(decoded);
    auto* refused = std::get_if<wire::Refused>(&decoded->message);
    REQUIRE(refused != nullptr);
    CHECK(refused->reason == reason);
    CHECK(session.isFinished());
}

}  // namespace

TEST_CASE("server session: nothing comes before the hello, and no second one") {
    Served s;
    s.isMalformed(encoded(wire::ClientMessage(wire::Done{})));
    s.isMalformed(encoded(wire::ClientMessage(wire::Push{})));
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(1)))));
    s.isMalformed(encoded(wire::ClientMessage(s.hello(1))));
    Bytes segment(200, 1);
    s.isMalformed(encoded(wire::ClientMessage(wire::Introduce{segment})));
    s.isMalformed(encoded(wire::ClientMessage(wire::Found{{}, segment})));
}

TEST_CASE("server session: after done nothing is pushed") {
    Served s;
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(1)))));
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(wire::Done{}))));
    s.isMalformed(encoded(wire::ClientMessage(wire::Push{})));
}

TEST_CASE("server session: a push may hold little more than its segments") {
    Served s;
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(1)))));
    const Bytes segment(200, 1);
    Bytes push = encoded(wire::ClientMessage(wire::Push{{segment}}));
    // Words behind the last one that the message uses: sound, but never counted as work.
    constexpr std::uint32_t kWordsMore = 100'000;
    base::Reader header(base::ByteView(push).first(8));
    header.u32();
    const std::uint32_t words = header.u32() + kWordsMore;
    Bytes padded;
    base::Writer(padded).u32(0).u32(words).raw(base::ByteView(push).subspan(8));
    padded.resize(8 + std::size_t{words} * 8);
    REQUIRE(wire::decodeClientMessage(padded));
    s.isMalformed(padded);
}

TEST_CASE("server session: ledgers are told once, and only when they were asked for") {
    Served s;
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(1)))));
    s.isMalformed(encoded(wire::ClientMessage(wire::Ledgers{})));
}

TEST_CASE("server session: a client that ends within a record hears that nothing ends there") {
    Served s;
    auto other = s.province.join("X01", domain::roles::kOfficer);
    std::vector<replica::Act> acts(3, {other->scope(), {test::note("việc")}});
    REQUIRE((*other)->appendAll(acts, replica::Cost::Small));
    REQUIRE(s.province.sync(*other));
    REQUIRE(s.province.reg->state(other->scope()).size == 3);  // one record
    REQUIRE(s.province.sync(*s.machine));
    wire::Hello hello = s.hello(0);
    for (wire::LedgerState& ledger : hello.ledgers) {
        if (ledger.scope == other->scope()) ledger.size = 1;
    }
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(hello))));
    auto out = s.server.produce();
    REQUIRE(out);
    REQUIRE(*out);
    auto decoded = wire::decodeServerMessage((*out)->message);
    REQUIRE(decoded);
    auto* answer = std::get_if<wire::Answer>(&decoded->message);
    REQUIRE(answer != nullptr);
    REQUIRE(answer->ledgers.size() == 1);
    CHECK(answer->ledgers[0].state.size == 1);
    CHECK(answer->ledgers[0].state.root == ledger::ShortRoot());
    auto more = s.server.produce();  // it waits for the head that the client holds
    REQUIRE(more);
    CHECK_FALSE(*more);
}

TEST_CASE("server session: a stranger hears so, and nothing else; a revoked device learns it") {
    Served s;
    ServerSession stranger(*s.province.intake, 100,
                           crypto::ExchangeKeyPair::generate(s.province.random).publicKey);
    CHECK_FALSE(stranger.isKnown());
    REQUIRE(stranger.onMessage(encoded(wire::ClientMessage(s.hello(0)))));
    endsWith(stranger, wire::RefusedReason::Unknown);

    s.revokeMachine();
    const std::uint64_t end = s.province.office->directory().size();
    REQUIRE(
        s.province.office->append({s.province.office->directory().directory().directoryScopeId(),
                                   {domain::RuleSet{"grant", "confirm"}}}));
    REQUIRE(s.province.sync(s.province.office));
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(0)))));
    auto said = s.server.produce();
    REQUIRE(said);
    REQUIRE(*said);
    auto decoded = wire::decodeServerMessage((*said)->message);
    REQUIRE(decoded);
    auto* answer = std::get_if<wire::Answer>(&decoded->message);
    REQUIRE(answer != nullptr);
    CHECK(answer->isRevoked);
    CHECK(answer->ledgers.empty());
    said = s.server.produce();
    REQUIRE(said);
    REQUIRE(*said);
    auto records = wire::decodeServerMessage((*said)->message);
    REQUIRE(records);
    auto* batch = std::get_if<wire::Batch>(&records->message);
    REQUIRE(batch != nullptr);
    CHECK(batch->scope == s.province.office->directory().directory().directoryScopeId());
    auto head = ledger::Head::decode(batch->head);
    REQUIRE(head);
    CHECK(head->size == end);  // up to its revocation, and not what came later
    endsWith(s.server, wire::RefusedReason::Revoked);
}

TEST_CASE("server session: a revoked device that knows it is only told so") {
    Served s;
    s.revokeMachine();
    CHECK_FALSE(s.province.sync(*s.machine));
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(0)))));
    endsWith(s.server, wire::RefusedReason::Revoked);
}

TEST_CASE("server session: a device that is revoked meanwhile is sent nothing more") {
    Served s;
    auto other = s.province.join("X01", domain::roles::kOfficer);
    REQUIRE((*other)->append({other->scope(), {test::note("việc")}}));
    REQUIRE(s.province.sync(*other));
    REQUIRE(s.server.onMessage(encoded(wire::ClientMessage(s.hello(1)))));
    auto answer = s.server.produce();
    REQUIRE(answer);
    REQUIRE(*answer);
    s.revokeMachine();
    endsWith(s.server, wire::RefusedReason::Revoked);
}

TEST_CASE("client session: what a server may not say ends it") {
    InMemoryProvince p;
    auto machine = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*machine)->append({machine->scope(), {test::note("việc")}}));
    ClientSession session(*machine->replica);
    REQUIRE(session.start());
    auto isMalformed = [&](const wire::ServerMessage& message) {
        auto status = session.onMessage(encoded(message));
        REQUIRE_FALSE(status);
        CHECK(status.error().code == Code::Malformed);
    };
    SECTION("an end before everything was sent") {
        isMalformed(wire::Finished{});
    }
    SECTION("an introduction's answer") {
        isMalformed(wire::Introduced{});
    }
    SECTION("a batch out of its place") {
        wire::Batch batch;
        batch.scope = machine->scope();
        batch.first = 5;
        Bytes bytes(200);
        batch.records.emplace_back(base::ByteView(bytes));
        batch.head = bytes;
        isMalformed(batch);
    }
    SECTION("nothing differs, though work waits") {
        isMalformed(wire::Same{});
    }
    SECTION("noise") {
        CHECK_FALSE(session.onMessage(Bytes(64, 0xFF)));
    }
    CHECK((*machine)->pendingEntries() == 1);
}

TEST_CASE("client session: after its last word the server says no more") {
    InMemoryProvince p;
    auto machine = p.join("X01", domain::roles::kOfficer);
    ClientSession session(*machine->replica);
    REQUIRE(session.start());
    const Bytes same = encoded(wire::ServerMessage(wire::Same{}));
    REQUIRE(session.onMessage(same));
    CHECK(session.isFinished());
    auto more = session.onMessage(same);
    REQUIRE_FALSE(more);
    CHECK(more.error().code == Code::Malformed);
}

TEST_CASE("client session: a refusal is told with its reason, and work stays") {
    InMemoryProvince p;
    auto machine = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*machine)->append({machine->scope(), {test::note("việc")}}));
    ClientSession session(*machine->replica);
    REQUIRE(session.start());
    wire::Refused refused;
    refused.reason = wire::RefusedReason::NoRight;
    refused.text = "the device has no right";
    auto status = session.onMessage(encoded(wire::ServerMessage(refused)));
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::NotPermitted);
    CHECK(session.refusal() == wire::RefusedReason::NoRight);
    CHECK((*machine)->pendingEntries() == 1);
}
