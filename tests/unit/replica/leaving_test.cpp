// A revoked device: what it leaves with the server, and when its home may be destroyed.

#include <catch2/catch.hpp>
#include "../province/in_memory.h"
#include "base/limits.h"
#include "office/administration.h"
#include "office/root.h"
#include "register/server_state.h"
#include "session/server_session.h"

using base::Bytes;
using base::Code;
using test::InMemoryProvince;
using test::Machine;
using Leaving = replica::Replica::Leaving;

namespace {

struct Leaver {
    explicit Leaver(const std::string& unit = "X01", domain::Roles roles = domain::roles::kOfficer)
        : machine(p.join(unit, roles)) {}
    void write(const std::string& text) { write(machine->scope(), text); }
    void write(const base::ScopeId& scope, const std::string& text) {
        REQUIRE((*machine)->append({scope, {test::note(text)}}));
    }
    void revoke() {
        const domain::Directory& directory = p.office->directory().directory();
        REQUIRE(p.office->append({directory.directoryScopeId(),
                                  {domain::DeviceRevoked{(*machine)->identity().device, "mất"}}}));
        REQUIRE(p.sync(p.office));
    }
    void mustBeRefused() {
        auto refused = p.sync(*machine);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::Refused);
    }
    Leaving leaving() const { return (*machine)->leaving(); }
    std::uint64_t seqKept(const base::ScopeId& scope) const {
        const replica::Identity& id = (*machine)->identity();
        auto kept = p.reg->keptChain({scope, id.device, id.incarnation});
        REQUIRE(kept);
        return kept->nextSeq;
    }

    /// What the device makes of this last word.
    Leaving hear(std::vector<wire::KeptChain> chains, std::vector<wire::LedgerState> held) {
        session::ClientSession session(*machine->replica);
        REQUIRE(session.start());
        wire::Refused refused;
        refused.reason = wire::RefusedReason::Revoked;
        refused.chains = std::move(chains);
        refused.held = std::move(held);
        CHECK_FALSE(session.onMessage(wire::encode(wire::ServerMessage(refused))));
        return leaving();
    }
    /// The ledgers that the device names to a server.
    std::vector<wire::LedgerState> named() const {
        auto ledgers = (*machine)->ledgers();
        REQUIRE(ledgers);
        return *ledgers;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> machine;
};

}  // namespace

TEST_CASE("leaving: a device with nothing to send learns from the directory that it is revoked") {
    Leaver l;
    CHECK(l.leaving() == Leaving::NotRevoked);
    l.revoke();
    CHECK(l.leaving() == Leaving::NotRevoked);  // nobody has told it yet
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Ready);
    // It holds the directory up to that, and nothing that came later.
    const std::uint64_t size = (*l.machine)->directory().size();
    CHECK(size == *(*l.machine)->ownDevice()->revokedSince + 1);
    REQUIRE(l.p.office->append({l.p.office->directory().directory().directoryScopeId(),
                                {domain::RuleSet{"grant", "confirm"}}}));
    REQUIRE(l.p.sync(l.p.office));
    l.mustBeRefused();
    CHECK((*l.machine)->directory().size() == size);
    l.p.restart(*l.machine);
    CHECK(l.leaving() == Leaving::NotKept);  // only the word of this process's last session counts
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Ready);
}

TEST_CASE("leaving: what a server that was put back has lost stays on the device") {
    Leaver l;
    auto older = l.p.serverStore.clone();
    l.write("một");
    REQUIRE(l.p.sync(*l.machine));
    l.p.restartServer(*older);
    l.revoke();
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Lacking);
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Lacking);
    l.p.restart(*l.machine);
    CHECK(l.leaving() == Leaving::NotKept);
}

