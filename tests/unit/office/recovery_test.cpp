// An office that has lost all of its devices: the keepers' signatures and the recovery key bring a
// new one in, from the server alone.

#include "office/recovery.h"
#include <catch2/catch.hpp>
#include "../province/in_memory.h"
#include "office/administration.h"
#include "office/root.h"
#include "office/signing_request.h"
#include "replica/receipt_export.h"
#include "sync/recovery.h"

using base::Code;
using office::SigningRequest;
using test::InMemoryProvince;
using test::Machine;
namespace roles = domain::roles;

namespace {

constexpr base::TimeMs kDayMs = 24LL * 3600 * 1000;

template <class T>
T must(base::Result<T> result) {
    if (!result) FAIL(result.error().message);
    return std::move(*result);
}

/// Two keepers of three, two communes with work, keys that were changed once, and then the fire.
struct Burnt {
    Burnt() : commune(p.join("X01", roles::kOfficer)) {
        std::vector<base::PublicKey> publicKeys;
        for (int i = 0; i < 3; ++i) {
            keys.push_back(crypto::SigningKey::generate(p.random));
            publicKeys.push_back(keys.back().publicKey);
        }
        REQUIRE(office::submit(p.office, must(office::requestAuthority(p.office, publicKeys, 2))));
        REQUIRE(p.sync(p.office));
        write(*commune, "trước khi đổi khoá");
        REQUIRE(p.sync(*commune));
        auto lost = p.join("ST", roles::kProvincial);
        must(office::revoke(p.office, (*lost)->identity().device.hex(), "mất máy"));
        p.settleOffice();
        REQUIRE(p.sync(*commune));
        write(*commune, "sau khi đổi khoá");
        REQUIRE(p.sync(*commune));
        root = replica::rootFingerprint(p.office->directory().directory());
        former = p.office->identity().device;
        authority = p.office->authority();
    }
    void write(Machine& machine, const std::string& text) {
        REQUIRE(machine->append({machine.scope(), {test::note(text)}}));
    }
    syncing::Recovering begin() {
        const syncing::RecoveryWish wish{"server:7443", root, "Trần Thị Hạ", p.clock.now + kDayMs};
        return must(syncing::recoveringIn(authority, wish, p.random));
    }
    SigningRequest request(const syncing::Recovering& made) const {
        return {authority.province(), authority.genesis().name, authority.set(), made.invited,
                made.enrolled};
    }
    /// The device as its home keeps it, before anybody has signed.
    std::unique_ptr<Machine> home(const syncing::Recovering& made) {
        auto out = std::make_unique<Machine>();
        out->replica = must(replica::Replica::create(out->store, p.clock, p.random,
                                                     {made.identity, made.enrolled}));
        return out;
    }
    InMemoryProvince::Verdict introduce(Machine& machine, const SigningRequest& request) {
        const std::vector<domain::Change> changes{request.change, *request.enrolment};
        REQUIRE(machine->reintroduce(changes));
        p.restart(machine);
        return must(p.introduce(machine, must(machine->introductionSegment())));
    }
    std::size_t notesOf(Machine& machine, const base::ScopeId& scope) {
        std::size_t out = 0;
        for (const auto& item : must(machine->history({scope, domain::ObjectKind::Assignment, {}})))
            out += std::holds_alternative<domain::Noted>(item.change) ? 1 : 0;
        return out;
    }

    InMemoryProvince p;
    std::vector<crypto::SigningKey> keys;
    std::unique_ptr<Machine> commune;
    base::Hash root;
    base::DeviceId former;
    domain::Authority authority;
};

}  // namespace

