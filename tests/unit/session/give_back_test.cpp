// A server that holds less than it has signed for, and devices that give it back.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
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

/// A province whose server was put back: `before` is what it held last, the older copy is what it
/// has now.
struct PutBack {
    PutBack() : a(province.join("X01", domain::roles::kOfficer)) {
        write(*a, "trước bản sao");
        older = province.serverStore.clone();
        write(*a, "sau bản sao");
        write(*a, "sau nữa");
    }
    void write(Machine& machine, const std::string& text) {
        REQUIRE(machine->append({machine.scope(), {test::note(text)}}));
        REQUIRE(province.sync(machine));
    }
    void putBack() {
        before = records();
        province.restartServer(*older);
    }
    /// Every ledger's records, as the server holds them.
    std::map<base::ScopeId, std::vector<Bytes>> records() {
        std::map<base::ScopeId, std::vector<Bytes>> out;
        auto ledgers = province.office->ledgers();
        REQUIRE(ledgers);
        for (const wire::LedgerState& state : *ledgers) {
            auto read = province.reg->read(state.scope, 0, [&](const auto& record) {
                out[state.scope].push_back(base::copy(record.bytes));
                return base::Result<bool>(true);
            });
            REQUIRE(read);
        }
        return out;
    }
    Status talk(Machine& machine, ClientSession& client) {
        ServerSession server(*province.intake, ++number, machine->identity().exchangeKey.publicKey);
        return talk(client, server);
    }
    /// Whoever has something to say says it; the one that goes first goes on while it has.
    enum class First { Server, Client };
    Status talk(ClientSession& client, ServerSession& server, First goesFirst = First::Server) {
        auto first = client.start();
        REQUIRE(first);
        CHECK_OK(server.onMessage(*first));
        for (bool moved = true; moved && !client.isFinished();) {
            moved = false;
            if (goesFirst == First::Client) {
                auto up = client.produce();
                if (!up) return tl::unexpected(up.error());
                if (*up) {
                    CHECK_OK(server.onMessage((*up)->message));
                    moved = true;
                    continue;
                }
            }
            while (province.intake
                       ->run([&](std::uint64_t, std::optional<wire::Refused> refused) {
                           server.settled(std::move(refused));
                       })
                       .value()) {
                moved = true;
            }
            auto down = server.produce();
            if (!down) return tl::unexpected(down.error());
            if (*down) {
                CHECK_OK(client.onMessage((*down)->message));
                moved = true;
                continue;
            }
            auto up = client.produce();
            if (!up) return tl::unexpected(up.error());
            if (!*up) continue;
            CHECK_OK(server.onMessage((*up)->message));
            moved = true;
        }
        return client.isFinished() ? Status() : base::fail(Code::Cut, "neither has more to say");
    }

    /// Messages are on their way for a while, in both directions: what happens next is drawn.
    Status talkAtRandom(ClientSession& client, ServerSession& server, test::SeededRandom& random) {
        std::deque<Bytes> up;
        std::deque<Bytes> down;
        auto first = client.start();
        REQUIRE(first);
        up.push_back(*first);
        auto step = [&](unsigned action) -> base::Result<bool> {
            if (action == 0) {
                TRY(auto said, client.produce());
                if (said) up.push_back(said->message);
                return said.has_value();
            }
            if (action == 1) {
                TRY(auto said, server.produce());
                if (said) down.push_back(said->message);
                return said.has_value();
            }
            if (action == 2) {
                return province.intake->run(
                    [&](std::uint64_t, auto refused) { server.settled(std::move(refused)); });
            }
            auto& line = action == 3 ? up : down;
            if (line.empty()) return false;
            const Bytes message = line.front();
            line.pop_front();
            CHECK_OK(action == 3 ? server.onMessage(message) : client.onMessage(message));
            return true;
        };
        while (!client.isFinished()) {
            const unsigned begin = static_cast<unsigned>(random.below(5));
            bool moved = false;
            for (unsigned i = 0; i < 5 && !moved; ++i) {
                TRY(moved, step((begin + i) % 5));
            }
            if (!moved) return base::fail(Code::Internal, "neither has more to say");
        }
        return {};
    }

    InMemoryProvince province;
    std::unique_ptr<Machine> a;
    std::unique_ptr<store::MemoryStore> older;
    std::map<base::ScopeId, std::vector<Bytes>> before;
    std::uint64_t number = 100;
};

