// Invitations: one device, or one more officer on a device, of a unit.

#include "office/invitations.h"
#include <algorithm>
#include "base/limits.h"
#include "office/acts.h"
#include "office/administration.h"
#include "replica/id_prefix.h"
#include "replica/unit_named.h"

namespace office {
namespace {

using base::Code;
using base::fail;

InvitationState stateOf(const domain::Invitee& invitee, base::TimeMs now) {
    if (invitee.usedBy) return InvitationState::Used;
    if (invitee.isWithdrawn) return InvitationState::Withdrawn;
    return invitee.invited.expiry < now ? InvitationState::Expired : InvitationState::Open;
}

}  // namespace

Result<InvitationMade> invite(replica::Replica& replica, const InvitationRequest& request) {
    CHECK_OK(needsAdministrator(replica));
    TRY(domain::Directory projected, replica.projectedDirectory());
    std::optional<domain::Device> device;
    if (!request.device.empty()) {
        TRY(device, deviceWithPrefix(replica, request.device));
    }
    TRY(const domain::Unit* unit,
        replica::unitNamed(projected,
                           device && request.unit.empty() ? device->unit : request.unit));
    if (device && device->unit != unit->code) {
        return fail(Code::InvalidInput, "The device " + device->id.hex().substr(0, 10) +
                                            " belongs to the unit " + device->unit +
                                            "; its officers can only be of that unit.");
    }
    if (device && device->officers.size() >= base::limits::kDeviceOfficersMax) {
        return fail(Code::Limit, "A device has at most 32 officers; this one is full.");
    }
    constexpr domain::Roles kProvinceRoles =
        domain::roles::kProvincial | domain::roles::kReviewer | domain::roles::kAdministrator;
    if ((request.roles & kProvinceRoles) != 0 && !projected.isProvinceUnit(unit->code)) {
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
    domain::Invited& invited = out.change;
    invited.number = out.keys.number;
    invited.publicKey = out.keys.key.publicKey;
    invited.unit = unit->code;
    invited.officer = request.officer;
    invited.roles = request.roles;
    invited.expiry = out.invitation.expiry;
    invited.tie = out.keys.tie(projected.province(), unit->code);
    if (device) invited.device = base::copy(device->id.view());
    if ((request.roles & domain::roles::kAdministrator) != 0) {
        base::Bytes statement = invited.statement(projected.province());
        for (const crypto::SigningKey& key : replica.identity().authorityKeys) {
            invited.signatures.push_back(crypto::sign(key, crypto::Context::Statement, statement));
        }
        if (!projected.authority().hasSigned(crypto::Context::Statement, statement,
                                             invited.signatures)) {
            invited.signatures.clear();
            out.awaitingSignatures = true;
            return out;
        }
    }
    CHECK_OK(replica.append({projected.directoryScopeId(), {invited}}));
    return out;
}

std::string_view nameOf(InvitationState state) {
    switch (state) {
        case InvitationState::Open:
            return "open";
        case InvitationState::Used:
            return "used";
        case InvitationState::Expired:
            return "expired";
        case InvitationState::Withdrawn:
            break;
    }
    return "withdrawn";
}

base::Result<std::vector<ListedInvitation>> invitations(const replica::Replica& replica) {
    TRY(domain::Directory projected, replica.projectedDirectory());
    const domain::Directory& ordered = replica.directory().directory();
    std::vector<ListedInvitation> out;
    for (const auto& [number, invitee] : projected.invitations()) {
        out.push_back({invitee.invited, stateOf(invitee, replica.clock().nowMs()), invitee.usedBy,
                       ordered.invitation(number) != nullptr});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return std::tie(a.invited.expiry, a.invited.number) <
               std::tie(b.invited.expiry, b.invited.number);
    });
    return out;
}

base::Result<ListedInvitation> withdraw(replica::Replica& replica, std::string_view number) {
    CHECK_OK(needsAdministrator(replica));
    TRY(std::vector<ListedInvitation> all, invitations(replica));
    std::vector<base::InvitationNumber> numbers;
    for (const ListedInvitation& one : all) numbers.push_back(one.invited.number);
    TRY(base::InvitationNumber wanted,
        replica::idWithPrefix<base::InvitationNumber>(number, numbers, "invitation"));
    auto found = std::find_if(all.begin(), all.end(),
                              [&](const auto& one) { return one.invited.number == wanted; });
    const std::string who = "The invitation of " + found->invited.officer;
    if (found->state == InvitationState::Used) {
        return fail(Code::InvitationUsed,
                    who +
                        " was used: what it made is ended by thongsuot authority revoke --device " +
                        found->usedBy->hex().substr(0, 10) + ".");
    }
    if (found->state == InvitationState::Withdrawn)
        return fail(Code::InvalidInput, who + " was withdrawn before.");
    const domain::Directory& directory = replica.directory().directory();
    CHECK_OK(replica.append({directory.directoryScopeId(), {domain::InvitationWithdrawn{wanted}}}));
    found->state = InvitationState::Withdrawn;
    return *found;
}

}  // namespace office
