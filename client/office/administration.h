#pragma once
// What an administrator at the province office does: units (units.cpp), invitations
// (invitations.cpp), revocations (revocation.cpp), keys of ledgers (keys.cpp). Everything is
// written locally; a sync carries it.

#include "domain/invitation.h"
#include "replica/replica.h"

namespace office {

using base::Bytes;
using base::Result;
using base::Status;

struct UnitLine {
    std::string code;
    std::string name;
    domain::UnitLevel level = domain::UnitLevel::Commune;
    std::string parent;
};
/// Units from a csv with the header code,name,level[,parent]. InvalidInput names the line.
Result<std::vector<UnitLine>> readUnits(base::ByteView csv);

struct UnitsImported {
    std::size_t created = 0;
    std::size_t updated = 0;
    std::size_t unchanged = 0;
};
/// Each new unit gets its scope and its first key at once.
Result<UnitsImported> importUnits(replica::Replica& replica, const std::vector<UnitLine>& units);

struct InvitationRequest {
    std::string unit;
    std::string officer;
    domain::Roles roles = 0;
    base::TimeMs validForMs = 0;
    std::string serverAddress;
    /// The beginning of a device's id: adds an officer to that device, whose unit it is then, if
    /// none is named. Empty: makes a device.
    std::string device{};
};
struct InvitationMade {
    domain::Invitation invitation;
    domain::InvitationKeys keys;
    domain::Invited change;
    /// Authority keys must sign the change that are not in this home: nothing was written then.
    bool awaitingSignatures = false;
};
Result<InvitationMade> invite(replica::Replica& replica, const InvitationRequest& request);

struct KeysRenewed {
    std::size_t made = 0;     // ledgers that get a new key
    std::size_t waiting = 0;  // need one that cannot be made here yet
};
struct Revoked {
    base::DeviceId device;
    std::string officer;  // its first one
    std::string unit;
    KeysRenewed keys;
    bool mayHoldAuthority = false;  // it founded the province, whose authority keys are still those
};
/// The device whose id begins so, as far as this device may end its rights, pending ones included.
/// NotPermitted, NotFound, InvalidInput.
Result<domain::Device> deviceToRevoke(const replica::Replica& replica, std::string_view deviceId);
/// Revokes the device, and begins to change the keys that it could read.
Result<Revoked> revoke(replica::Replica& replica, std::string_view deviceId,
                       const std::string& reason);

/// The live device whose id begins so. NotFound, InvalidInput.
Result<domain::Device> deviceWithPrefix(const replica::Replica& replica, std::string_view id);
/// NotPermitted unless this device may change units, invitations, devices and rules.
Status needsAdministrator(const replica::Replica& replica);

/// Whether this device belongs to the office and does its duties; an auditor's has none.
bool isOffice(const replica::Replica& replica);
/// Makes a new key for every ledger whose newest one a revoked device may know: the province unit's
/// first, the others once that is ordered. Idempotent; any office device that holds the keys does
/// it.
Result<KeysRenewed> renewKeys(replica::Replica& replica);
/// Every live device of a scope has a grant of its newest key, but for those that nobody has
/// confirmed yet where the rule asks for it. Idempotent; the number of changes written.
Result<std::size_t> grantKeys(replica::Replica& replica);

}  // namespace office