ledger::Head headOf(Machine& machine, const base::ScopeId& scope) {
    auto shown = machine->headToShow({scope, 0, 0, {}});
    REQUIRE(shown);
    REQUIRE(*shown);
    auto head = ledger::Head::decode(**shown);
    REQUIRE(head);
    return *head;
}

/// The server holds the keys of its first charter alone.
bool noOtherKeys(const domain::Charter&) {
    return false;
}

/// What the server says next.
std::optional<wire::ServerMessage> answerOf(ServerSession& server) {
    auto out = server.produce();
    REQUIRE(out);
    if (!*out) return {};
    auto decoded = wire::decodeServerMessage((*out)->message);
    REQUIRE(decoded);
    return decoded->message;
}

Bytes encoded(const wire::ClientMessage& message) {
    return wire::encode(message);
}

}  // namespace

TEST_CASE("giving back: a server put back to an older copy holds again what it had signed") {
    PutBack p;
    auto b = p.province.join("X02", domain::roles::kOfficer);  // after the copy
    p.write(*b, "đơn vị khác");
    REQUIRE(p.province.sync(p.province.office));
    p.putBack();
    REQUIRE(p.records() != p.before);
    SECTION("by the office alone") {
        ClientSession session(p.province.office);
        Status ended = p.talk(p.province.office, session);
        INFO((ended ? "" : ended.error().message));
        REQUIRE(ended);
        CHECK(session.isReturning());
        CHECK(session.counts().entriesReturned > 3);
    }
    SECTION("by two communes, of which the server does not know one any more") {
        ClientSession stranger(*b);
        Status refused = p.talk(*b, stranger);
        REQUIRE_FALSE(refused);
        CHECK(stranger.refusal() == wire::RefusedReason::Unknown);
        ClientSession directory(*b, Purpose::GiveBack);
        REQUIRE(p.talk(*b, directory));
        for (Machine* machine : {b.get(), p.a.get()}) {
            ClientSession session(*machine);
            REQUIRE(p.talk(*machine, session));
            CHECK(session.isReturning());
        }
    }
    CHECK(p.records() == p.before);
    p.province.restartServer(*p.older);
    CHECK(p.records() == p.before);
    for (Machine* machine : {&p.province.office, p.a.get(), b.get()}) {
        ClientSession session(*machine);
        REQUIRE(p.talk(*machine, session));
        CHECK_FALSE(session.isReturning());
    }
}

TEST_CASE("giving back: a server that has nothing left but its keys is made whole by one office") {
    PutBack p;
    REQUIRE(p.province.sync(p.province.office));
    p.before = p.records();
    store::MemoryStore empty;
    p.province.restartServer(empty);
    ClientSession directory(p.province.office, Purpose::GiveBack);
    REQUIRE(p.talk(p.province.office, directory));
    ClientSession session(p.province.office);
    REQUIRE(p.talk(p.province.office, session));
    CHECK(p.records() == p.before);
    REQUIRE((*p.a)->append({p.a->scope(), {test::note("làm tiếp")}}));
    auto paused = p.province.sync(*p.a);
    REQUIRE_FALSE(paused);  // until an operator says so
    CHECK(paused.error().code == Code::ServerPaused);
    auto txn = empty.write();
    REQUIRE(txn);
    REQUIRE(reg::eraseRestored(**txn));
    REQUIRE((*txn)->commit());
    CHECK(p.province.sync(*p.a));
    CHECK((*p.a)->pendingEntries() == 0);
}

TEST_CASE("giving back: what is pending stays pending, and goes with a later session") {
    PutBack p;
    REQUIRE((*p.a)->append({p.a->scope(), {test::note("chưa gửi")}}));
    p.putBack();
    ClientSession session(*p.a);
    REQUIRE(p.talk(*p.a, session));
    CHECK(session.isReturning());
    CHECK((*p.a)->pendingEntries() == 1);
}

TEST_CASE("giving back: a device that had ended before it heard goes on in a later session") {
    PutBack p;
    REQUIRE((*p.a)->append({p.a->scope(), {test::note("chưa gửi")}}));
    p.putBack();
    const bool isMarked = GENERATE(false, true);  // by a restore
    if (isMarked) REQUIRE(p.province.reg->beginRecovery());
    ClientSession session(*p.a);
    ServerSession server(*p.province.intake, 50, (*p.a)->identity().exchangeKey.publicKey);
    Status end = p.talk(session, server, PutBack::First::Client);
    REQUIRE_FALSE(end);
    INFO(end.error().message);
    CHECK(session.refusal());
    CHECK((*p.a)->pendingEntries() == 1);
    ClientSession next(*p.a);
    ServerSession again(*p.province.intake, 51, (*p.a)->identity().exchangeKey.publicKey);
    Status returned = p.talk(next, again, PutBack::First::Client);
    CHECK(returned.has_value() == !isMarked);
    CHECK(p.province.reg->isRecovering());
    CHECK(next.counts().entriesReturned == 2);
    CHECK(p.province.reg->state(p.a->scope()).size == 3);
    CHECK((*p.a)->pendingEntries() == 1);
}

