// The end of a device's rights. The keys that it could read are changed by the office's duty.

#include "office/acts.h"
#include "office/administration.h"
#include "replica/id_prefix.h"

namespace office {
namespace {

/// Nobody else can tell whether the founding's key was put into files (--key-out) or lies there.
bool mayHoldAuthority(const domain::Directory& directory, const base::DeviceId& device) {
    const domain::Genesis& genesis = directory.genesis();
    return directory.authorityKeys() == genesis.authorityKeys &&
           domain::deviceIdOf(directory.province(), genesis.deviceKey) == device;
}

}  // namespace

using base::Code;
using base::fail;

Result<domain::Device> deviceToRevoke(const replica::Replica& replica, std::string_view deviceId) {
    CHECK_OK(needsAdministrator(replica));
    TRY(domain::Directory projected, replica.projectedDirectory());
    std::vector<base::DeviceId> ids;
    for (const auto& [id, device] : projected.devices()) ids.push_back(id);
    TRY(base::DeviceId wanted, replica::idWithPrefix<base::DeviceId>(deviceId, ids, "device"));
    const domain::Device* found = projected.device(wanted);
    if (found->id == replica.identity().device)
        return fail(Code::InvalidInput, "This device cannot revoke itself.");
    if (found->revokedSince) return fail(Code::InvalidInput, "This device was revoked before.");
    return *found;
}

Result<Revoked> revoke(replica::Replica& replica, std::string_view deviceId,
                       const std::string& reason) {
    TRY(const domain::Device found, deviceToRevoke(replica, deviceId));
    const domain::Directory& directory = replica.directory().directory();
    Revoked out{found.id, found.officers.front().name, found.unit, {}, false};
    out.mayHoldAuthority = mayHoldAuthority(directory, found.id);
    CHECK_OK(
        replica.append({directory.directoryScopeId(), {domain::DeviceRevoked{found.id, reason}}}));
    TRY(out.keys, renewKeys(replica));  // in the same sync, as far as it can be done by now
    return out;
}

}  // namespace office
