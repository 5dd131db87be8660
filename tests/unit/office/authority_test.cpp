// Requests for authority signatures, and the office's duty on keys after revocations.

#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>

#include "../province/in_memory.h"
#include "office/administration.h"
#include "office/authority_key.h"
#include "office/root.h"

using base::Bytes;
using base::Code;
using office::SigningRequest;
using test::InMemoryProvince;
using test::Machine;

namespace {

using Keys = std::vector<crypto::SigningKey>;

/// A province whose authority keys, 2 of 3, are with their keepers.
struct Keepers {
    Keepers() {
        std::vector<base::PublicKey> publicKeys;
        for (int i = 0; i < 3; ++i) {
            keys.push_back(crypto::SigningKey::generate(p.random));
            publicKeys.push_back(keys.back().publicKey);
        }
        auto request = office::requestAuthority(p.office, publicKeys, 2);
        REQUIRE(request);
        REQUIRE(request->isComplete());
        REQUIRE(office::submit(p.office, *request));
        REQUIRE(p.sync(p.office));
        REQUIRE(p.office->dropReplacedAuthorityKeys());
    }
    SigningRequest charter() {
        auto request = office::requestCharter(p.office, p.makeServerKeys());
        REQUIRE(request);
        return *request;
    }

    InMemoryProvince p;
    Keys keys;
};

/// As it comes back from a keeper.
SigningRequest carried(const SigningRequest& request) {
    auto out = SigningRequest::decode(request.encode());
    REQUIRE(out);
    CHECK(out->encode() == request.encode());
    return *out;
}

Code codeOf(const base::Status& status) {
    REQUIRE_FALSE(status);
    return status.error().code;
}

/// Whether anything that the device was given opens this version of a key: its replica, and every
/// box that ever stood in the directory for it.
bool canOpen(const Machine& machine, const base::ScopeId& scope, std::uint32_t version) {
    return machine.replica->keys().find(scope, version) != nullptr;
}

std::uint32_t newestOf(InMemoryProvince& p, const std::string& unit) {
    const domain::Directory& directory = p.reg->directory().directory();
    return directory.newestKeyVersion(directory.unit(unit)->scope, directory.size());
}

}  // namespace

TEST_CASE("requests: a charter holds once enough keepers have signed it") {
    Keepers k;
    SigningRequest request = carried(k.charter());
    CHECK(request.signatures() == 0);
    CHECK(codeOf(office::submit(k.p.office, request)) == Code::NotPermitted);
    REQUIRE(request.sign(k.keys[2]));
    REQUIRE(request.sign(k.keys[2]));
    request = carried(request);
    CHECK(request.signatures() == 1);
    CHECK(codeOf(office::submit(k.p.office, request)) == Code::NotPermitted);
    CHECK(codeOf(request.sign(crypto::SigningKey::generate(k.p.random))) == Code::NotPermitted);
    REQUIRE(request.sign(k.keys[0]));
    request = carried(request);
    CHECK(request.isComplete());
    REQUIRE(office::submit(k.p.office, request));
    CHECK(codeOf(office::submit(k.p.office, request)) == Code::InvalidInput);  // one at a time
    REQUIRE(k.p.sync(k.p.office));
    CHECK(k.p.office->authority().version() == 3);
    CHECK(codeOf(office::submit(k.p.office, request)) == Code::InvalidInput);  // in force already
    auto member = k.p.join("X01", domain::roles::kOfficer);
    CHECK((*member)->authority().version() == 3);
    CHECK(codeOf(office::submit(*member, request)) == Code::NotPermitted);
}

TEST_CASE("requests: an administrator is invited with the keepers' signatures, and not without") {
    Keepers k;
    const office::InvitationRequest wanted{"ST", "Phạm Thị Mười", domain::roles::kAdministrator,
                                           3'600'000, "server:7443"};
    auto made = office::invite(k.p.office, wanted);
    REQUIRE(made);
    REQUIRE(made->awaitingSignatures);
    CHECK(k.p.office->pendingEntries() == 0);
    SigningRequest request = carried(office::requestAdministrator(k.p.office, made->change));
    CHECK(request.kind() == "administrator");
    CHECK(request.text().find("Phạm Thị Mười") != std::string::npos);
    REQUIRE(request.sign(k.keys[0]));
    CHECK(codeOf(office::submit(k.p.office, request)) == Code::NotPermitted);
    REQUIRE(request.sign(k.keys[1]));
    SECTION("in time") {
        REQUIRE(office::submit(k.p.office, carried(request)));
        REQUIRE(k.p.sync(k.p.office));
        const domain::Directory& directory = k.p.reg->directory().directory();
        CHECK(directory.invitation(made->keys.number) != nullptr);
        CHECK(codeOf(office::submit(k.p.office, request)) == Code::InvalidInput);
    }
    SECTION("too late") {
        k.p.clock.now += 3'600'001;
        CHECK(codeOf(office::submit(k.p.office, request)) == Code::InvitationExpired);
    }
}