TEST_CASE("recovery: an office whose devices are all lost goes on from the server and the paper") {
    Burnt b;
    const syncing::Recovering made = b.begin();
    auto fresh = b.home(made);
    SigningRequest request = b.request(made);
    REQUIRE(request.sign(b.keys[0]));
    request = must(SigningRequest::decode(request.encode()));
    REQUIRE(request.sign(b.keys[2]));
    CHECK(request.isComplete());
    CHECK(request.kind() == "recovery");
    REQUIRE_FALSE(b.introduce(*fresh, request));
    CHECK_FALSE(b.introduce(*fresh, request));  // its answer was lost
    REQUIRE(b.p.sync(*fresh));
    REQUIRE((*fresh)->ownDevice() != nullptr);
    CHECK((*fresh)->ownDevice()->confirmedSince);
    const base::ScopeId scope = b.commune->scope();
    CHECK((*fresh)->keys().find(scope, 1) == nullptr);

    auto wrong = crypto::ExchangeKeyPair::generate(b.p.random);
    CHECK(must(office::grantRecovered(*fresh, wrong)) == 0);
    // One grant: the province unit's newest key leads to all others, old ones too.
    CHECK(must(office::grantRecovered(*fresh, b.p.recoveryKey)) == 1);
    b.p.restart(*fresh);
    CHECK(must(office::grantRecovered(*fresh, b.p.recoveryKey)) == 0);  // it waits to be sent
    REQUIRE(b.p.sync(*fresh));
    CHECK(must(office::grantRecovered(*fresh, b.p.recoveryKey)) == 0);
    CHECK(b.notesOf(*fresh, scope) == 2);

    // The duties go on: the former device ends, keys change, others join, work goes both ways.
    must(office::revoke(*fresh, b.former.hex(), "cháy"));
    b.p.settle(*fresh);
    const domain::Directory& directory = (*fresh)->directory().directory();
    CHECK(directory.newestKeyVersion(scope, directory.size()) == 3);
    REQUIRE(b.p.sync(*b.commune));
    b.write(*b.commune, "sau khi tỉnh trở lại");
    REQUIRE(b.p.sync(*b.commune));
    REQUIRE(b.p.sync(*fresh));
    CHECK(b.notesOf(*fresh, scope) == 3);
    REQUIRE((*fresh)->append({scope, {test::note("tỉnh đã đọc")}}));
    REQUIRE(b.p.sync(*fresh));
    REQUIRE(b.p.sync(*b.commune));
    CHECK(b.notesOf(*b.commune, scope) == 4);
    auto refused = b.p.sync(b.p.office);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::Refused);
    // A server that starts again reads the same.
    b.p.restartServer();
    REQUIRE(b.p.sync(*fresh));
    CHECK((*fresh)->directory().withoutEffect().empty());
}

TEST_CASE("recovery: the server takes no such device without the keepers' signatures") {
    Burnt b;
    const syncing::Recovering made = b.begin();
    auto fresh = b.home(made);
    SigningRequest request = b.request(made);
    const std::uint64_t entries = b.p.reg->entries();
    auto reason = [&] {
        auto verdict = b.introduce(*fresh, request);
        REQUIRE(verdict);
        CHECK(b.p.reg->entries() == entries);
        return verdict->reason;
    };
    CHECK(reason() == wire::RefusedReason::Malformed);
    REQUIRE(request.sign(b.keys[1]));
    CHECK(reason() == wire::RefusedReason::Malformed);
    CHECK_FALSE(request.sign(crypto::SigningKey::generate(b.p.random)));
    REQUIRE(request.sign(b.keys[0]));
    b.p.clock.now += kDayMs + 1;
    CHECK(reason() == wire::RefusedReason::Expired);
    b.p.clock.now -= kDayMs + 1;
    // By push, as an enrolled device sends, it is nobody's way in either.
    auto officer = b.p.join("X02", roles::kOfficer);
    const base::ScopeId scope = (*officer)->directory().directory().directoryScopeId();
    CHECK_FALSE((*officer)->append({scope, {request.change, *request.enrolment}}));
    REQUIRE_FALSE(b.introduce(*fresh, request));
    // Another device with the same request.
    auto again = b.begin();
    auto other = b.home(again);
    SigningRequest stolen = request;
    stolen.enrolment = again.enrolled;
    stolen.enrolment->number = made.invited.number;
    auto verdict = b.introduce(*other, stolen);
    REQUIRE(verdict);
    CHECK(verdict->reason == wire::RefusedReason::Used);
}

