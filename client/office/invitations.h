#pragma once
// The invitations that the office has made, and taking one back.

#include "replica/replica.h"

namespace office {

enum class InvitationState { Open, Used, Expired, Withdrawn };
std::string_view nameOf(InvitationState state);

struct ListedInvitation {
    domain::Invited invited;
    InvitationState state = InvitationState::Open;
    std::optional<base::DeviceId> usedBy;
    bool isSent = true;  // false: only this device knows of it yet
};

/// All of them, the first to expire first. Whether one has expired is told by this machine's clock;
/// when it comes to it the server's decides.
base::Result<std::vector<ListedInvitation>> invitations(const replica::Replica& replica);

/// Takes back the open invitation whose number begins so. NotPermitted, NotFound, InvalidInput.
base::Result<ListedInvitation> withdraw(replica::Replica& replica, std::string_view number);

}  // namespace office
