#include "sync/enrolment.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace syncing {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kIntroduced = "introduced";  // setting: the server has taken it

/// What a server says in clear about its province: genesis, and the charters that follow from it.
/// Whether it is the inviting province only the tie can tell.
Result<domain::Authority> provinceOf(const std::string& server) {
    domain::Authority out;
    TRY(bool found, fetchAuthority(server, out));
    if (!found) return fail(Code::Refused, "The server at " + server + " holds no province.");
    return out;
}

/// The tie shows that whoever made the invitation means this province and no other that the server
/// could show.
Status checkInvitation(const replica::Replica& replica, const domain::InvitationKeys& keys) {
    const domain::Directory& directory = replica.directory().directory();
    const domain::Invitee* invitee = directory.invitation(keys.number);
    if (invitee == nullptr)
        return fail(Code::Refused, "The province does not know this invitation.");
    base::Hash tie = keys.tie(directory.province(), invitee->invited.unit);
    if (!crypto::equalConstantTime(tie.view(), invitee->invited.tie.view())) {
        return fail(Code::BadSignature,
                    "This invitation was made for another province or unit. Do not use this "
                    "server; ask the office.");
    }
    if (invitee->usedBy != replica.identity().device || replica.ownDevice() == nullptr) {
        return fail(Code::InvitationUsed,
                    "This invitation was used by another device. Ask the office for a new one.");
    }
    return {};
}

}  // namespace

Result<Joining> prepareJoining(const domain::Invitation& invitation, const std::string& server,
                               base::Random& random) {
    Joining out;
    out.keys = domain::InvitationKeys::derive(invitation.secret);
    out.identity = replica::Identity::generate(random);
    out.identity.serverAddress = server.empty() ? invitation.address : server;
    if (out.identity.serverAddress.empty()) {
        return fail(
            Code::Usage,
            "A short code does not name the server: give its address with --server HOST:PORT.");
    }
    if (invitation.province) {
        out.identity.province = *invitation.province;
        out.identity.serverKey = invitation.serverKey;
    } else {
        TRY(domain::Authority province, provinceOf(out.identity.serverAddress));
        out.identity.province = province.province();
        out.identity.serverKey = province.charter().noiseKey;
    }
    out.identity.device =
        domain::deviceIdOf(out.identity.province, out.identity.deviceKey.publicKey);
    domain::DeviceEnrolled enrolled;
    enrolled.number = out.keys.number;
    enrolled.deviceKey = out.identity.deviceKey.publicKey;
    enrolled.exchangeKey = out.identity.exchangeKey.publicKey;
    enrolled.officerKey = out.identity.officerKeys.front().publicKey;
    enrolled.signature =
        crypto::sign(out.keys.key, crypto::Context::Enrol,
                     enrolled.statement(out.identity.province, out.identity.incarnation));
    out.change = enrolled;
    return out;
}

Status introduceOnce(replica::Replica& replica, base::Random& random) {
    if (replica.ownDevice() != nullptr) return {};
    TRY(Bytes segment, replica.introductionSegment());
    CHECK_OK(introduce(replica, segment, random, {}));
    return replica.setSetting(kIntroduced, base::view("1"));
}

Status completeJoining(replica::Replica& replica, const domain::InvitationKeys& keys,
                       base::Random& random) {
    CHECK_OK(introduceOnce(replica, random));
    SyncReport report;
    CHECK_OK(runSession(replica, report));
    return checkInvitation(replica, keys);
}

Result<Founded> prepareFounding(const Founding& founding, base::Random& random) {
    Founded out;
    out.recoveryKey = crypto::ExchangeKeyPair::generate(random);
    replica::Identity& id = out.identity;
    id = replica::Identity::generate(random);
    std::vector<crypto::SigningKey> authority = founding.authorityKeys;
    if (authority.empty()) {
        authority.push_back(crypto::SigningKey::generate(random));
        id.authorityKeys = authority;
    }
    id.serverAddress = founding.server;
    id.serverKey = founding.token.noiseKey;
    domain::Genesis& g = out.genesis.content;
    g.name = founding.name;
    g.code = founding.code;
    for (const crypto::SigningKey& key : authority) g.authorityKeys.push_back(key.publicKey);
    g.threshold = founding.threshold;
    g.recoveryKey = out.recoveryKey.publicKey;
    g.charter.version = 1;
    g.charter.noiseKey = founding.token.noiseKey;
    g.charter.headKey = founding.token.headKey;
    g.deviceKey = id.deviceKey.publicKey;
    g.exchangeKey = id.exchangeKey.publicKey;
    g.officerName = founding.officer;
    g.officerKey = id.officerKeys.front().publicKey;
    g.officerRoles =
        domain::roles::kAdministrator | domain::roles::kProvincial | domain::roles::kReviewer;
    g.rules = {{"grant", "automatic"},
               {"dictionary", std::to_string(wire::kDictionaryNewest)},
               {"statements", founding.statements}};
    auto nonce = random.make<base::ObjectId>();
    g.nonce = base::copy(nonce.view());
    out.genesis.body = wire::encodeGenesis(g);
    for (std::size_t i = 0; i < founding.threshold && i < authority.size(); ++i) {
        out.genesis.signatures.push_back(
            crypto::sign(authority[i], crypto::Context::Genesis, out.genesis.body));
    }
    id.province = domain::provinceIdOf(out.genesis.body);
    id.device = domain::deviceIdOf(id.province, id.deviceKey.publicKey);
    return out;
}

Status completeFounding(replica::Replica& replica, const domain::BootstrapToken& token,
                        base::Random& random) {
    SyncReport report;
    if (replica.ownDevice() == nullptr) {
        TRY(Bytes segment, replica.introductionSegment());
        CHECK_OK(introduce(replica, segment, random, token.mac(replica.identity().province)));
        CHECK_OK(replica.setSetting(kIntroduced, base::view("1")));
        CHECK_OK(runSession(replica, report));
    }
    const domain::Directory& directory = replica.directory().directory();
    if (!directory.hasGenesis() || replica.ownUnit() == nullptr) {
        return fail(Code::Refused, "The server did not return the genesis that was sent.");
    }
    const base::ScopeId& scope = replica.ownUnit()->scope;
    if (directory.keysOf(scope).empty() && replica.pendingEntries() == 0) {
        TRY(auto made, replica.keys().make(directory, scope, random));
        TRY(domain::Granted grant,
            replica::grantOf(made.key, scope, made.change.version, *replica.ownDevice(), random));
        CHECK_OK(replica.append({directory.directoryScopeId(), {made.change, grant}}));
    }
    if (replica.pendingEntries() > 0) CHECK_OK(runSession(replica, report));
    if (!holdsOwnKey(replica))
        return fail(Code::Internal, "The province unit's key was ordered but cannot be opened.");
    return {};
}

bool isIntroduced(const replica::Replica& replica) {
    auto told = replica.setting(kIntroduced);
    return replica.ownDevice() != nullptr || (told && *told);
}

bool holdsOwnKey(const replica::Replica& replica) {
    const domain::Unit* unit = replica.ownUnit();
    if (unit == nullptr) return false;
    const domain::Directory& directory = replica.directory().directory();
    std::uint32_t version = directory.newestKeyVersion(unit->scope, directory.size());
    return version > 0 && replica.keys().find(unit->scope, version) != nullptr;
}

bool waitsForConfirmation(const replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    const domain::Device* own = replica.ownDevice();
    return own != nullptr && !own->confirmedSince && !own->revokedSince &&
           directory.waitsForConfirmation(directory.size());
}

}  // namespace syncing
