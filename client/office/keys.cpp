// The office's duty on keys of ledgers, worked out from the directory: several office devices may
// do it at once. Of two that make the same version of a key the first one ordered wins, the other
// has no effect, and neither has anything to do then.

#include <algorithm>
#include <map>
#include "office/acts.h"
#include "office/administration.h"

namespace office {
namespace {

/// What revoked devices may know, in a directory that outlives this.
class Losses {
public:
    explicit Losses(const domain::Directory& directory) : m_directory(directory) {
        for (const auto& [id, device] : directory.devices()) {
            if (!device.revokedSince) continue;
            std::uint64_t& last = m_lastRevoked[device.unit];
            last = std::max(last, *device.revokedSince + 1);
        }
    }
    /// Whether a revoked device may know the newest key of a unit's ledger: it was granted it,
    /// might have been, or can open the province unit's key under which it is wrapped.
    bool hold(const domain::Unit& unit) const {
        auto versions = m_directory.keysOf(unit.scope);
        if (versions.empty()) return false;
        if (holdVersion(unit, *versions.back())) return true;
        const domain::Unit& province = m_directory.provinceUnit();
        if (unit.code == province.code) return false;
        auto outer = m_directory.keysOf(province.scope);
        const std::uint32_t under = versions.back()->made.provinceVersion;
        return under >= 1 && under <= outer.size() && holdVersion(province, *outer[under - 1]);
    }

private:
    /// A device of the unit was revoked since the version was made, or granted it nevertheless.
    bool holdVersion(const domain::Unit& unit, const domain::ScopeKeyVersion& version) const {
        auto last = m_lastRevoked.find(unit.code);
        bool isLater = last != m_lastRevoked.end() && last->second > version.since;
        return isLater || m_directory.isGrantedToRevoked(unit.scope, version.made.version);
    }

    const domain::Directory& m_directory;
    std::map<std::string, std::uint64_t, std::less<>> m_lastRevoked;  // position + 1, by unit
};

/// What the rule "grant" says of this device; an earlier grant counts for later key versions too.
bool mayBeGranted(const domain::Directory& directory, const domain::Device& device) {
    return device.confirmedSince || !directory.waitsForConfirmation(directory.size());
}

bool wasGranted(const domain::Directory& directory, const base::ScopeId& scope,
                std::uint32_t before, const base::DeviceId& device) {
    for (std::uint32_t version = 1; version < before; ++version) {
        if (directory.grantFor(scope, version, device) != nullptr) return true;
    }
    return false;
}

/// A new key, and grants of it to those that had the one before, in one entry: a grant must not
/// outlive a key that comes too late. Those for whom there is no room are granted it later.
Result<std::vector<domain::Change>> renewed(const replica::Replica& replica,
                                            const domain::Directory& directory,
                                            const domain::Unit& unit, base::Random& random) {
    TRY(auto made, replica.keys().make(directory, unit.scope, random));
    const std::uint32_t version = made.change.version;
    std::vector<domain::Change> out{made.change};
    auto grant = [&](const domain::Device& device) -> Status {
        TRY(domain::Granted granted,
            replica::grantOf(made.key, unit.scope, version, device, random));
        out.push_back(std::move(granted));
        return {};
    };
    const base::DeviceId& self = replica.identity().device;
    const domain::Device* own = directory.device(self);
    if (own != nullptr && own->unit == unit.code) CHECK_OK(grant(*own));
    for (const auto& [id, device] : directory.devices()) {
        if (id == self || device.unit != unit.code || device.revokedSince ||
            !wasGranted(directory, unit.scope, version, id)) {
            continue;
        }
        if (out.size() == kGroupChangesMax) break;
        CHECK_OK(grant(device));
    }
    return out;
}

}  // namespace

bool isOffice(const replica::Replica& replica) {
    const domain::Device* device = replica.ownDevice();
    const domain::Directory& directory = replica.directory().directory();
    return device != nullptr && !device->revokedSince && directory.isProvinceUnit(device->unit) &&
           directory.mayAppend(device->id, directory.provinceUnit().scope, directory.size());
}

Result<KeysRenewed> renewKeys(replica::Replica& replica) {
    KeysRenewed out;
    if (!isOffice(replica)) return out;
    const domain::Directory& ordered = replica.directory().directory();
    TRY(domain::Directory projected, replica.projectedDirectory());
    const domain::Unit& province = projected.provinceUnit();
    // A key serves only once it is ordered: others are wrapped under it, or it under them.
    auto isWaiting = [&](const base::ScopeId& scope) {
        return projected.keysOf(scope).size() != ordered.keysOf(scope).size();
    };
    std::vector<std::vector<domain::Change>> groups;
    const Losses losses(projected);
    bool mayRenewUnits = !isWaiting(province.scope) && !losses.hold(province);
    for (const auto& [code, unit] : projected.units()) {
        if (!losses.hold(unit) || isWaiting(unit.scope)) continue;
        if (code != province.code && !mayRenewUnits) {
            ++out.waiting;
            continue;
        }
        auto changes = renewed(replica, projected, unit, replica.random());
        if (changes) {
            groups.push_back(std::move(*changes));
        } else if (changes.error().code == base::Code::WaitingForKey) {
            ++out.waiting;  // another office device that holds the province unit's key will do it
        } else {
            return tl::unexpected(changes.error());
        }
    }
    out.made = groups.size();
    if (groups.empty()) return out;
    auto acts = actsOf(projected.directoryScopeId(), std::move(groups));
    CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    return out;
}

Result<std::size_t> grantKeys(replica::Replica& replica) {
    if (!isOffice(replica)) return 0;
    TRY(domain::Directory directory, replica.projectedDirectory());
    std::vector<domain::Change> changes;
    for (const auto& [id, device] : directory.devices()) {
        const domain::Unit* unit = directory.unit(device.unit);
        if (device.revokedSince || unit == nullptr || !mayBeGranted(directory, device)) continue;
        std::uint32_t version = directory.newestKeyVersion(unit->scope, directory.size());
        if (version == 0 || directory.grantFor(unit->scope, version, id) != nullptr) continue;
        const crypto::SecretKey* key = replica.keys().find(unit->scope, version);
        if (key == nullptr) continue;  // not ordered yet, or held by another office device
        TRY(domain::Granted grant,
            replica::grantOf(*key, unit->scope, version, device, replica.random()));
        changes.push_back(std::move(grant));
    }
    std::size_t count = changes.size();
    if (count == 0) return 0;
    auto acts = actsOf(directory.directoryScopeId(), std::move(changes));
    CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    return count;
}

}  // namespace office