TEST_CASE("requests: what is signed is what is shown, whatever else the file says") {
    Keepers k;
    SigningRequest request = k.charter();
    SECTION("other authority keys gain nothing") {
        const auto stranger = crypto::SigningKey::generate(k.p.random);
        request.authority.keys = {stranger.publicKey};
        request.authority.threshold = 1;
        REQUIRE(request.sign(stranger));
        CHECK(request.isComplete());
        CHECK(codeOf(office::submit(k.p.office, carried(request))) == Code::InvalidInput);
    }
    SECTION("another province's is not submitted") {
        InMemoryProvince other;
        REQUIRE(request.sign(k.keys[0]));
        REQUIRE(request.sign(k.keys[1]));
        CHECK(codeOf(office::submit(other.office, request)) == Code::InvalidInput);
    }
    SECTION("the province in front is the one that is signed for") {
        request.province.data[0] ^= 1;
        CHECK_FALSE(SigningRequest::decode(request.encode()));
    }
    SECTION("a token of another province is refused") {
        domain::RotationToken token = k.p.makeServerKeys();
        token.province.data[0] ^= 1;
        auto made = office::requestCharter(k.p.office, token);
        REQUIRE_FALSE(made);
        CHECK(made.error().code == Code::InvalidInput);
    }
}

