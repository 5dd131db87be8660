#include "saving.h"
#include "replica/assignments.h"

namespace bench {
namespace {

constexpr std::size_t kActsAtOnce = 512;

/// The change without what only the province may write, where the device is a commune's.
domain::Change allowed(const Device& device, domain::Change change) {
    const replica::Replica& replica = device.replica();
    if (replica.directory().directory().isProvinceUnit(replica.ownDevice()->unit)) return change;
    std::erase_if(std::get<domain::Written>(change).fields, [](const domain::FieldWrite& write) {
        return domain::infoOf(write.field)->writer == domain::Writer::Province;
    });
    return change;
}

}  // namespace

Status writeSaves(Device& device, std::span<const base::ScopeId> scopes, SaveStream& stream,
                  std::size_t count) {
    std::vector<replica::Act> acts;
    for (std::size_t i = 0; i < count; ++i) {
        acts.push_back({scopes[i % scopes.size()], {allowed(device, stream.next().change)}});
        if (acts.size() < kActsAtOnce && i + 1 < count) continue;
        CHECK_OK(device.replica().appendAll(acts, replica::Cost::Small));
        acts.clear();
    }
    return {};
}

Status saveAgain(Device& device, const base::ScopeId& scope, const Save& assignment,
                 const Save& values) {
    auto change = std::get<domain::Written>(assignment.change);
    replica::Replica& replica = device.replica();
    TRY(auto row, replica.row({scope, change.kind, change.id}));
    if (!row) return base::fail(base::Code::Internal, "an assignment is missing at a device");
    change.fields.clear();
    for (const domain::FieldWrite& write : std::get<domain::Written>(values.change).fields) {
        change.fields.push_back(domain::writeOver(&*row, write.field, write.value));
    }
    return replica.append({scope, {std::move(change)}}).map([](const auto&) {});
}

}  // namespace bench