TEST_CASE("leaving: what waits lies with the server first, whatever was ordered of it before") {
    Leaver l;
    const base::ScopeId scope = l.machine->scope();
    const bool isOrderedUnheard = GENERATE(false, true);
    l.write("một");
    l.write("hai");
    if (isOrderedUnheard) {
        // Taken by the server, and the answer lost.
        const Bytes segment = test::pendingSegment(l.p, *l.machine);
        auto verdict = l.p.push((*l.machine)->identity().device, segment);
        REQUIRE(verdict);
        REQUIRE_FALSE(*verdict);
    }
    l.revoke();
    l.write("ba");
    CHECK(l.leaving() == Leaving::NotRevoked);
    l.mustBeRefused();
    if (isOrderedUnheard) {  // it went behind the hello, from where the device believed the server
        CHECK(l.leaving() == Leaving::NotKept);
        l.mustBeRefused();
    }
    CHECK(l.leaving() == Leaving::Ready);
    CHECK(l.seqKept(scope) == 3);
    CHECK((*l.machine)->pendingEntries() == 3);  // until the home goes, nothing goes
    // Only the word of this process's last session counts.
    l.p.restart(*l.machine);
    CHECK(l.leaving() == Leaving::NotKept);
    // What could not be sent any more is not written.
    auto written = (*l.machine)->append({scope, {test::note("bốn")}});
    REQUIRE_FALSE(written);
    CHECK(written.error().code == Code::NotPermitted);
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Ready);
    l.p.restartServer();
    CHECK(l.seqKept(scope) == 3);
}

TEST_CASE("leaving: each ledger has a parcel of its own") {
    Leaver l("ST", domain::roles::kProvincial);
    const domain::Directory& directory = l.p.office->directory().directory();
    std::vector<base::ScopeId> scopes;
    for (const char* code : {"ST", "X01", "X02"}) scopes.push_back(directory.unit(code)->scope);
    for (const base::ScopeId& scope : scopes) l.write(scope, "việc");
    l.revoke();
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Ready);
    for (const base::ScopeId& scope : scopes) CHECK(l.seqKept(scope) == 1);
    CHECK(l.p.reg->quarantined().size() == 3);
}

TEST_CASE("leaving: more than a segment holds is not left behind") {
    Leaver l;
    for (std::size_t i = 0; i <= base::limits::kSegmentEntriesMax; ++i) l.write("việc");
    l.revoke();
    for (int i = 0; i < 2; ++i) {
        l.mustBeRefused();
        CHECK(l.leaving() == Leaving::TooMuch);
        CHECK(l.seqKept(l.machine->scope()) == base::limits::kSegmentEntriesMax);
    }
    CHECK((*l.machine)->pendingEntries() == base::limits::kSegmentEntriesMax + 1);
}

TEST_CASE("leaving: a server that takes nothing now gets nothing destroyed") {
    Leaver l;
    l.write("việc");
    l.revoke();
    l.p.serverStore.setFull(true);
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::NotKept);
    l.p.serverStore.setFull(false);
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Ready);
}

TEST_CASE("leaving: a server's word alone destroys nothing") {
    Leaver l;
    l.write("việc");
    session::ClientSession session(*l.machine->replica);
    REQUIRE(session.start());
    wire::Refused refused;
    refused.reason = wire::RefusedReason::Revoked;
    refused.chains = {{l.machine->scope(), 1, {}}};
    refused.held = l.named();
    auto ended = session.onMessage(wire::encode(wire::ServerMessage(refused)));
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == Code::Refused);
    CHECK(l.leaving() == Leaving::NotRevoked);
}

TEST_CASE("leaving: a server that names another tip, or less, or another ledger has not kept it") {
    Leaver l;
    l.write("một");
    l.write("hai");
    l.revoke();
    l.mustBeRefused();
    const replica::Identity& id = (*l.machine)->identity();
    auto kept = l.p.reg->keptChain({l.machine->scope(), id.device, id.incarnation});
    REQUIRE(kept);
    const wire::KeptChain right{l.machine->scope(), kept->nextSeq, kept->tip};
    CHECK(l.hear({right}, l.named()) == Leaving::Ready);
    wire::KeptChain wrong = right;
    wrong.tip.data[5] ^= 1;
    CHECK(l.hear({wrong}, l.named()) == Leaving::NotKept);
    wrong = right;
    wrong.nextSeq -= 1;
    CHECK(l.hear({wrong}, l.named()) == Leaving::NotKept);
    wrong = right;
    wrong.scope = l.p.office.scope();
    CHECK(l.hear({wrong}, l.named()) == Leaving::NotKept);
}

