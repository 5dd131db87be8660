#pragma once
// Several people at one machine: each has a key of his own on it.

#include "domain/invitation.h"
#include "replica/replica.h"

namespace syncing {

/// An officer of this device.
struct DeviceOfficer {
    std::string name;
    domain::Roles roles = 0;
    base::PublicKey key;
    std::optional<base::TimeMs> enrolledAt;  // nothing while his enrolment is not ordered
    bool isKeyHeld = false;                  // on this machine
};
/// In the order in which they came; those whose enrolment waits to be sent last.
base::Result<std::vector<DeviceOfficer>> officersOf(const replica::Replica& replica);

/// Who answers for what is stated on this device: the officer who is called so, or whose key begins
/// with these letters (at least 8); without a name the only one who may write. Usage names those
/// that there are; NotPermitted if he only reads, InvalidInput while his enrolment is not ordered.
base::Result<DeviceOfficer> signerOf(const replica::Replica& replica, std::string_view name);

/// Whether the directory, as it is held, knows the invitation of this code.
bool knowsInvitation(const replica::Replica& replica, const domain::InvitationKeys& keys);

/// Takes in the officer of this invitation: makes his key and writes his enrolment, which the next
/// sync sends. InvalidInput (another province's or device's), Refused (unknown), BadSignature
/// (tie), InvitationUsed, InvitationExpired, Limit: nothing was written.
base::Result<DeviceOfficer> addOfficer(replica::Replica& replica,
                                       const domain::Invitation& invitation);

}  // namespace syncing
