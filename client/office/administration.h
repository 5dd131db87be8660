#pragma once
// What an administrator at the province office does: units, invitations, revocations, key grants.
// Everything is written locally; a sync carries it.

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
};
Result<InvitationMade> invite(replica::Replica& replica, const InvitationRequest& request);

struct Revoked {
    base::DeviceId device;
    std::string officer;  // its first one
    std::string unit;
    std::size_t rotated = 0;     // ledgers that have a new key
    std::size_t notRotated = 0;  // the province unit's key is not held here
};
/// Revokes the device and rotates the keys of the ledgers it could read, as far as that is possible
/// here.
Result<Revoked> revoke(replica::Replica& replica, std::string_view deviceId,
                       const std::string& reason);

/// The live device whose id begins so. NotFound, InvalidInput.
Result<domain::Device> deviceWithPrefix(const replica::Replica& replica, std::string_view id);
/// NotPermitted unless this device may change units, invitations, devices and rules.
Status needsAdministrator(const replica::Replica& replica);

/// Whether this device belongs to the office and does its duties; an auditor's has none.
bool isOffice(const replica::Replica& replica);
/// Every live device of a scope has a grant of its newest key, but for those that nobody has
/// confirmed yet where the rule asks for it. Idempotent; the number of changes written.
Result<std::size_t> grantKeys(replica::Replica& replica);

}  // namespace office