TEST_CASE("giving back: whenever either is heard, sessions end and all comes back") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        INFO("seed " << seed);
        test::SeededRandom random(seed);
        PutBack p;
        const bool hasPending = seed % 3 != 0;
        if (hasPending) REQUIRE((*p.a)->append({p.a->scope(), {test::note("chưa gửi")}}));
        p.putBack();
        if (seed % 2 == 0) REQUIRE(p.province.reg->beginRecovery());
        for (std::uint64_t round = 0; round < 3; ++round) {
            ClientSession client(*p.a);
            ServerSession server(*p.province.intake, 50 + round,
                                 (*p.a)->identity().exchangeKey.publicKey);
            Status end = p.talkAtRandom(client, server, random);
            INFO((end ? std::string() : end.error().message));
            // Paused, or asked to come again where the server had not heard yet what it lacks.
            CHECK((end || end.error().code == Code::ServerPaused || end.error().code == Code::Cut));
            REQUIRE(p.province.intake->run([](std::uint64_t, auto) {}));
        }
        CHECK(p.records() == p.before);
        CHECK((*p.a)->pendingEntries() == (hasPending ? 1U : 0U));
    }
}

TEST_CASE("giving back: a device whose last word meets the answer on its way is let go") {
    PutBack p;
    REQUIRE((*p.a)->append({p.a->scope(), {test::note("chưa gửi")}}));
    p.putBack();
    REQUIRE(p.province.reg->beginRecovery());
    ClientSession client(*p.a);
    ServerSession server(*p.province.intake, 50, (*p.a)->identity().exchangeKey.publicKey);
    auto hello = client.start();
    REQUIRE(hello);
    REQUIRE(server.onMessage(*hello));
    auto answer = server.produce();
    REQUIRE(answer);
    REQUIRE(*answer);
    for (auto up = client.produce(); up && *up; up = client.produce())
        REQUIRE(server.onMessage((*up)->message));
    REQUIRE(client.onMessage((*answer)->message));
    for (int i = 0; i < 10 && !server.isFinished(); ++i) {
        auto down = server.produce();
        REQUIRE(down);
        if (*down && !client.onMessage((*down)->message)) break;
    }
    CHECK(server.isFinished());
    CHECK(client.refusal() == wire::RefusedReason::Recovering);
    CHECK((*p.a)->pendingEntries() == 1);
}

TEST_CASE("giving back: only what leads to a head of the server's own is taken, and all of it") {
    PutBack p;
    p.putBack();
    const base::ScopeId scope = p.a->scope();
    const ledger::Head head = headOf(*p.a, scope);
    auto records = (*p.a)->recordsFrom(scope, 1);
    REQUIRE(records);
    REQUIRE(records->bytes.size() == 2);
    auto refused = [&](std::uint64_t first, const std::vector<Bytes>& bytes) {
        std::vector<base::ByteView> views(bytes.begin(), bytes.end());
        auto taken = p.province.reg->takeBack(head, first, views, noOtherKeys);
        CHECK(p.province.reg->state(scope).size == 1);
        return !taken && taken.error().code != Code::Internal && taken.error().code != Code::Io;
    };
    SECTION("records in another order") {
        CHECK(refused(1, {records->bytes[1], records->bytes[0]}));
    }
    SECTION("not all of them") {
        CHECK(refused(1, {records->bytes[0]}));
    }
    SECTION("none") {
        CHECK(refused(1, {}));
    }
    SECTION("one of them twice") {
        CHECK(refused(1, {records->bytes[0], records->bytes[0]}));
    }
    SECTION("another arrival") {
        auto changed = records->bytes;
        changed[0][changed[0].size() - ledger::kArrivalBytes] ^= 1;
        changed[0][changed[0].size() - 8] ^= 1;
        CHECK(refused(1, changed));
    }
    SECTION("a record of another ledger") {
        auto other = p.province.office->recordsFrom(
            p.province.office->directory().directory().directoryScopeId(), 0);
        REQUIRE(other);
        CHECK(refused(1, {other->bytes[0]}));
    }
    SECTION("every bit of a record counts") {
        for (std::size_t i = 0; i < records->bytes[0].size(); i += 7) {
            auto changed = records->bytes;
            changed[0][i] ^= 1;
            REQUIRE(refused(1, changed));
        }
    }
    SECTION("what is held already may stand before it") {
        auto all = (*p.a)->recordsFrom(scope, 0);
        REQUIRE(all);
        std::vector<base::ByteView> views(all->bytes.begin(), all->bytes.end());
        CHECK(p.province.reg->takeBack(head, 0, views, noOtherKeys));
        CHECK(p.province.reg->state(scope).size == 3);
        CHECK(
            p.province.reg->takeBack(head, 0, views, noOtherKeys));  // a second device has the same
        CHECK(p.province.reg->state(scope).size == 3);
        return;
    }
    std::vector<base::ByteView> views(records->bytes.begin(), records->bytes.end());
    CHECK(p.province.reg->takeBack(head, 1, views, noOtherKeys));
}

