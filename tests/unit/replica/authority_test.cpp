// What a device learns of the province's keys, and what it takes from a server that is not at the
// newest of them.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "office/root.h"
#include "session/server_session.h"
#include "wire/body.h"

using base::Bytes;
using base::Code;
using test::InMemoryProvince;
using test::Machine;

namespace {

/// Batch by batch, as a session sends it, until the replica has all.
std::size_t batchesOf(InMemoryProvince& p, replica::Replica& replica,
                      const std::function<void(std::size_t)>& afterBatch = {}) {
    session::ClientSession client(replica);
    session::ServerSession server(*p.intake, 4000, replica.identity().exchangeKey.publicKey);
    auto hello = client.start();
    REQUIRE(hello);
    REQUIRE(server.onMessage(*hello));
    std::size_t batches = 0;
    while (!client.isFinished()) {
        auto up = client.produce();
        REQUIRE(up);
        if (*up) REQUIRE(server.onMessage((*up)->message));
        auto down = server.produce();
        REQUIRE(down);
        REQUIRE((*up || *down));
        if (!*down) continue;
        auto decoded = wire::decodeServerMessage((*down)->message);
        REQUIRE(decoded);
        bool isBatch = std::holds_alternative<wire::Batch>(decoded->message);
        auto heard = client.onMessage((*down)->message);
        if (!heard) FAIL(heard.error().message);
        if (isBatch && afterBatch) afterBatch(batches);
        batches += isBatch ? 1 : 0;
    }
    return batches;
}

void growDirectory(InMemoryProvince& p, std::size_t entries) {
    const base::ScopeId scope = p.office->directory().directory().directoryScopeId();
    std::vector<replica::Act> acts(
        entries, replica::Act{scope, {domain::RuleSet{"note", std::string(60, 'x')}}});
    REQUIRE(p.office->appendAll(acts, replica::Cost::Bulk));
    REQUIRE(p.sync(p.office));
}

/// A batch with one more entry of X01, under a head of this version with this key.
struct OneMore {
    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", domain::roles::kOfficer);
    std::unique_ptr<Machine> reader = p.join("X01", domain::roles::kOfficer);

    base::Status tell(std::uint32_t charterVersion, const crypto::SigningKey& key) {
        const base::ScopeId scope = reader->scope();
        Bytes record;
        base::Hash root;
        REQUIRE(p.intake->read(scope, 0, [&](const session::ServerPort::RecordView& view) {
            record = base::copy(view.bytes);
            root = view.rootAfter;
            return base::Result<bool>(false);
        }));
        ledger::Head head;
        head.province = p.office->identity().province;
        head.scope = scope;
        head.size = 1;
        head.root = root;
        head.charterVersion = charterVersion;
        head.sign(key);
        const Bytes bytes = head.encode();
        wire::Batch batch;
        batch.scope = scope;
        batch.records.emplace_back(base::ByteView(record));
        batch.head = bytes;
        return (*reader)->ingest(batch);
    }
    void write() {
        REQUIRE((*a)->append({a->scope(), {test::note("việc")}}));
        REQUIRE(p.sync(*a));
    }
};

}  // namespace

TEST_CASE(
    "authority: a device that slept over rotations knows the newest charter after one session") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    CHECK((*a)->authority().version() == 1);
    CHECK((*a)->serverKey() == p.heldKeys[0].first.publicKey);
    REQUIRE((*a)->append({a->scope(), {test::note("trước khi ngủ")}}));
    for (int i = 0; i < 3; ++i) p.rotateServer();
    CHECK(p.office->authority().version() == 4);
    REQUIRE(p.sync(*a));
    CHECK((*a)->pendingEntries() == 0);
    CHECK((*a)->authority().version() == 4);
    CHECK((*a)->serverKey() == p.noiseKey.publicKey);
    p.restart(*a);
    CHECK((*a)->authority().version() == 4);
    CHECK((*a)->serverKey() == p.heldKeys[3].first.publicKey);
}

