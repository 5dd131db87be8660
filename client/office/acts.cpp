#include "office/acts.h"
#include "office/administration.h"
#include "replica/id_prefix.h"

namespace office {
namespace {

using base::Code;
using base::fail;

// Key changes hold random bytes, which do not pack: this makes about 20 KiB an entry.
constexpr std::size_t kChangesPerEntry = 32;

}  // namespace

std::vector<replica::Act> actsOf(const base::ScopeId& scope, std::vector<domain::Change> changes) {
    std::vector<std::vector<domain::Change>> groups;
    for (domain::Change& change : changes) groups.push_back({std::move(change)});
    return actsOf(scope, std::move(groups));
}

std::vector<replica::Act> actsOf(const base::ScopeId& scope,
                                 std::vector<std::vector<domain::Change>> groups) {
    std::vector<replica::Act> acts;
    for (std::vector<domain::Change>& group : groups) {
        bool fits = !acts.empty() && acts.back().changes.size() + group.size() <= kChangesPerEntry;
        if (!fits) acts.push_back({scope, {}});
        std::move(group.begin(), group.end(), std::back_inserter(acts.back().changes));
    }
    return acts;
}

base::Result<domain::Device> deviceWithPrefix(const replica::Replica& replica,
                                              std::string_view id) {
    const domain::Directory& directory = replica.directory().directory();
    std::vector<base::DeviceId> ids;
    for (const auto& [one, device] : directory.devices()) ids.push_back(one);
    TRY(base::DeviceId wanted, replica::idWithPrefix<base::DeviceId>(id, ids, "device"));
    const domain::Device& found = *directory.device(wanted);
    if (found.revokedSince)
        return fail(Code::InvalidInput, "The device " + wanted.hex().substr(0, 10) + " of " +
                                            found.unit + " is revoked.");
    return found;
}

base::Status needsAdministrator(const replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    const base::DeviceId& own = replica.identity().device;
    if (!directory.administers(own, directory.size()))
        return fail(Code::NotPermitted,
                    "Only an administrator at the province office can do this.");
    if (directory.waitsForConfirmation(directory.size()) && !replica.ownDevice()->confirmedSince) {
        return fail(Code::NotPermitted,
                    "This device must be confirmed by another office device first: run thongsuot "
                    "status, and read its words to the office.");
    }
    return {};
}

}  // namespace office
