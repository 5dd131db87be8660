#include "office/confirm.h"
#include <algorithm>
#include "office/administration.h"

namespace office {
namespace {

using base::Code;
using base::fail;

/// The newest key of the device's unit, as far as it is ordered and held here.
base::Result<std::pair<std::uint32_t, const crypto::SecretKey*>> newestKeyFor(
    const replica::Replica& replica, const domain::Device& device) {
    const domain::Directory& directory = replica.directory().directory();
    const base::ScopeId& scope = directory.unit(device.unit)->scope;
    std::uint32_t version = directory.newestKeyVersion(scope, directory.size());
    const crypto::SecretKey* key = replica.keys().find(scope, version);
    if (key == nullptr) {
        return fail(Code::WaitingForKey,
                    "The key of the unit " + device.unit +
                        " is not held here yet: run thongsuot sync, then confirm again.");
    }
    return std::pair(version, key);
}

}  // namespace

base::Result<std::vector<domain::Device>> devicesToConfirm(const replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    std::vector<domain::Device> out;
    if (!directory.waitsForConfirmation(directory.size())) return out;
    TRY(domain::Directory projected, replica.projectedDirectory());
    for (const auto& [id, device] : projected.devices()) {
        if (!device.confirmedSince && !device.revokedSince) out.push_back(device);
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a.since < b.since; });
    return out;
}

base::Result<domain::Device> deviceToConfirm(const replica::Replica& replica, std::string_view id) {
    if (!isOffice(replica))
        return fail(
            Code::NotPermitted,
            "Only a device of the province office that does not only read confirms others.");
    TRY(domain::Device device, deviceWithPrefix(replica, id));
    if (device.id == replica.identity().device && !device.confirmedSince) {
        return fail(Code::NotPermitted,
                    "This device cannot confirm itself: another office device does that, with the "
                    "words that thongsuot status shows here.");
    }
    TRY(domain::Directory projected, replica.projectedDirectory());
    if (projected.device(device.id)->confirmedSince) {
        return fail(Code::InvalidInput, "The device " + device.id.hex().substr(0, 10) + " (" +
                                            device.unit +
                                            ") has its keys already; there is "
                                            "nothing to confirm.");
    }
    CHECK_OK(newestKeyFor(replica, device));
    return device;
}

base::Status confirm(replica::Replica& replica, const domain::Device& device) {
    TRY(auto newest, newestKeyFor(replica, device));
    const domain::Directory& directory = replica.directory().directory();
    TRY(domain::Granted grant, replica::grantOf(*newest.second, directory.unit(device.unit)->scope,
                                                newest.first, device, replica.random()));
    CHECK_OK(replica.append({directory.directoryScopeId(), {std::move(grant)}}));
    return {};
}

}  // namespace office