TEST_CASE("requests: bytes that are no whole request are refused") {
    Keepers k;
    const Bytes good = k.charter().encode();
    REQUIRE(SigningRequest::decode(good));
    for (std::size_t i = 0; i < good.size(); i += 3) {
        Bytes bad = good;
        bad[i] ^= 4;
        CHECK_FALSE(SigningRequest::decode(bad));
    }
    for (std::size_t size : {std::size_t{0}, std::size_t{20}, good.size() - 1})
        CHECK_FALSE(SigningRequest::decode(base::ByteView(good).first(size)));
    CHECK_FALSE(SigningRequest::decode(Bytes(70'000, 1)));
    auto rewritten = [&](const std::function<void(SigningRequest&)>& change) {
        SigningRequest request = k.charter();
        change(request);
        return SigningRequest::decode(request.encode()).has_value();
    };
    CHECK(rewritten([](SigningRequest&) {}));
    CHECK_FALSE(rewritten([](auto& r) { r.change = domain::RuleSet{"grant", "automatic"}; }));
    CHECK_FALSE(rewritten([](auto& r) { r.change = domain::Invited{}; }));  // no administrator
    CHECK_FALSE(rewritten([](auto& r) { r.authority.threshold = 0; }));
    CHECK_FALSE(rewritten([](auto& r) { r.authority.threshold = 4; }));
    CHECK_FALSE(rewritten([](auto& r) { r.authority.keys.clear(); }));
    CHECK_FALSE(rewritten([](auto& r) { r.authority.keys.resize(17); }));
    CHECK_FALSE(rewritten([](auto& r) { r.provinceName = "\xff"; }));
    CHECK_FALSE(rewritten([](auto& r) { r.provinceName = std::string(300, 'a'); }));
}

TEST_CASE("authority key: its file opens with its own code, and is never replaced") {
    test::SeededRandom random(5);
    const store::Path folder =
        std::filesystem::temp_directory_path() / ("ts-authority-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    auto made = office::makeAuthorityKeys(folder, 2, random, store::kStretchCostMin);
    REQUIRE(made);
    auto codeOfKey = [&](int number) {
        auto bytes =
            store::readFile(folder / ("authority-" + std::to_string(number) + ".code"), 99);
        REQUIRE(bytes);
        return std::string(base::text(*bytes));
    };
    auto opened = office::openAuthorityKey(folder / "authority-2.key", codeOfKey(2));
    REQUIRE(opened);
    CHECK(opened->publicKey == (*made)[1].publicKey);
    auto wrong = office::openAuthorityKey(folder / "authority-2.key", codeOfKey(1));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == Code::WrongPassphrase);
    auto none = office::openAuthorityKey(folder / "authority-2.key", "ABCD");
    REQUIRE_FALSE(none);
    CHECK(none.error().code == Code::InvalidInput);
    CHECK_FALSE(office::makeAuthorityKeys(folder, 3, random, store::kStretchCostMin));
    CHECK_FALSE(std::filesystem::exists(folder / "authority-3.key"));
    office::removeAuthorityKeys(folder, 2);
    CHECK(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
}

TEST_CASE("keys: two administrators revoke apart, and no revoked device knows the newest keys") {
    InMemoryProvince p;
    auto second = p.join("ST", domain::roles::kAdministrator);
    auto x = p.join("X01", domain::roles::kOfficer);
    auto y = p.join("X01", domain::roles::kOfficer);
    auto z = p.join("X01", domain::roles::kOfficer);
    REQUIRE(p.sync(*second));
    REQUIRE(p.sync(p.office));
    // Neither has heard of the other.
    auto first = office::revoke(p.office, (*x)->identity().device.hex(), "mất máy");
    REQUIRE(first);
    CHECK(first->keys.made == 1);
    CHECK(first->keys.waiting == 0);
    REQUIRE(office::revoke(*second, (*y)->identity().device.hex(), "mất máy"));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.sync(*second));
    const std::uint32_t before = newestOf(p, "X01");
    CHECK(before == 2);  // the second office's came too late
    // Version 2 was made before y was revoked.
    REQUIRE(p.sync(p.office));
    p.settle(p.office);
    p.settle(*second);
    p.settle(p.office);
    const base::ScopeId scope = z->scope();
    CHECK(newestOf(p, "X01") == 3);
    for (Machine* machine : {x.get(), y.get()}) CHECK_FALSE(canOpen(*machine, scope, 3));
    REQUIRE(p.sync(*z));
    for (Machine* machine : {z.get(), second.get(), &p.office}) CHECK(canOpen(*machine, scope, 3));
    for (Machine* machine : {second.get(), &p.office}) {
        auto again = office::renewKeys(*machine);
        REQUIRE(again);
        CHECK(again->made + again->waiting == 0);
        auto granted = office::grantKeys(*machine);
        REQUIRE(granted);
        CHECK(*granted == 0);
    }
    REQUIRE((*z)->append({scope, {test::note("việc")}}));
    REQUIRE(p.sync(*z));
}

TEST_CASE(
    "keys: two offices that do the duty at once make one key, which all that remain can open") {
    InMemoryProvince p;
    auto second = p.join("ST", domain::roles::kAdministrator);
    auto x = p.join("X01", domain::roles::kOfficer);
    auto z = p.join("X01", domain::roles::kOfficer);
    REQUIRE(p.sync(p.office));
    const domain::Directory& directory = p.office->directory().directory();
    REQUIRE(p.office->append({directory.directoryScopeId(),
                              {domain::DeviceRevoked{(*x)->identity().device, "mất máy"}}}));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.sync(*second));
    for (Machine* machine : {&p.office, second.get()}) {
        auto renewed = office::renewKeys(*machine);
        REQUIRE(renewed);
        CHECK(renewed->made == 1);
        auto again = office::renewKeys(*machine);  // what waits to be sent counts as done
        REQUIRE(again);
        CHECK(again->made == 0);
    }
    REQUIRE(p.sync(*second));
    REQUIRE(p.sync(p.office));
    p.settle(p.office);
    p.settle(*second);
    REQUIRE(p.sync(*z));
    REQUIRE(p.sync(p.office));
    CHECK(newestOf(p, "X01") == 2);
    for (Machine* machine : {z.get(), second.get(), &p.office})
        CHECK(canOpen(*machine, z->scope(), 2));
}

TEST_CASE("keys: a lost office device costs every ledger its key, the province's first") {
    InMemoryProvince p;
    auto lost = p.join("ST", domain::roles::kProvincial);
    auto z = p.join("X02", domain::roles::kOfficer);
    REQUIRE(p.sync(p.office));
    auto revoked = office::revoke(p.office, (*lost)->identity().device.hex(), "mất máy");
    REQUIRE(revoked);
    CHECK(revoked->keys.made == 1);
    CHECK(revoked->keys.waiting == 2);
    p.settleOffice();
    for (const char* unit : {"ST", "X01", "X02"}) CHECK(newestOf(p, unit) == 2);
    CHECK(canOpen(p.office, p.office.scope(), 2));
    CHECK_FALSE(canOpen(*lost, p.office.scope(), 2));
    REQUIRE(p.sync(*z));
    CHECK(canOpen(*z, z->scope(), 2));
    auto again = office::renewKeys(p.office);
    REQUIRE(again);
    CHECK(again->made + again->waiting == 0);
    const domain::Directory& directory = p.reg->directory().directory();
    CHECK(directory.keysOf(z->scope()).back()->made.provinceVersion == 2);
}
