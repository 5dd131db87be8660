#include "domain/change.h"
#include <algorithm>
#include <array>
#include <utility>
#include "domain/row.h"

namespace domain {
namespace {

struct RoleName {
    Roles role;
    std::string_view name;
};
constexpr RoleName kRoleNames[] = {
    {roles::kOfficer, "officer"},   {roles::kLeader, "leader"},
    {roles::kClerk, "clerk"},       {roles::kProvincial, "provincial"},
    {roles::kReviewer, "reviewer"}, {roles::kAdministrator, "administrator"},
    {roles::kAuditor, "auditor"},
};

constexpr std::string_view kChangeNames[] = {
    "written",        "noted",   "genesis",         "charter",          "authority_set",
    "unit_described", "invited", "device_enrolled", "officer_enrolled", "device_revoked",
    "key_made",       "granted", "rule_set",        "calendar_set",     "invitation_withdrawn",
    "stated",         "judged",  "unknown",
};
static_assert(std::size(kChangeNames) == std::variant_size_v<Change>);

}  // namespace

std::vector<std::string> roleNames(Roles roles) {
    std::vector<std::string> out;
    for (const RoleName& r : kRoleNames) {
        if ((roles & r.role) != 0) out.emplace_back(r.name);
    }
    return out;
}

std::optional<Roles> roleFromName(std::string_view name) {
    for (const RoleName& r : kRoleNames) {
        if (r.name == name) return r.role;
    }
    return {};
}

Bytes Invited::statement(const ProvinceId& province) const {
    Bytes out;
    base::Writer w(out);
    w.raw(province.view()).raw(number.view()).raw(publicKey.view());
    w.sized(base::view(unit)).sized(base::view(officer)).u16(roles);
    w.u64(static_cast<std::uint64_t>(expiry)).raw(tie.view()).sized(device);
    return out;
}

Bytes DeviceEnrolled::statement(const ProvinceId& province,
                                const base::IncarnationId& incarnation) const {
    Bytes out;
    base::Writer w(out);
    w.raw(province.view()).raw(number.view()).raw(deviceKey.view()).raw(exchangeKey.view());
    w.raw(officerKey.view()).raw(incarnation.view());
    return out;
}

Bytes OfficerEnrolled::statement(const ProvinceId& province) const {
    Bytes out;
    base::Writer w(out);
    w.raw(province.view()).raw(number.view()).raw(device.view()).raw(officerKey.view());
    return out;
}

std::uint64_t officerNumber(const base::PublicKey& key) {
    return base::Reader(key.view()).u64();
}

Bytes statementOf(const Written& written, const ProvinceId& province, const ScopeId& scope) {
    Bytes out;
    base::Writer w(out);
    w.sized(base::view(std::string_view("written"))).raw(province.view()).raw(scope.view());
    w.u8(static_cast<std::uint8_t>(written.kind)).raw(written.id.view());
    w.varint(written.fields.size());
    for (const FieldWrite& field : written.fields) {
        w.varint(static_cast<std::uint64_t>(field.field));
        encodeValue(field.value, w);
        w.varint(field.replaces.size());
        for (std::uint64_t id : field.replaces) w.u64(id);
    }
    return out;
}

bool reportsCompletion(const Written& written) {
    const Value completed = static_cast<std::int64_t>(Status::Completed);
    return std::any_of(written.fields.begin(), written.fields.end(), [&](const FieldWrite& write) {
        return write.field == Field::CompletedOn ||
               (write.field == Field::Status && write.value == completed);
    });
}

bool onlyReads(Roles roles) {
    return (roles & ~roles::kAuditor) == 0;
}

std::string_view changeName(const Change& change) {
    return kChangeNames[change.index()];
}

const Written* writtenIn(const Change& change) {
    if (auto* stated = std::get_if<Stated>(&change)) return &stated->written;
    return std::get_if<Written>(&change);
}

Written* writtenIn(Change& change) {
    return const_cast<Written*>(writtenIn(std::as_const(change)));
}

}  // namespace domain