TEST_CASE("giving back: a head that the server has not signed opens nothing") {
    PutBack p;
    p.putBack();
    ledger::Head head = headOf(*p.a, p.province.office->directory().directory().directoryScopeId());
    SECTION("one bit of its signature") {
        head.signature.data[5] ^= 1;
    }
    SECTION("a greater size") {
        head.size += 1;
    }
    SECTION("another signer") {
        head.sign(crypto::SigningKey::generate(p.province.random));
    }
    SECTION("another province") {
        head.province.data[0] ^= 1;
        head.sign(p.province.headKey);
    }
    auto stranger = crypto::ExchangeKeyPair::generate(p.province.random);
    ServerSession server(*p.province.intake, 7, stranger.publicKey);
    REQUIRE(server.onMessage(encoded(wire::Show{head.encode()})));
    CHECK_FALSE(server.isKnown());
    auto answer = answerOf(server);
    REQUIRE(answer);
    auto* refused = std::get_if<wire::Refused>(&*answer);
    REQUIRE(refused != nullptr);
    CHECK(refused->reason == wire::RefusedReason::Unknown);
}

TEST_CASE("giving back: a peer that says something out of turn is closed") {
    PutBack p;
    p.putBack();
    const base::ScopeId scope = p.a->scope();
    auto records = (*p.a)->recordsFrom(scope, 1);
    REQUIRE(records);
    Bytes show = encoded(wire::Show{headOf(*p.a, scope).encode()});
    wire::GiveBack given{scope, 1, {records->bytes[0]}};
    ServerSession server(*p.province.intake, 7, (*p.a)->identity().exchangeKey.publicKey);
    auto isMalformed = [&](const wire::ClientMessage& message) {
        auto heard = server.onMessage(encoded(message));
        return !heard && heard.error().code == Code::Malformed;
    };
    SECTION("records that nobody asked for") {
        CHECK(isMalformed(given));
        return;
    }
    REQUIRE(server.onMessage(show));
    SECTION("another place") {
        given.first = 2;
        CHECK(isMalformed(given));
    }
    SECTION("another ledger") {
        given.scope = {};
        CHECK(isMalformed(given));
    }
    SECTION("no records") {
        given.records.clear();
        CHECK(isMalformed(given));
    }
    SECTION("a second head before the first is settled") {
        CHECK_FALSE(server.onMessage(show));
    }
    SECTION("more records than the head covers") {
        auto all = (*p.a)->recordsFrom(scope, 0);
        REQUIRE(all);
        for (const Bytes& one : all->bytes) given.records.emplace_back(one);
        CHECK(isMalformed(given));
    }
    CHECK(p.province.reg->state(scope).size == 1);
}

TEST_CASE(
    "giving back: a server that went on after it was put back hears of it, and so do people") {
    PutBack p;
    auto b = p.province.join("X01", domain::roles::kOfficer);
    p.older = p.province.serverStore.clone();
    auto copyOfB = b->store.clone();
    p.write(*p.a, "chỉ máy A giữ");
    p.putBack();
    const bool isLonger = GENERATE(false, true);
    p.write(*b, "máy chủ nhận tiếp");
    if (isLonger) p.write(*b, "và tiếp nữa");
    const std::uint64_t size = p.province.reg->state(p.a->scope()).size;
    ClientSession session(*p.a);
    Status end = p.talk(*p.a, session);
    REQUIRE_FALSE(end);
    CHECK(end.error().code == Code::Forked);
    CHECK(session.isReturning());
    CHECK(p.province.reg->state(p.a->scope()).size == size);
}
