#include "intake/intake.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "ledger/body.h"
#include "office/administration.h"
#include "sync/enrolment.h"
#include "wire/body.h"
#include "wire/compress.h"

using base::Bytes;
using test::InMemoryProvince;
using test::Machine;
using wire::RefusedReason;

namespace {

/// An entry that this program would not write, sealed all the same.
Bytes sealedEntry(const Machine& machine, const base::ScopeId& scope, const ledger::Header& header,
                  const Bytes& body) {
    const replica::Identity& id = machine.replica->identity();
    ledger::ChainId chain{scope, id.device, id.incarnation};
    auto state = ledger::ChainState::start(id.province, chain);
    Bytes entry = ledger::encodeHeader(header, state);
    base::Writer(entry).raw(body);
    base::Hash prev = state.tip;
    REQUIRE(ledger::advance(state, entry));
    auto seal = crypto::sign(id.deviceKey, crypto::Context::Seal,
                             ledger::sealedBytes(id.province, chain, 0, state.tip));
    base::ByteView one = entry;
    Bytes out;
    ledger::encodeSegment(chain, 0, prev, std::span(&one, 1), seal, out);
    return out;
}

RefusedReason reasonOf(const base::Result<InMemoryProvince::Verdict>& verdict) {
    REQUIRE(verdict);
    REQUIRE(*verdict);
    return (*verdict)->reason;
}

Bytes oneEntry(InMemoryProvince& province, Machine& machine) {
    REQUIRE(machine->append({machine.scope(), {test::note("Đã rà soát")}}));
    return test::pendingSegment(province, machine);
}

}  // namespace

TEST_CASE("intake: what a device may not write is refused with its reason") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto b = p.join("X02", domain::roles::kOfficer);
    const base::DeviceId device = (*a)->identity().device;
    ledger::Header header;
    header.keyVersion = 1;
    SECTION("entries of another device") {
        Bytes segment = oneEntry(p, *b);
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::NoRight);
    }
    SECTION("another unit's ledger") {
        Bytes segment = sealedEntry(*a, b->scope(), header, Bytes(40));
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::NoRight);
    }
    SECTION("a key version that nobody made") {
        header.keyVersion = 2;
        Bytes segment = sealedEntry(*a, a->scope(), header, Bytes(40));
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::NoRight);
    }
    SECTION("a dictionary that no rule allows") {
        header.dictionary = wire::kDictionaryNewest + 1;
        Bytes segment = sealedEntry(*a, a->scope(), header, Bytes(40));
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::NoRight);
    }
    SECTION("a broken seal") {
        Bytes segment = oneEntry(p, *a);
        segment.back() ^= 1;
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::Malformed);
    }
    SECTION("a segment cut short") {
        Bytes segment = oneEntry(p, *a);
        segment.pop_back();
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::Malformed);
    }
    CHECK(p.reg->state(a->scope()).size == 0);
    CHECK(p.reg->state(b->scope()).size == 0);
}