TEST_CASE(
    "leaving: a server that does not hold a ledger as this device does gets nothing destroyed") {
    Leaver l;
    l.write("một");
    REQUIRE(l.p.sync(*l.machine));
    l.revoke();
    l.mustBeRefused();
    const std::vector<wire::LedgerState> right = l.named();
    REQUIRE(right.size() == 2);
    CHECK(l.hear({}, right) == Leaving::Ready);
    for (std::size_t i = 0; i < right.size(); ++i) {
        std::vector<wire::LedgerState> wrong = right;
        wrong[i].root.data[3] ^= 1;
        CHECK(l.hear({}, wrong) == Leaving::Lacking);
        wrong = right;
        wrong[i].size -= 1;
        CHECK(l.hear({}, wrong) == Leaving::Lacking);
        wrong.erase(wrong.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(l.hear({}, wrong) == Leaving::Lacking);
    }
    CHECK(l.hear({}, {}) == Leaving::Lacking);
    CHECK(l.hear({}, right) == Leaving::Ready);
}

TEST_CASE("leaving: what others have written and only this device holds stays on it") {
    Leaver l;
    auto other = l.p.join("X01", domain::roles::kOfficer);
    auto older = l.p.serverStore.clone();
    REQUIRE((*other)->append({other->scope(), {test::note("của người khác")}}));
    REQUIRE(l.p.sync(*other));
    REQUIRE(l.p.sync(*l.machine));
    l.p.restartServer(*older);
    l.revoke();
    for (int i = 0; i < 2; ++i) {
        l.mustBeRefused();
        CHECK(l.leaving() == Leaving::Lacking);
    }
    // Once the server has it back and takes new work, it is needed here no more.
    for (int i = 0; i < 2; ++i) REQUIRE(l.p.sync(*other));
    l.p.stopServer();
    {
        auto txn = older->write();
        REQUIRE(txn);
        REQUIRE(reg::eraseRestored(**txn));
        REQUIRE((*txn)->commit());
    }
    l.p.restartServer(*older);
    l.mustBeRefused();
    CHECK(l.leaving() == Leaving::Ready);
}

TEST_CASE("leaving: what stands in the chain of a given-up incarnation counts like any other") {
    Leaver l;
    auto older = l.p.serverStore.clone();
    const bool isPutBack = GENERATE(false, true);
    l.write("một");
    REQUIRE(l.p.sync(*l.machine));
    REQUIRE_FALSE((*l.machine)->forked());  // no chain of the new incarnation has an entry
    if (isPutBack) l.p.restartServer(*older);
    l.revoke();
    l.mustBeRefused();
    CHECK(l.leaving() == (isPutBack ? Leaving::Lacking : Leaving::Ready));
    l.p.restart(*l.machine);
    CHECK(l.leaving() == Leaving::NotKept);  // no word, so nothing to conclude from
}

TEST_CASE("leaving: a home that holds an authority key in force is not destroyed") {
    InMemoryProvince p;
    auto second = p.join("ST", domain::roles::kAdministrator);
    const domain::Directory& directory = p.office->directory().directory();
    REQUIRE(p.office->identity().authorityKeys.size() == 1);
    auto other = p.join("ST", domain::roles::kProvincial);
    REQUIRE(p.sync(*second));
    auto harmless = office::revoke(*second->replica, (*other)->identity().device.hex(), "cũ");
    REQUIRE(harmless);
    CHECK_FALSE(harmless->mayHoldAuthority);
    auto revoked = office::revoke(*second->replica, p.office->identity().device.hex(), "mất");
    REQUIRE(revoked);
    CHECK(revoked->mayHoldAuthority);
    REQUIRE(p.sync(*second));
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(p.sync(p.office));
        CHECK(p.office->leaving() == Leaving::HoldsAuthority);
    }
    // The key signs for its successor, revoked or not; then nothing holds the home any more.
    REQUIRE(p.sync(*second));
    auto request = office::requestAuthority(*second->replica,
                                            {crypto::SigningKey::generate(p.random).publicKey}, 1);
    REQUIRE(request);
    REQUIRE_FALSE(request->isComplete());
    REQUIRE(request->sign(p.office->identity().authorityKeys.front()));
    REQUIRE(office::submit(*second->replica, *request));
    REQUIRE(p.sync(*second));
    CHECK(directory.authorityKeys() == directory.genesis().authorityKeys);  // it may not read that
    CHECK_FALSE(p.sync(p.office));
    CHECK(p.office->leaving() == Leaving::Ready);
}

