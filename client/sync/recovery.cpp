#include "sync/recovery.h"
#include "sync/enrolment.h"

namespace syncing {

using base::Code;
using base::fail;

Result<Recovering> prepareRecovery(const RecoveryWish& wish, base::Random& random) {
    domain::Authority authority;
    TRY(bool found, fetchAuthority(wish.server, authority));
    if (!found) return fail(Code::Refused, "The server at " + wish.server + " holds no province.");
    return recoveringIn(std::move(authority), wish, random);
}

Result<Recovering> recoveringIn(domain::Authority authority, const RecoveryWish& wish,
                                base::Random& random) {
    Recovering out;
    out.authority = std::move(authority);
    const domain::Genesis& genesis = out.authority.genesis();
    if (domain::authorityFingerprint(genesis.threshold, genesis.authorityKeys) != wish.root) {
        return fail(Code::BadSignature,
                    "The server at " + wish.server +
                        " belongs to a province with another fingerprint. Check the address and "
                        "the fingerprint (--root); nothing was written.");
    }
    replica::Identity& id = out.identity;
    id = replica::Identity::generate(random);
    id.serverAddress = wish.server;
    id.province = out.authority.province();
    id.serverKey = out.authority.charter().noiseKey;
    id.device = domain::deviceIdOf(id.province, id.deviceKey.publicKey);

    const auto keys = domain::InvitationKeys::derive(domain::InvitationSecret::random(random));
    domain::Invited& invited = out.invited;
    invited.number = keys.number;
    invited.publicKey = keys.key.publicKey;
    invited.unit = genesis.code;
    invited.officer = wish.officer;
    invited.roles =
        domain::roles::kAdministrator | domain::roles::kProvincial | domain::roles::kReviewer;
    invited.expiry = wish.expiry;
    invited.tie = keys.tie(id.province, invited.unit);
    domain::DeviceEnrolled& enrolled = out.enrolled;
    enrolled.number = keys.number;
    enrolled.deviceKey = id.deviceKey.publicKey;
    enrolled.exchangeKey = id.exchangeKey.publicKey;
    enrolled.officerKey = id.officerKeys.front().publicKey;
    enrolled.signature = crypto::sign(keys.key, crypto::Context::Enrol,
                                      enrolled.statement(id.province, id.incarnation));
    return out;
}

Status completeRecovery(replica::Replica& replica, base::Random& random) {
    CHECK_OK(introduceOnce(replica, random));
    SyncReport report;
    CHECK_OK(runSession(replica, report));
    if (replica.ownDevice() != nullptr) return {};
    return fail(Code::Refused,
                "The province's directory does not name this device, although the server took it: "
                "tell whoever runs the server.");
}

}  // namespace syncing
