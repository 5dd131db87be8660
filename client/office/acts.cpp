#include "office/acts.h"

namespace office {
namespace {

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

base::Status needsAdministrator(const replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    domain::Roles roles = directory.rolesAt(replica.identity().device, directory.size());
    if ((roles & domain::roles::kAdministrator) != 0) return {};
    return base::fail(base::Code::NotPermitted,
                      "Only an administrator at the province office can do this.");
}

}  // namespace office
