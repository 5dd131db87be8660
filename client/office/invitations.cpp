#include "office/invitations.h"
#include <algorithm>
#include "office/administration.h"
#include "replica/id_prefix.h"

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
