#include "intake/intake.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "ledger/body.h"
#include "office/administration.h"
#include "office/root.h"
#include "sync/enrolment.h"
#include "wire/body.h"
#include "wire/compress.h"

using base::Bytes;
using test::InMemoryProvince;
using test::Machine;
using wire::RefusedReason;

namespace {

RefusedReason reasonOf(const base::Result<InMemoryProvince::Verdict>& verdict) {
    REQUIRE(verdict);
    REQUIRE(*verdict);
    return (*verdict)->reason;
}

/// A server on which nothing lives yet, and those who want to found a province there.
struct EmptyServer {
    struct Founder {
        replica::Identity identity;
        Bytes segment;
    };

    EmptyServer() : headKey(crypto::SigningKey::generate(random)) {
        token.noiseKey = crypto::ExchangeKeyPair::generate(random).publicKey;
        token.headKey = headKey.publicKey;
        token.secret = crypto::Secret<16>::random(random);
        auto opened = reg::Register::open(store, clock, headKey);
        REQUIRE(opened);
        reg = std::move(*opened);
        intake = std::make_unique<intake::Intake>(
            *reg, clock, intake::Identity{token.noiseKey, token.headKey, token});
    }
    Founder founder() {
        auto founded = syncing::prepareFounding(
            {"Tỉnh Sông Trăng", "ST", "Trần Thị Hạ", "server:7443", token}, random);
        REQUIRE(founded);
        store::MemoryStore own;
        auto made =
            replica::Replica::create(own, clock, random, {founded->identity, founded->genesis});
        REQUIRE(made);
        auto segment = (*made)->introductionSegment();
        REQUIRE(segment);
        return {founded->identity, std::move(*segment)};
    }
    /// The refusal, if it is one.
    std::optional<RefusedReason> found(const Founder& by, const domain::BootstrapToken& with,
                                       const base::ExchangeKey& peer) {
        intake->found(1, peer, with.mac(by.identity.province), {by.segment, {}});
        std::optional<RefusedReason> out;
        auto ran = intake->run([&](std::uint64_t, InMemoryProvince::Verdict refused) {
            if (refused) out = refused->reason;
        });
        REQUIRE(ran);
        REQUIRE(*ran);
        return out;
    }
    std::optional<RefusedReason> found(const Founder& by) {
        return found(by, token, by.identity.exchangeKey.publicKey);
    }