TEST_CASE("intake: the directory takes from an administrator only what this server understands") {
    InMemoryProvince p;
    const base::ScopeId scope = p.office->directory().directory().directoryScopeId();
    // A second chain of the office's device, so that its first entry can be made by hand.
    Machine office;
    replica::Identity id = p.office->identity();
    id.incarnation = p.random.make<base::IncarnationId>();
    auto opened = replica::Replica::create(office.store, p.clock, p.random,
                                           {id, domain::RuleSet{"grant", "confirm"}});
    REQUIRE(opened);
    office.replica = std::move(*opened);
    Bytes rule = wire::encodeBody(std::vector<domain::Change>{domain::RuleSet{"grant", "confirm"}});
    auto send = [&](const ledger::Header& header, const Bytes& body) {
        return p.push(id.device, sealedEntry(office, scope, header, body));
    };
    ledger::Header plain;
    SECTION("a kind of change of a newer version") {
        constexpr std::size_t kFirstTag = 32;  // see tests/unit/wire/body_test.cpp
        Bytes unknown = rule;
        REQUIRE(unknown[kFirstTag] != 200);
        unknown[kFirstTag] = 200;
        CHECK(reasonOf(send(plain, wire::compress(unknown, 3, 0))) == RefusedReason::NoRight);
    }
    SECTION("an entry that says nothing") {
        Bytes nothing = wire::encodeBody(std::vector<domain::Change>());
        CHECK(reasonOf(send(plain, wire::compress(nothing, 3, 0))) == RefusedReason::NoRight);
    }
    SECTION("an encrypted body") {
        plain.keyVersion = 1;
        CHECK(reasonOf(send(plain, wire::compress(rule, 3, 0))) == RefusedReason::NoRight);
    }
    SECTION("a body that needs a dictionary") {
        plain.dictionary = 1;
        CHECK(reasonOf(send(plain, wire::compress(rule, 3, 1))) == RefusedReason::NoRight);
    }
    SECTION("a rule") {
        auto taken = send(plain, wire::compress(rule, 3, 0));
        REQUIRE(taken);
        CHECK_FALSE(*taken);
        CHECK(p.reg->directory().directory().rule("grant") == "confirm");
    }
}

TEST_CASE("intake: a fault of the server's own disk is nobody's refusal") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {test::note("Đã rà soát")}}));
    p.serverStore.failNextCommit(store::FailedCommit::Lost);
    auto cut = p.sync(*a);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == base::Code::Io);
    auto again = p.sync(*a);  // the store refuses to write now
    REQUIRE_FALSE(again);
    CHECK(again.error().code == base::Code::Io);
    CHECK((*a)->pendingEntries() == 1);
    p.restartServer();
    REQUIRE(p.sync(*a));
    CHECK((*a)->pendingEntries() == 0);
}

TEST_CASE("intake: a revoked device is refused and keeps its work") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {test::note("Đã rà soát")}}));
    const domain::Directory& directory = p.office->directory().directory();
    REQUIRE(p.office->append({directory.directoryScopeId(),
                              {domain::DeviceRevoked{(*a)->identity().device, "mất máy"}}}));
    REQUIRE(p.sync(p.office));
    auto refused = p.sync(*a);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == base::Code::Refused);
    CHECK((*a)->pendingEntries() == 1);
}

TEST_CASE(
    "intake: an introduction may be repeated; another device's, or an expired one, is refused") {
    InMemoryProvince p;
    constexpr base::TimeMs kHourMs = 3'600'000;
    auto invitation = office::invite(
        *p.office.replica, {"X01", "Lê Văn Đồng", domain::roles::kOfficer, kHourMs, "server:7443"});
    REQUIRE(invitation);
    REQUIRE(p.sync(p.office));
    auto begin = [&] {
        auto joining = syncing::prepareJoining(invitation->invitation, "", p.random);
        REQUIRE(joining);
        auto machine = std::make_unique<Machine>();
        auto made = replica::Replica::create(machine->store, p.clock, p.random,
                                             {joining->identity, joining->change});
        REQUIRE(made);
        machine->replica = std::move(*made);
        return machine;
    };
    auto introduce = [&](Machine& machine) {
        auto segment = machine->introductionSegment();
        REQUIRE(segment);
        auto verdict = p.introduce(machine, *segment);
        REQUIRE(verdict);
        return *verdict;
    };
    auto late = begin();
    SECTION("repeated") {
        CHECK_FALSE(introduce(*late));
        std::uint64_t entries = p.reg->entries();
        CHECK_FALSE(introduce(*late));
        CHECK(p.reg->entries() == entries);
        auto other = begin();
        auto verdict = introduce(*other);
        REQUIRE(verdict);
        CHECK(verdict->reason == RefusedReason::Used);
    }
    SECTION("expired") {
        p.clock.now += kHourMs + 1;
        auto verdict = introduce(*late);
        REQUIRE(verdict);
        CHECK(verdict->reason == RefusedReason::Expired);
    }
}
