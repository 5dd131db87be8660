// Invitations: one device, or another officer, of a unit.

#include "base/limits.h"
#include "office/acts.h"
#include "office/administration.h"

namespace office {

using base::Code;
using base::fail;

Result<InvitationMade> invite(replica::Replica& replica, const InvitationRequest& request) {
    CHECK_OK(needsAdministrator(replica));
    TRY(domain::Directory projected, replica.projectedDirectory());
    if (projected.unit(request.unit) == nullptr) {
        return fail(Code::UnknownUnit, "There is no unit with the code \"" + request.unit + "\".");
    }
    constexpr domain::Roles kProvinceRoles =
        domain::roles::kProvincial | domain::roles::kReviewer | domain::roles::kAdministrator;
    if ((request.roles & kProvinceRoles) != 0 && !projected.isProvinceUnit(request.unit)) {
        return fail(Code::InvalidInput,
                    "This role belongs to the province unit (" + projected.provinceUnit().code +
                        "); a unit has officers, leaders, clerks and auditors.");
    }
    if (request.serverAddress.size() > base::limits::kAddressBytesMax) {
        return fail(Code::InvalidInput,
                    "The server's address is longer than 255 letters, which an invitation cannot "
                    "carry; give the server a shorter name.");
    }
    InvitationMade out;
    out.invitation.secret = domain::InvitationSecret::random(replica.random());
    out.invitation.province = projected.province();
    out.invitation.serverKey = projected.charter().noiseKey;
    out.invitation.address = request.serverAddress;
    out.invitation.expiry = replica.clock().nowMs() + request.validForMs;
    out.keys = domain::InvitationKeys::derive(out.invitation.secret);
    domain::Invited invited;
    invited.number = out.keys.number;
    invited.publicKey = out.keys.key.publicKey;
    invited.unit = request.unit;
    invited.officer = request.officer;
    invited.roles = request.roles;
    invited.expiry = out.invitation.expiry;
    invited.tie = out.keys.tie(projected.province(), request.unit);
    if ((request.roles & domain::roles::kAdministrator) != 0) {
        base::Bytes statement = invited.statement(projected.province());
        for (const crypto::SigningKey& key : replica.identity().authorityKeys) {
            invited.signatures.push_back(crypto::sign(key, crypto::Context::Statement, statement));
        }
        if (!projected.authority().hasSigned(crypto::Context::Statement, statement,
                                             invited.signatures)) {
            invited.signatures.clear();
            out.awaitingSignatures = std::move(invited);
            return out;
        }
    }
    CHECK_OK(replica.append({projected.directoryScopeId(), {invited}}));
    return out;
}

}  // namespace office