TEST_CASE(
    "authority: a head of an older charter is refused, though its key was once the server's") {
    OneMore x;
    x.write();
    const crypto::SigningKey old = x.p.headKey;
    SECTION("before a rotation it is the newest") {
        CHECK(x.tell(1, old));
    }
    SECTION("afterwards it is not") {
        x.p.rotateServer();
        std::uint32_t last = 0;
        const auto changes = x.p.office->authority().changesAfter(1, last);
        REQUIRE((*x.reader)->learnAuthority(changes));
        auto told = x.tell(1, old);
        REQUIRE_FALSE(told);
        CHECK(told.error().code == Code::Forked);
        CHECK(told.error().message.find("older than it was") != std::string::npos);
        CHECK_FALSE(x.tell(2, old));
        CHECK_FALSE(x.tell(1, x.p.headKey));
        CHECK_FALSE(x.tell(3, x.p.headKey));
        auto status = (*x.reader)->status();
        REQUIRE(status);
        for (const replica::LedgerStatus& s : *status)
            CHECK((s.scope != x.reader->scope() || s.size == 0));
        CHECK(x.tell(2, x.p.headKey));
    }
}

TEST_CASE("authority: a server that does not know the newest charter any more gets it back") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto old = p.serverStore.clone();
    p.rotateServer();
    REQUIRE(p.sync(*a));
    p.stopServer();
    p.headKey = p.heldKeys[0].second;
    p.restartServer(*old);
    REQUIRE(p.reg->directory().directory().charter().version == 1);
    // Without having lost its directory it would be no server of this province.
    auto heard = (*a)->learnAuthority(1, base::ByteView());
    REQUIRE_FALSE(heard);
    CHECK(heard.error().code == Code::Forked);
    CHECK(heard.error().message.find("older than it was") != std::string::npos);
    REQUIRE(p.sync(*a));
    CHECK(p.reg->directory().directory().charter().version == 2);
    p.stopServer();  // before its store goes
}

TEST_CASE(
    "authority: a large directory is taken batch by batch after a charter that stands at its end") {
    InMemoryProvince p;
    auto early = p.join("X01", domain::roles::kOfficer);
    growDirectory(p, 2100);
    p.rotateServer();
    auto late = p.join("X02", domain::roles::kOfficer);  // downloads all of it
    CHECK((*late)->directory().size() > 2100);
    CHECK((*late)->authority().version() == 2);
    CHECK(batchesOf(p, *early) > 2);
    CHECK((*early)->directory().size() == (*late)->directory().size());
}

TEST_CASE("authority: a charter that is ordered during a download is told before its heads") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    growDirectory(p, 2100);
    bool isRotated = false;
    const std::size_t batches = batchesOf(p, *a, [&](std::size_t) {
        if (isRotated) return;
        isRotated = true;
        p.rotateServer();
    });
    CHECK(batches > 2);
    CHECK((*a)->authority().version() == 2);
    CHECK((*a)->directory().size() == p.office->directory().size());
}

TEST_CASE("authority: what was learnt outlives the program, also before the directory has it") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    p.rotateServer();
    p.rotateServer();
    std::uint32_t last = 0;
    const auto changes = p.office->authority().changesAfter(0, last);  // genesis too: held already
    REQUIRE((*a)->learnAuthority(changes));
    CHECK((*a)->directory().directory().authority().version() == 1);
    p.restart(*a);
    CHECK((*a)->authority().version() == 3);
    CHECK((*a)->serverKey() == p.noiseKey.publicKey);
    auto hello = (*a)->hello();
    REQUIRE(hello);
    CHECK(hello->charterVersion == 3);
    REQUIRE(p.sync(*a));
    CHECK((*a)->directory().directory().authority().version() == 3);
    // A server that says less is older than it was.
    auto heard = (*a)->learnAuthority(2, {});
    REQUIRE_FALSE(heard);
    CHECK(heard.error().code == Code::Forked);
    CHECK((*a)->learnAuthority(0, {}));
    CHECK((*a)->learnAuthority(3, {}));
}