    test::SeededRandom random;
    test::ManualClock clock;
    store::MemoryStore store;
    crypto::SigningKey headKey;
    domain::BootstrapToken token;
    std::unique_ptr<reg::Register> reg;
    std::unique_ptr<intake::Intake> intake;
};

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
        Bytes segment = test::sealedEntry((*a)->identity(), b->scope(), header, Bytes(40));
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::NoRight);
    }
    SECTION("a key version that nobody made") {
        header.keyVersion = 2;
        Bytes segment = test::sealedEntry((*a)->identity(), a->scope(), header, Bytes(40));
        CHECK(reasonOf(p.push(device, segment)) == RefusedReason::NoRight);
    }
    SECTION("a dictionary that no rule allows") {
        header.dictionary = wire::kDictionaryNewest + 1;
        Bytes segment = test::sealedEntry((*a)->identity(), a->scope(), header, Bytes(40));
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
        return p.push(id.device, test::sealedEntry(office->identity(), scope, header, body));
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
    for (int i = 0; i < 2; ++i) {
        auto paused = p.sync(*a);
        REQUIRE_FALSE(paused);
        CHECK(paused.error().code == base::Code::ServerPaused);
    }
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
    SECTION("another device's") {
        auto other = begin();
        auto segment = (*late)->introductionSegment();
        REQUIRE(segment);
        const std::uint64_t entries = p.reg->entries();
        CHECK(reasonOf(p.introduce(*other, *segment)) == RefusedReason::Malformed);
        CHECK(p.reg->entries() == entries);
        CHECK_FALSE(introduce(*late));
        CHECK(reasonOf(p.introduce(*other, *segment)) == RefusedReason::Malformed);
    }
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

TEST_CASE("intake: genesis needs the bootstrap token and its own device, and is taken once") {
    EmptyServer s;
    const auto founder = s.founder();
    const auto another = s.founder();
    const base::ExchangeKey& own = founder.identity.exchangeKey.publicKey;
    domain::BootstrapToken guessed = s.token;
    guessed.secret = crypto::Secret<16>::random(s.random);
    CHECK(s.found(founder, guessed, own) == RefusedReason::NotEmpty);
    CHECK(s.found(founder, s.token, another.identity.exchangeKey.publicKey) ==
          RefusedReason::Malformed);
    CHECK(s.reg->entries() == 0);
    CHECK_FALSE(s.found(founder));
    CHECK(s.reg->entries() == 1);
    CHECK_FALSE(s.found(founder));  // its answer was lost
    CHECK(s.found(another) == RefusedReason::NotEmpty);
    CHECK(s.found(founder, s.token, another.identity.exchangeKey.publicKey) ==
          RefusedReason::NotEmpty);
    CHECK(s.reg->entries() == 1);
    CHECK(s.reg->directory().directory().province() == founder.identity.province);
}

TEST_CASE("intake: what a modified client of an auditor sends is refused") {
    InMemoryProvince p;
    auto commune = p.join("X01", domain::roles::kAuditor);
    auto province = p.join("ST", domain::roles::kAuditor);
    REQUIRE((*commune)->keys().find(commune->scope(), 1) != nullptr);  // they do read
    ledger::Header header;
    header.keyVersion = 1;
    for (Machine* auditor : {commune.get(), province.get()}) {
        const replica::Identity& id = (*auditor)->identity();
        Bytes segment = test::sealedEntry(id, commune->scope(), header, Bytes(40));
        CHECK(reasonOf(p.push(id.device, segment)) == RefusedReason::NoRight);
        auto own = (*auditor)->append({auditor->scope(), {test::note("Đã rà soát")}});
        REQUIRE_FALSE(own);
        CHECK(own.error().code == base::Code::NotPermitted);
        CHECK((*auditor)->pendingEntries() == 0);
    }
    // Keys and grants in the directory, under a chain of its own: the first entry can be made here.
    replica::Identity id = (*province)->identity();
    id.incarnation = p.random.make<base::IncarnationId>();
    const domain::Directory& directory = p.office->directory().directory();
    auto made =
        (*province)->keys().make((*province)->directory().directory(), commune->scope(), p.random);
    REQUIRE(made);
    Bytes body = wire::compress(wire::encodeBody(std::vector<domain::Change>{made->change}), 3, 0);
    Bytes segment = test::sealedEntry(id, directory.directoryScopeId(), ledger::Header{}, body);
    CHECK(reasonOf(p.push(id.device, segment)) == RefusedReason::NoRight);
    CHECK(p.reg->state(commune->scope()).size == 0);
}

TEST_CASE("intake: what an auditor wrote has no effect even where a server took it") {
    InMemoryProvince p;
    auto auditor = p.join("X01", domain::roles::kAuditor);
    auto officer = p.join("X01", domain::roles::kOfficer);
    const base::ScopeId scope = auditor->scope();
    const replica::Identity& id = (*auditor)->identity();
    const ledger::ChainId chain{scope, id.device, id.incarnation};
    ledger::Header header;
    header.keyVersion = 1;
    header.seen = ledger::Seen{};
    auto state = ledger::ChainState::start(id.province, chain);
    const Bytes plain = wire::encodeBody(std::vector<domain::Change>{test::note("Đã rà soát")});
    Bytes headerBytes = ledger::encodeHeader(header, state);
    Bytes body;
    ledger::sealBody(*(*auditor)->keys().find(scope, 1), state.tip, headerBytes,
                     wire::compress(plain, 3, 0), body);
    const Bytes bytes = test::sealedEntry(id, scope, header, body);
    auto segment = ledger::parseSegment(bytes);
    REQUIRE(segment);
    auto taken = p.reg->append(
        *segment, [](std::span<const ledger::Entry>) { return std::optional<std::string>(); });
    REQUIRE(taken);
    REQUIRE(p.reg->commit());
    REQUIRE(p.sync(*officer));
    REQUIRE((*officer)->settle());
    auto audit = (*officer)->audit();
    REQUIRE(audit);
    REQUIRE(audit->size() == 1);
    CHECK(audit->front().reason == "the device had no right to write here");
    std::size_t rows = 0;
    REQUIRE((*officer)->eachRow([&](const base::ScopeId&, domain::Row) -> base::Result<bool> {
        ++rows;
        return true;
    }));
    CHECK(rows == 0);
}

TEST_CASE("intake: ten thousand wrong codes leave the right one valid") {
    InMemoryProvince p;
    constexpr base::TimeMs kHourMs = 3'600'000;
    auto invitation = office::invite(
        *p.office.replica, {"X01", "Lê Văn Đồng", domain::roles::kOfficer, kHourMs, "server:7443"});
    REQUIRE(invitation);
    REQUIRE(p.sync(p.office));
    auto joining = syncing::prepareJoining(invitation->invitation, "", p.random);
    REQUIRE(joining);
    const base::ScopeId scope = p.office->directory().directory().directoryScopeId();
    auto introduce = [&](const domain::DeviceEnrolled& change) {
        Bytes body = wire::compress(wire::encodeBody(std::vector<domain::Change>{change}), 3, 0);
        Bytes segment = test::sealedEntry(joining->identity, scope, ledger::Header{}, body);
        p.intake->introduce(1, joining->identity.exchangeKey.publicKey, {segment, {}});
        std::optional<wire::Refused> out;
        auto ran = p.intake->run(
            [&](std::uint64_t, InMemoryProvince::Verdict refused) { out = std::move(refused); });
        REQUIRE(ran);
        return out;
    };
    const auto right = std::get<domain::DeviceEnrolled>(joining->change);
    const std::uint64_t entries = p.reg->entries();
    std::size_t refused = 0;
    for (int i = 0; i < 10'000; ++i) {
        auto guess = domain::InvitationKeys::derive(domain::InvitationSecret::random(p.random));
        domain::DeviceEnrolled wrong = right;
        wrong.number = guess.number;
        // A tenth of them name the invitation, which may be read in the directory.
        if (i % 10 == 0) wrong.number = right.number;
        wrong.signature = crypto::sign(
            guess.key, crypto::Context::Enrol,
            wrong.statement(joining->identity.province, joining->identity.incarnation));
        auto verdict = introduce(wrong);
        bool isRefused = verdict && verdict->reason == (i % 10 == 0 ? RefusedReason::Malformed
                                                                    : RefusedReason::Invitation);
        if (isRefused) ++refused;
    }
    CHECK(refused == 10'000);
    CHECK(p.reg->entries() == entries);
    CHECK_FALSE(introduce(right));
    CHECK(p.reg->entries() == entries + 1);
}

TEST_CASE("intake: a charter is admitted only if this server holds the keys that it names") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    domain::RotationToken token = p.makeServerKeys();
    SECTION("both are held") {
        auto request = office::requestCharter(p.office, token);
        REQUIRE(request);
        REQUIRE(office::submit(p.office, *request));
        // The newest head of a ledger that does not change is signed anew under the new charter.
        REQUIRE((*a)->append({a->scope(), {test::note("việc")}}));
        REQUIRE(p.sync(*a));
        const base::ScopeId scope = a->scope();
        auto head = [&] {
            base::Hash root;
            REQUIRE(p.intake->read(scope, 0, [&](const session::ServerPort::RecordView& view) {
                root = view.rootAfter;
                return base::Result<bool>(true);
            }));
            auto bytes = p.intake->signHead(scope, p.reg->state(scope).size, root);
            REQUIRE(bytes);
            auto decoded = ledger::Head::decode(*bytes);
            REQUIRE(decoded);
            return *decoded;
        };
        CHECK(head().charterVersion == 1);
        REQUIRE(p.sync(p.office));
        CHECK(head().charterVersion == 2);
        CHECK(head().verify(token.headKey));
        CHECK(p.noiseKey.publicKey == token.noiseKey);
        p.restartServer();
        CHECK(head().verify(token.headKey));
        REQUIRE(p.sync(*a));
    }
    SECTION("the head key is another one") {
        token.headKey = crypto::SigningKey::generate(p.random).publicKey;
        auto request = office::requestCharter(p.office, token);
        REQUIRE(request);
        REQUIRE(office::submit(p.office, *request));
        auto refused = p.sync(p.office);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == base::Code::NotPermitted);
        CHECK(refused.error().message.find("does not hold") != std::string::npos);
        CHECK(p.reg->directory().directory().charter().version == 1);
        REQUIRE(p.sync(*a));  // nobody is locked out
    }
}
