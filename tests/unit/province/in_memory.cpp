#include "in_memory.h"

#include <catch2/catch.hpp>

#include "ledger/body.h"
#include "office/administration.h"
#include "office/root.h"
#include "sync/enrolment.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace test {
namespace {

template <class T>
T must(base::Result<T> result) {
    if (!result) FAIL(result.error().message);
    return std::move(*result);
}

void must(const base::Status& status) {
    if (!status) FAIL(status.error().message);
}

}  // namespace

InMemoryProvince::InMemoryProvince() : InMemoryProvince(serverStore) {}

InMemoryProvince::InMemoryProvince(store::Store& registerStore)
    : headKey(crypto::SigningKey::generate(random)),
      noiseKey(crypto::ExchangeKeyPair::generate(random)) {
    serverIdentity.noiseKey = noiseKey.publicKey;
    serverIdentity.headKey = headKey.publicKey;
    serverIdentity.bootstrap.noiseKey = serverIdentity.noiseKey;
    serverIdentity.bootstrap.headKey = serverIdentity.headKey;
    serverIdentity.bootstrap.secret = crypto::Secret<16>::random(random);
    heldKeys = {{noiseKey, headKey}};
    auto keysOf = [this](const domain::Charter& charter) {
        return std::find_if(heldKeys.begin(), heldKeys.end(), [&](const auto& keys) {
            return keys.first.publicKey == charter.noiseKey &&
                   keys.second.publicKey == charter.headKey;
        });
    };
    serverIdentity.headKeyOf = [this, keysOf](const domain::Charter& charter) {
        auto keys = keysOf(charter);
        return keys == heldKeys.end() ? std::nullopt : std::optional(keys->second);
    };
    serverIdentity.onCharter = [this, keysOf](const domain::Charter& charter) {
        auto keys = keysOf(charter);
        REQUIRE(keys != heldKeys.end());
        noiseKey = keys->first;
        headKey = keys->second;
    };
    restartServer(registerStore);

    syncing::Founding founding{"Tỉnh Sông Trăng", "ST", "Trần Thị Hạ", "server:7443",
                               serverIdentity.bootstrap};
    auto founded = must(syncing::prepareFounding(founding, random));
    recoveryKey = founded.recoveryKey;
    office.replica = must(
        replica::Replica::create(office.store, clock, random, {founded.identity, founded.genesis}));
    auto segment = must(office->introductionSegment());
    intake->found(m_session, founded.identity.exchangeKey.publicKey,
                  serverIdentity.bootstrap.mac(founded.identity.province), {segment, {}});
    REQUIRE_FALSE(must(verdict()));
    must(sync(office));

    const base::ScopeId own = office.scope();
    const base::ScopeId directory = office->directory().directory().directoryScopeId();
    auto made = must(office->keys().make(office->directory().directory(), own, random));
    auto grant = must(replica::grantOf(made.key, own, 1, *office->ownDevice(), random));
    must(office->append({directory, {made.change, grant}}));
    must(sync(office));
    must(office::importUnits(*office.replica,
                             {{"X01", "Xã Cồn Gió", domain::UnitLevel::Commune, ""},
                              {"X02", "Xã Bến Mây", domain::UnitLevel::Commune, ""}}));
    settleOffice();
}

void InMemoryProvince::settle(replica::Replica& replica) {
    must(sync(replica));
    constexpr int kRoundsMax = 5;  // the province unit's key, the units' keys, grants
    for (int round = 0; round < kRoundsMax; ++round) {
        auto renewed = must(office::renewKeys(replica));
        if (must(office::grantKeys(replica)) == 0 && renewed.made == 0) return;
        must(sync(replica));
    }
    FAIL("the office's duties do not end");
}

domain::RotationToken InMemoryProvince::makeServerKeys() {
    heldKeys.emplace_back(crypto::ExchangeKeyPair::generate(random),
                          crypto::SigningKey::generate(random));
    return {office->identity().province, heldKeys.back().first.publicKey,
            heldKeys.back().second.publicKey};
}

void InMemoryProvince::rotateServer() {
    must(office::submit(office, must(office::requestCharter(office, makeServerKeys()))));
    must(sync(office));
}

std::unique_ptr<Machine> InMemoryProvince::join(const std::string& unit, domain::Roles roles) {
    auto machine = std::make_unique<Machine>();
    machine->replica = joinIn(machine->store, unit, roles);
    return machine;
}

std::unique_ptr<replica::Replica> InMemoryProvince::joinIn(store::Store& store,
                                                           const std::string& unit,
                                                           domain::Roles roles) {
    constexpr base::TimeMs kDayMs = 24LL * 3600 * 1000;
    auto invitation =
        must(office::invite(*office.replica, {unit, "Lê Văn Đồng", roles, kDayMs, "server:7443"}));
    must(sync(office));
    auto joining = must(syncing::prepareJoining(invitation.invitation, "", random));
    auto replica =
        must(replica::Replica::create(store, clock, random, {joining.identity, joining.change}));
    REQUIRE_FALSE(must(introduce(*replica, must(replica->introductionSegment()))));
    settleOffice();
    must(sync(*replica));
    return replica;
}