TEST_CASE("authority: only what the authority keys have signed moves a device") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    const domain::RotationToken token = p.makeServerKeys();
    auto request = office::requestCharter(p.office, token);
    REQUIRE(request);
    auto charter = std::get<domain::SignedCharter>(request->change);
    auto isRefused = [&](const domain::SignedCharter& changed) {
        const std::vector<domain::Change> changes{changed};
        auto learnt = (*a)->learnAuthority(changes);
        return !learnt && learnt.error().code == Code::Refused && (*a)->authority().version() == 1;
    };
    SECTION("another body") {
        charter.content.noiseKey = p.random.make<base::ExchangeKey>();
        charter.body = wire::encodeCharter(charter.content);
        CHECK(isRefused(charter));
    }
    SECTION("no signature") {
        charter.signatures.clear();
        CHECK(isRefused(charter));
    }
    SECTION("another's signature") {
        charter.signatures = {crypto::sign(crypto::SigningKey::generate(p.random),
                                           crypto::Context::Charter, charter.body)};
        CHECK(isRefused(charter));
    }
    SECTION("a version left out") {
        charter.content.version = 3;
        charter.body = wire::encodeCharter(charter.content);
        charter.signatures = {crypto::sign(p.office->identity().authorityKeys[0],
                                           crypto::Context::Charter, charter.body)};
        CHECK(isRefused(charter));
    }
    SECTION("bytes that are no changes") {
        CHECK_FALSE((*a)->learnAuthority(2, Bytes(64, 7)));
        CHECK((*a)->authority().version() == 1);
    }
    SECTION("the charter itself") {
        const std::vector<domain::Change> changes{charter};
        REQUIRE((*a)->learnAuthority(changes));
        CHECK((*a)->serverKey() == token.noiseKey);
    }
}

TEST_CASE("authority: a new device takes no history that does not name the key of its invitation") {
    InMemoryProvince p;
    std::uint32_t last = 0;
    const auto older = p.office->authority().changesAfter(0, last);
    p.rotateServer();
    const auto whole = p.office->authority().changesAfter(0, last);
    // As an invitation of today makes it: it tells the new key.
    replica::Identity identity = replica::Identity::generate(p.random);
    identity.province = p.office->identity().province;
    identity.serverKey = p.noiseKey.publicKey;
    auto begin = [&](store::MemoryStore& store) {
        auto made = replica::Replica::create(store, p.clock, p.random,
                                             {identity, domain::RuleSet{"grant", "confirm"}});
        REQUIRE(made);
        return std::move(*made);
    };
    store::MemoryStore store;
    auto replica = begin(store);
    auto learnt = replica->learnAuthority(older);
    REQUIRE_FALSE(learnt);
    CHECK(learnt.error().code == Code::Refused);
    CHECK_FALSE(replica->authority().hasGenesis());
    REQUIRE(replica->learnAuthority(whole));
    CHECK(replica->authority().version() == 2);
    SECTION("nor another province") {
        store::MemoryStore second;
        identity.province.data[0] ^= 1;
        auto stranger = begin(second);
        CHECK_FALSE(stranger->learnAuthority(whole));
        CHECK_FALSE(stranger->authority().hasGenesis());
    }
}

TEST_CASE("authority: a home forgets the keys that the province has replaced") {
    InMemoryProvince p;
    REQUIRE(p.office->identity().authorityKeys.size() == 1);
    REQUIRE(p.office->dropReplacedAuthorityKeys());
    REQUIRE(p.office->identity().authorityKeys.size() == 1);
    auto request =
        office::requestAuthority(p.office, {crypto::SigningKey::generate(p.random).publicKey}, 1);
    REQUIRE(request);
    REQUIRE(office::submit(p.office, *request));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.office->dropReplacedAuthorityKeys());
    CHECK(p.office->identity().authorityKeys.empty());
    p.restart(p.office);
    CHECK(p.office->identity().authorityKeys.empty());
}