TEST_CASE("recovery: a request says what it is for, and is handed in where it was made") {
    Burnt b;
    const syncing::Recovering made = b.begin();
    SigningRequest request = b.request(made);
    const std::string text = request.text();
    CHECK(text.find("all of its devices were lost") != std::string::npos);
    const base::Hash device = domain::deviceFingerprint(
        made.identity.province, made.enrolled.deviceKey, made.enrolled.exchangeKey);
    CHECK(text.find(domain::fingerprintWords(device)) != std::string::npos);
    REQUIRE(request.sign(b.keys[0]));
    REQUIRE(request.sign(b.keys[1]));
    auto here = office::submit(b.p.office, request);
    REQUIRE_FALSE(here);
    CHECK(here.error().code == Code::InvalidInput);
    // Signed for together: neither half serves alone.
    SigningRequest alone = request;
    alone.enrolment.reset();
    CHECK(alone.signatures() == 0);
    CHECK(alone.kind() == "administrator");
    auto refused = office::submit(b.p.office, alone);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::NotPermitted);
    // Two changes that do not belong together are no request.
    SigningRequest mixed = request;
    mixed.enrolment->number = b.p.random.make<base::InvitationNumber>();
    CHECK_FALSE(SigningRequest::decode(mixed.encode()));
}

TEST_CASE("recovery: another province's server is found out by the fingerprint") {
    Burnt b;
    syncing::RecoveryWish wish{"server:7443", b.root, "Trần Thị Hạ", b.p.clock.now + kDayMs};
    wish.root.data[3] ^= 1;
    auto made = syncing::recoveringIn(b.authority, wish, b.p.random);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::BadSignature);
}

TEST_CASE("recovery: an introduction that was shown is not written anew") {
    Burnt b;
    const syncing::Recovering made = b.begin();
    auto fresh = b.home(made);
    SigningRequest request = b.request(made);
    REQUIRE(request.sign(b.keys[0]));
    REQUIRE(request.sign(b.keys[1]));
    REQUIRE_FALSE(b.introduce(*fresh, request));
    REQUIRE(b.p.sync(*fresh));
    const std::vector<domain::Change> changes{request.change, *request.enrolment};
    auto refused = (*fresh)->reintroduce(changes);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::InvalidInput);
}

TEST_CASE("recovery: the paper is read with blanks, and told from another") {
    Burnt b;
    const domain::Genesis& genesis = b.authority.genesis();
    std::string text = base::toBase32(b.p.recoveryKey.secret.view());
    CHECK(must(office::readRecoveryKey(text + "\n", genesis)).publicKey == genesis.recoveryKey);
    text.insert(26, " \r\n");
    CHECK(must(office::readRecoveryKey(text, genesis)).publicKey == genesis.recoveryKey);
    text.front() = text.front() == 'A' ? 'B' : 'A';
    for (const std::string& wrong : {text, std::string("recovery-key.txt"), std::string(),
                                     base::toBase32(base::Bytes(31, 7))}) {
        auto refused = office::readRecoveryKey(wrong, genesis);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::InvalidInput);
    }
}

TEST_CASE("recovery: the paper is checked against the keys in use, and opens old ones too") {
    Burnt b;
    const domain::Directory& directory = b.p.office->directory().directory();
    auto check = office::checkRecoveryKey(directory, b.p.recoveryKey);
    CHECK(check.ledgers == 3);
    CHECK(check.versions == 6);  // each was changed once
    CHECK(check.shut.empty());
    CHECK(check.shutPast.empty());
    check = office::checkRecoveryKey(directory, crypto::ExchangeKeyPair::generate(b.p.random));
    CHECK(check.shut == std::vector<std::string>{"ST", "X01", "X02"});
    CHECK(check.shutPast.size() == 3);
    CHECK(b.p.office->pendingEntries() == 0);
}