TEST_CASE("leaving: a session cut off at any step destroys nothing that lies nowhere else") {
    for (int steps = 0, isOver = 0; isOver == 0; ++steps) {
        REQUIRE(steps < 40);
        INFO("cut off after " << steps << " steps");
        Leaver l;
        l.write("một");
        l.write("hai");
        l.revoke();
        {
            session::ClientSession client(*l.machine->replica);
            session::ServerSession server(*l.p.intake, 500,
                                          (*l.machine)->identity().exchangeKey.publicKey);
            auto hello = client.start();
            REQUIRE(hello);
            REQUIRE(server.onMessage(*hello));
            for (int step = 0; step < steps && isOver == 0; ++step) {
                if (step % 3 == 0) {
                    auto up = client.produce();
                    REQUIRE(up);
                    if (*up) REQUIRE(server.onMessage((*up)->message));
                } else if (step % 3 == 1) {
                    REQUIRE(l.p.intake->run(
                        [&](std::uint64_t, auto refused) { server.settled(std::move(refused)); }));
                } else {
                    auto down = server.produce();
                    REQUIRE(down);
                    if (*down && !client.onMessage((*down)->message)) isOver = 1;
                }
            }
        }
        // The end came at last, or nobody may conclude anything yet.
        CHECK((l.leaving() == Leaving::Ready) == (isOver == 1));
        if (isOver == 1) CHECK(l.seqKept(l.machine->scope()) == 2);
        l.p.restart(*l.machine);
        l.p.restartServer();
        l.mustBeRefused();
        CHECK(l.leaving() == Leaving::Ready);
        CHECK(l.seqKept(l.machine->scope()) == 2);
    }
}

TEST_CASE("leaving: the last word comes once the parcel is durable, and not before") {
    Leaver l;
    l.write("một");
    l.revoke();
    const base::ExchangeKey peer = (*l.machine)->identity().exchangeKey.publicKey;
    {
        // A line that is cut after the push: from then on the device waits for the answer.
        session::ClientSession cut(*l.machine->replica);
        REQUIRE(cut.start());
        REQUIRE(cut.produce());
    }
    session::ClientSession client(*l.machine->replica);
    session::ServerSession server(*l.p.intake, 501, peer);
    auto hello = client.start();
    REQUIRE(hello);
    REQUIRE(server.onMessage(*hello));
    bool isOver = false;
    auto exchange = [&] {
        for (int round = 0; round < 10 && !isOver; ++round) {
            auto down = server.produce();
            REQUIRE(down);
            if (*down) isOver = !client.onMessage((*down)->message);
            auto up = client.produce();
            REQUIRE(up);
            if (*up) REQUIRE(server.onMessage((*up)->message));
        }
    };
    exchange();
    CHECK_FALSE(isOver);
    CHECK_FALSE(l.p.intake->isIdle());
    CHECK(l.leaving() == Leaving::NotKept);
    REQUIRE(
        l.p.intake->run([&](std::uint64_t, auto refused) { server.settled(std::move(refused)); }));
    exchange();
    CHECK(isOver);
    CHECK(l.leaving() == Leaving::Ready);
}