base::Status InMemoryProvince::sync(replica::Replica& replica) {
    session::ClientSession client(replica);
    session::ServerSession server(*intake, ++m_session, replica.identity().exchangeKey.publicKey);
    TRY(base::Bytes hello, client.start());
    CHECK_OK(server.onMessage(hello));
    for (bool moved = true; moved && !client.isFinished();) {
        TRY(auto up, client.produce());
        if (up) CHECK_OK(server.onMessage(up->message));
        TRY(bool committed, intake->run([&](std::uint64_t, std::optional<wire::Refused> refused) {
            server.settled(std::move(refused));
        }));
        TRY(auto down, server.produce());
        if (down) CHECK_OK(client.onMessage(down->message));
        moved = up || committed || down;
    }
    if (client.hasFollowed()) return sync(replica);
    return client.isFinished() ? base::Status() : base::fail(base::Code::Cut, "the session hangs");
}

void InMemoryProvince::restart(Machine& machine) {
    machine.replica.reset();
    machine.store.reopen();
    machine.replica = must(replica::Replica::open(machine.store, clock, random));
}

void InMemoryProvince::restartServer() {
    serverStore.reopen();
    restartServer(serverStore);
}

void InMemoryProvince::stopServer() {
    intake.reset();
    reg.reset();
}

void InMemoryProvince::restartServer(store::Store& registerStore) {
    stopServer();
    reg = must(reg::Register::open(registerStore, clock, headKey));
    for (const auto& [noise, head] : heldKeys) reg->addHeadKey(head);
    intake = std::make_unique<intake::Intake>(*reg, clock, serverIdentity);
}

base::Result<InMemoryProvince::Verdict> InMemoryProvince::verdict() {
    Verdict out;
    bool isSettled = false;
    TRY(bool ran, intake->run([&](std::uint64_t, Verdict refused) {
        out = std::move(refused);
        isSettled = true;
    }));
    CHECK(ran);
    CHECK(isSettled);
    return out;
}

base::Result<InMemoryProvince::Verdict> InMemoryProvince::push(const base::DeviceId& device,
                                                               const base::Bytes& segment) {
    intake->push(++m_session, device, {segment, {}});
    return verdict();
}

base::Result<InMemoryProvince::Verdict> InMemoryProvince::introduce(const replica::Replica& replica,
                                                                    const base::Bytes& segment) {
    intake->introduce(++m_session, replica.identity().exchangeKey.publicKey, {segment, {}});
    return verdict();
}

domain::Change note(const std::string& text) {
    return domain::Noted{domain::ObjectKind::Assignment, {}, domain::NoteKind::Progress, text};
}

base::Bytes segmentOf(const Machine& machine, const base::Bytes& all, std::size_t from,
                      std::size_t to) {
    const replica::Identity& id = machine.replica->identity();
    auto whole = must(ledger::parseSegment(all));
    ledger::ChainState state;
    state.nextSeq = whole.firstSeq;
    state.tip = whole.prev;
    base::Hash prev = state.tip;
    for (std::size_t i = 0; i < to; ++i) {
        if (i == from) prev = state.tip;
        must(ledger::advance(state, whole.entries[i]));
    }
    auto sealed = ledger::sealedBytes(id.province, whole.chain, state.nextSeq - 1, state.tip);
    auto seal = crypto::sign(id.deviceKey, crypto::Context::Seal, sealed);
    base::Bytes out;
    ledger::encodeSegment(whole.chain, whole.firstSeq + from, prev,
                          std::span(whole.entries).subspan(from, to - from), seal, out);
    return out;
}

base::Bytes sealedEntry(const replica::Identity& by, const base::ScopeId& scope,
                        const ledger::Header& header, base::ByteView body) {
    const ledger::ChainId chain{scope, by.device, by.incarnation};
    auto state = ledger::ChainState::start(by.province, chain);
    base::Bytes entry = ledger::encodeHeader(header, state);
    base::Writer(entry).raw(body);
    const base::Hash prev = state.tip;
    must(ledger::advance(state, entry));
    auto seal = crypto::sign(by.deviceKey, crypto::Context::Seal,
                             ledger::sealedBytes(by.province, chain, 0, state.tip));
    const base::ByteView one = entry;
    base::Bytes out;
    ledger::encodeSegment(chain, 0, prev, std::span(&one, 1), seal, out);
    return out;
}

base::Bytes smuggled(InMemoryProvince& province, Machine& by, const base::ScopeId& scope,
                     const domain::Change& change) {
    replica::Identity id = by->identity();
    id.incarnation = province.random.make<base::IncarnationId>();
    ledger::Header header;
    header.keyVersion = 1;
    header.claimed = province.clock.now;
    const auto start = ledger::ChainState::start(id.province, {scope, id.device, id.incarnation});
    const crypto::SecretKey* key = by->keys().find(scope, 1);
    REQUIRE(key != nullptr);
    const base::Bytes packed =
        wire::compress(wire::encodeBody(std::span(&change, 1)), wire::kBodyLevel, 0);
    base::Bytes body;
    ledger::sealBody(*key, start.tip, ledger::encodeHeader(header, start), packed, body);
    return sealedEntry(id, scope, header, body);
}

base::Bytes pendingSegment(InMemoryProvince& province, Machine& machine) {
    must(machine->hello());
    auto segment = must(machine->nextSegment());
    REQUIRE(segment);
    province.restart(machine);  // what was given out counts as sent until then
    return std::move(*segment);
}

}  // namespace test
