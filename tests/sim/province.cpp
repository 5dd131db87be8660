#include "province.h"

#include "office/administration.h"
#include "office/root.h"
#include "wire/body.h"

namespace sim {
Province::Province(World& world, unsigned communes) : m_world(world) {
    for (unsigned i = 1; i <= communes; ++i) m_communes.push_back("T." + std::to_string(i));
    found();
    std::vector<domain::Change> units;
    for (const std::string& code : m_communes) {
        units.push_back(domain::UnitDescribed{code, "Xã " + code, domain::UnitLevel::Commune,
                                              std::string(kProvinceCode)});
    }
    replica::Act act{domain::directoryScope(m_id), std::move(units)};
    m_world.office().append(std::span(&act, 1), replica::Cost::Small, m_world.counters);
    for (int i = 0; i < 3; ++i) {  // each key is ordered before it wraps the next
        doOfficeDuty();
        m_world.converse(m_world.office());
    }
}

replica::Identity Province::newIdentity(base::Random& random) const {
    replica::Identity identity = replica::Identity::generate(random);
    identity.serverAddress = "server:7443";
    identity.serverKey = m_world.server.identity().noiseKey;
    identity.province = m_id;
    identity.device = domain::deviceIdOf(m_id, identity.deviceKey.publicKey);
    return identity;
}

void Province::found() {
    ClientNode& office = m_world.addClient("office", std::string(kProvinceCode));
    base::Random& random = office.random();
    replica::Identity identity = replica::Identity::generate(random);
    identity.authorityKeys = {crypto::SigningKey::generate(random)};
    domain::SignedGenesis genesis;
    domain::Genesis& g = genesis.content;
    g.name = "Tỉnh Thử";
    g.code = kProvinceCode;
    g.authorityKeys = {identity.authorityKeys[0].publicKey};
    g.threshold = 1;
    g.recoveryKey = crypto::ExchangeKeyPair::generate(random).publicKey;
    g.charter.version = 1;
    g.charter.noiseKey = m_world.server.identity().noiseKey;
    g.charter.headKey = m_world.server.identity().headKey;
    g.deviceKey = identity.deviceKey.publicKey;
    g.exchangeKey = identity.exchangeKey.publicKey;
    g.officerName = "Nguyễn Thị An";
    g.officerKey = identity.officerKeys.front().publicKey;
    g.officerRoles = domain::roles::kProvincial | domain::roles::kAdministrator;
    if (m_world.random.chance(500)) g.rules = {{"dictionary", "1"}};
    if (m_world.random.chance(500)) g.rules.push_back({"statements", "required"});
    g.nonce = Bytes(16);
    random.fill(g.nonce);
    genesis.body = wire::encodeGenesis(g);
    genesis.signatures = {
        crypto::sign(identity.authorityKeys[0], crypto::Context::Genesis, genesis.body)};

    m_id = domain::provinceIdOf(genesis.body);
    identity.province = m_id;
    identity.device = domain::deviceIdOf(m_id, identity.deviceKey.publicKey);
    identity.serverAddress = "server:7443";
    identity.serverKey = m_world.server.identity().noiseKey;
    office.create(identity, genesis);
    Bytes segment = must(office.replica().introductionSegment(), "the office shows genesis");
    m_world.converse(office, session::introduction::found(
                                 m_world.server.identity().bootstrap.mac(m_id), segment));
    m_world.converse(office);
}

void Province::addDuties(const domain::Directory& directory, std::vector<domain::Change>& out) {
    ClientNode& office = m_world.office();
    const replica::ScopeKeys& keys = office.replica().keys();
    const base::ScopeId own = directory.provinceUnit().scope;
    for (const auto& [code, unit] : directory.units()) {
        if (directory.keysOf(unit.scope).empty()) {
            if (unit.scope != own && keys.find(own, 1) == nullptr) continue;
            auto made = must(
                keys.make(office.replica().directory().directory(), unit.scope, office.random()),
                "the office makes a key");
            out.emplace_back(made.change);
            if (unit.scope == own)
                out.emplace_back(
                    must(replica::grantOf(made.key, own, 1, *office.replica().ownDevice(),
                                          office.random()),
                         "the office boxes its key"));
            continue;
        }
        std::uint32_t version = directory.newestKeyVersion(unit.scope, directory.size());
        const crypto::SecretKey* key = keys.find(unit.scope, version);
        if (key == nullptr) continue;  // not ordered yet
        for (const auto& [id, device] : directory.devices()) {
            if (device.unit != code || device.revokedSince ||
                directory.grantFor(unit.scope, version, id) != nullptr)
                continue;
            out.emplace_back(
                must(replica::grantOf(*key, unit.scope, version, device, office.random()),
                     "the office grants a key"));
        }
    }
}

void Province::doOfficeDuty() {
    ClientNode& office = m_world.office();
    office.write([](replica::Replica& r) -> base::Status {
        CHECK_OK(office::renewKeys(r));
        return {};
    });
    auto directory =
        must(office.replica().projectedDirectory(), "the office projects its directory");
    std::vector<domain::Change> changes;
    addDuties(directory, changes);
    if (changes.empty()) return;
    m_world.story.tell("the office does its duty: " + std::to_string(changes.size()) +
                       " keys and grants");
    replica::Act act{domain::directoryScope(m_id), std::move(changes)};
    office.append(std::span(&act, 1), replica::Cost::Small, m_world.counters);
}

bool Province::revoke(const ClientNode& client) {
    ClientNode& office = m_world.office();
    const base::DeviceId device = client.replica().identity().device;
    bool hasHeard = office.replica().directory().directory().device(device) != nullptr;
    if (!hasHeard || office.replica().pendingEntries() > 0) return false;
    office.write([&](replica::Replica& r) -> base::Status {
        TRY(office::Revoked done, office::revoke(r, device.hex(), "mất máy"));
        must(done.keys.waiting == 0, "8: a revoked device keeps a key");
        return {};
    });
    m_world.counters.add(Count::Revocations);
    m_world.story.tell("the office revokes " + client.name());
    return true;
}

void Province::changeRoot() {
    ClientNode& office = m_world.office();
    const domain::Authority& ordered = office.replica().directory().directory().authority();
    const auto projected =
        must(office.replica().projectedDirectory(), "the office projects its directory");
    bool isWaiting = projected.authority().version() != ordered.version() ||
                     office.replica().authority().version() != ordered.version();
    if (isWaiting) return;
    bool isOfServer = m_world.random.chance(700);
    office.write([&](replica::Replica& r) -> base::Status {
        if (isOfServer) {
            TRY(auto charter,
                office::requestCharter(r, m_world.server.makeKeys(m_id, m_world.random)));
            return office::submit(r, charter);
        }
        TRY(auto set, office::requestAuthority(r, ordered.set().keys, ordered.set().threshold));
        return office::submit(r, set);
    });
    m_world.counters.add(isOfServer ? Count::ServerRotations : Count::AuthorityChanges);
    m_world.story.tell(isOfServer ? "the authority signs for new keys of the server"
                                  : "the authority keys are set anew");
}

domain::InvitationSecret Province::invite(const std::string& unit, base::TimeMs validForMs) {
    ClientNode& office = m_world.office();
    auto secret = domain::InvitationSecret::random(office.random());
    auto keys = domain::InvitationKeys::derive(secret);
    domain::Invited invited;
    invited.number = keys.number;
    invited.publicKey = keys.key.publicKey;
    invited.unit = unit;
    invited.officer = "Trần Văn Bình";
    invited.roles = domain::roles::kOfficer;
    invited.expiry = m_world.time + validForMs;
    invited.tie = keys.tie(m_id, unit);
    replica::Act act{domain::directoryScope(m_id), {invited}};
    office.append(std::span(&act, 1), replica::Cost::Small, m_world.counters);
    return secret;
}

domain::DeviceEnrolled Province::enrolment(const replica::Identity& identity,
                                           const domain::InvitationSecret& secret) const {
    auto keys = domain::InvitationKeys::derive(secret);
    domain::DeviceEnrolled out;
    out.number = keys.number;
    out.deviceKey = identity.deviceKey.publicKey;
    out.exchangeKey = identity.exchangeKey.publicKey;
    out.officerKey = identity.officerKeys.front().publicKey;
    out.signature =
        crypto::sign(keys.key, crypto::Context::Enrol, out.statement(m_id, identity.incarnation));
    return out;
}

void Province::enrol(ClientNode& client, const domain::InvitationSecret& secret) {
    replica::Identity identity = newIdentity(client.random());
    client.create(identity, enrolment(identity, secret));
    m_world.story.tell(client.name() + " enrols as device " + brief(identity.device) + " of " +
                       client.unit());
}

}  // namespace sim
