#include "office/administration.h"
#include <algorithm>
#include <cctype>
#include <set>
#include "base/limits.h"
#include "base/text.h"
#include "documents/csv.h"
#include "replica/id_prefix.h"
#include "replica/unit_named.h"

namespace office {
namespace {

using base::Code;
using base::fail;

// Key changes hold random bytes, which do not pack: this makes about 20 KiB an entry.
constexpr std::size_t kChangesPerEntry = 32;

/// Cuts changes into acts that fit an entry.
std::vector<replica::Act> actsOf(const base::ScopeId& scope, std::vector<domain::Change> changes) {
    std::vector<replica::Act> acts;
    for (std::size_t i = 0; i < changes.size(); i += kChangesPerEntry) {
        auto from = changes.begin() + static_cast<std::ptrdiff_t>(i);
        auto to = changes.begin() +
                  static_cast<std::ptrdiff_t>(std::min(i + kChangesPerEntry, changes.size()));
        acts.push_back({scope, {std::make_move_iterator(from), std::make_move_iterator(to)}});
    }
    return acts;
}

std::optional<domain::UnitLevel> levelFromName(std::string_view name) {
    if (name == "province") return domain::UnitLevel::Province;
    if (name == "department") return domain::UnitLevel::Department;
    if (name == "commune") return domain::UnitLevel::Commune;
    return {};
}

base::Error lineError(std::size_t line, const std::string& what) {
    return {Code::InvalidInput, "Line " + std::to_string(line) + " of the units: " + what + "."};
}

Result<UnitLine> unitOfLine(const std::vector<std::string>& cells, std::size_t line) {
    UnitLine out;
    out.code = std::string(base::trim(cells[0]));
    TRY(out.name, base::toNfc(base::trim(cells.size() > 1 ? cells[1] : "")));
    auto level = levelFromName(cells.size() > 2 ? base::trim(cells[2]) : "");
    if (out.code.empty() || out.code.size() > base::limits::kCodeBytesMax) {
        return tl::unexpected(lineError(line, "a unit needs a code of at most 64 letters"));
    }
    bool plain = std::all_of(out.code.begin(), out.code.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (!plain || out.code == "all") {
        return tl::unexpected(lineError(
            line, "a code has only letters without marks, digits, - _ and ., and is not \"all\""));
    }
    if (out.name.empty() || out.name.size() > base::limits::kNameBytesMax) {
        return tl::unexpected(lineError(line, "a unit needs a name"));
    }
    if (!level || *level == domain::UnitLevel::Province) {
        return tl::unexpected(lineError(line, "the level must be department or commune"));
    }
    out.level = *level;
    if (cells.size() > 3) out.parent = std::string(base::trim(cells[3]));
    return out;
}

/// What the rule "grant" says of this device; an earlier grant counts for later key versions too.
bool mayBeGranted(const domain::Directory& directory, const domain::Device& device) {
    return device.confirmedSince || !directory.waitsForConfirmation(directory.size());
}

}  // namespace

Result<domain::Device> deviceWithPrefix(const replica::Replica& replica, std::string_view id) {
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

Status needsAdministrator(const replica::Replica& replica) {
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

Result<std::vector<UnitLine>> readUnits(base::ByteView csv) {
    TRY(documents::Sheet sheet, documents::readCsv(csv));
    std::vector<UnitLine> out;
    std::set<std::string> codes;  // x001 and X001 would be one code to those who type it
    bool headerSeen = false;
    std::size_t line = 0;
    for (std::size_t row = 0; row < sheet.rowCount(); ++row) {
        const std::vector<std::string>& cells = sheet.row(row);
        line = row + 1;
        bool blank = std::all_of(cells.begin(), cells.end(),
                                 [](const auto& c) { return base::trim(c).empty(); });
        if (blank) continue;
        if (!headerSeen) {
            bool isHeader = cells.size() >= 3 && base::trim(cells[0]) == "code" &&
                            base::trim(cells[1]) == "name" && base::trim(cells[2]) == "level";
            if (!isHeader)
                return tl::unexpected(
                    lineError(line, "the header must be code,name,level[,parent]"));
            headerSeen = true;
            continue;
        }
        TRY(UnitLine unit, unitOfLine(cells, line));
        if (!codes.insert(base::foldForSearch(unit.code)).second)
            return tl::unexpected(lineError(line, "the code " + unit.code + " stands twice"));
        out.push_back(std::move(unit));
    }
    if (out.empty())
        return fail(Code::InvalidInput,
                    "The file holds no units; its header must be code,name,level[,parent].");
    return out;
}

Result<UnitsImported> importUnits(replica::Replica& replica, const std::vector<UnitLine>& units) {
    CHECK_OK(needsAdministrator(replica));
    TRY(domain::Directory projected, replica.projectedDirectory());
    UnitsImported out;
    std::map<std::string, std::string> codeOf;  // as it is written, by its folded form
    for (const auto& [code, unit] : projected.units()) codeOf[base::foldForSearch(code)] = code;
    std::set<std::string> earlier;
    std::vector<domain::Change> changes;
    for (const UnitLine& u : units) {
        const domain::Unit* old = projected.unit(u.code);
        auto same = codeOf.find(base::foldForSearch(u.code));
        if (same != codeOf.end() && same->second != u.code) {
            return fail(Code::InvalidInput, "The code " + u.code +
                                                " differs from that of the unit " + same->second +
                                                " in small and capital letters only; write it as "
                                                "there, or give the unit another one.");
        }
        if (projected.isProvinceUnit(u.code)) {
            return fail(
                Code::InvalidInput,
                "The code " + u.code + " is the province's own; give the unit another one.");
        }
        bool parentKnown =
            u.parent.empty() || projected.unit(u.parent) != nullptr || earlier.contains(u.parent);
        if (!parentKnown) {
            return fail(Code::UnknownUnit, "The parent " + u.parent + " of unit " + u.code +
                                               " does not exist, or stands below it in the file.");
        }
        earlier.insert(u.code);
        if (old != nullptr && old->name == u.name && old->level == u.level &&
            old->parent == u.parent) {
            ++out.unchanged;
            continue;
        }
        changes.push_back(domain::UnitDescribed{u.code, u.name, u.level, u.parent});
        if (old != nullptr) {
            ++out.updated;
            continue;
        }
        ++out.created;
        base::ScopeId scope = domain::scopeIdOf(projected.province(), u.code);
        TRY(auto made,
            replica.keys().make(replica.directory().directory(), scope, replica.random()));
        changes.push_back(made.change);
    }
    if (!changes.empty()) {
        auto acts = actsOf(projected.directoryScopeId(), std::move(changes));
        CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    }
    return out;
}

Result<InvitationMade> invite(replica::Replica& replica, const InvitationRequest& request) {
    CHECK_OK(needsAdministrator(replica));
    TRY(domain::Directory projected, replica.projectedDirectory());
    std::optional<domain::Device> device;
    if (!request.device.empty()) {
        TRY(device, deviceWithPrefix(replica, request.device));
    }
    TRY(const domain::Unit* unit,
        replica::unitNamed(projected,
                           device && request.unit.empty() ? device->unit : request.unit));
    if (device && device->unit != unit->code) {
        return fail(Code::InvalidInput, "The device " + device->id.hex().substr(0, 10) +
                                            " belongs to the unit " + device->unit +
                                            "; its officers can only be of that unit.");
    }
    if (device && device->officers.size() >= base::limits::kDeviceOfficersMax) {
        return fail(Code::Limit, "A device has at most 32 officers; this one is full.");
    }
    constexpr domain::Roles kProvinceRoles =
        domain::roles::kProvincial | domain::roles::kReviewer | domain::roles::kAdministrator;
    if ((request.roles & kProvinceRoles) != 0 && !projected.isProvinceUnit(unit->code)) {
        return fail(Code::InvalidInput,
                    "This role belongs to the province unit (" + projected.provinceUnit().code +
                        "); a unit has officers, leaders, clerks and auditors.");
    }
    if (request.serverAddress.size() > base::limits::kAddressBytesMax) {
        return fail(Code::InvalidInput,
                    "The server's address is longer than 255 letters, which an invitation cannot "
                    "carry; give the server a shorter name.");
    }
    InvitationMade out;
    out.invitation.secret = domain::InvitationSecret::random(replica.random());
    out.invitation.province = projected.province();
    out.invitation.serverKey = projected.charter().noiseKey;
    out.invitation.address = request.serverAddress;
    out.invitation.expiry = replica.clock().nowMs() + request.validForMs;
    out.keys = domain::InvitationKeys::derive(out.invitation.secret);
    domain::Invited& invited = out.change;
    invited.number = out.keys.number;
    invited.publicKey = out.keys.key.publicKey;
    invited.unit = unit->code;
    invited.officer = request.officer;
    invited.roles = request.roles;
    invited.expiry = out.invitation.expiry;
    invited.tie = out.keys.tie(projected.province(), unit->code);
    if (device) invited.device = base::copy(device->id.view());
    if ((request.roles & domain::roles::kAdministrator) != 0) {
        base::Bytes statement = invited.statement(projected.province());
        for (const crypto::SigningKey& key : replica.identity().authorityKeys) {
            invited.signatures.push_back(crypto::sign(key, crypto::Context::Statement, statement));
        }
        if (invited.signatures.size() < projected.authorityThreshold()) {
            return fail(Code::NotPermitted,
                        "An administrator can only be invited where the authority keys are.");
        }
    }
    CHECK_OK(replica.append({projected.directoryScopeId(), {invited}}));
    return out;
}

Result<Revoked> revoke(replica::Replica& replica, std::string_view deviceId,
                       const std::string& reason) {
    CHECK_OK(needsAdministrator(replica));
    const domain::Directory& directory = replica.directory().directory();
    TRY(domain::Directory projected, replica.projectedDirectory());
    if (projected.size() != directory.size()) {  // new keys must follow the ordered ones
        return fail(Code::InvalidInput,
                    "Earlier changes of the directory still wait to be sent: synchronise first, "
                    "then revoke.");
    }
    std::vector<base::DeviceId> ids;
    for (const auto& [id, device] : directory.devices()) ids.push_back(id);
    TRY(base::DeviceId wanted, replica::idWithPrefix<base::DeviceId>(deviceId, ids, "device"));
    const domain::Device* found = directory.device(wanted);
    if (found->id == replica.identity().device)
        return fail(Code::InvalidInput, "This device cannot revoke itself.");
    if (found->revokedSince) return fail(Code::InvalidInput, "This device was revoked before.");
    std::vector<domain::Change> changes{domain::DeviceRevoked{found->id, reason}};
    Revoked out{found->id, found->officers.front().name, found->unit};
    // The province unit's key comes first: the units' new keys are wrapped under the new one, which
    // the office devices that remain are granted at once.
    std::optional<replica::ScopeKeys::Made> outer;
    const domain::Unit& province = directory.provinceUnit();
    if (found->unit == province.code) {
        TRY(outer, replica.keys().make(directory, province.scope, replica.random()));
        changes.push_back(outer->change);
        for (const auto& [id, device] : directory.devices()) {
            if (device.unit != province.code || device.revokedSince || id == found->id) continue;
            if (!mayBeGranted(directory, device)) continue;
            TRY(domain::Granted grant,
                replica::grantOf(outer->key, province.scope, outer->change.version, device,
                                 replica.random()));
            changes.push_back(std::move(grant));
        }
    }
    for (const base::ScopeId& scope : directory.readableScopes(found->id)) {
        if (scope == directory.directoryScopeId() || (outer && scope == province.scope)) continue;
        auto made =
            replica.keys().make(directory, scope, replica.random(), outer ? &*outer : nullptr);
        if (made) {
            changes.push_back(made->change);
            ++out.rotated;
        } else if (made.error().code == Code::WaitingForKey) {
            ++out.notRotated;  // the revocation must not wait for it
        } else {
            return tl::unexpected(made.error());
        }
    }
    auto acts = actsOf(directory.directoryScopeId(), std::move(changes));
    CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    return out;
}

bool isOffice(const replica::Replica& replica) {
    const domain::Device* device = replica.ownDevice();
    const domain::Directory& directory = replica.directory().directory();
    return device != nullptr && !device->revokedSince && directory.isProvinceUnit(device->unit) &&
           directory.mayAppend(device->id, directory.provinceUnit().scope, directory.size());
}

Result<std::size_t> grantKeys(replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    if (!isOffice(replica)) return 0;
    std::vector<domain::Change> changes;
    for (const auto& [id, device] : directory.devices()) {
        const domain::Unit* unit = directory.unit(device.unit);
        if (device.revokedSince || unit == nullptr || !mayBeGranted(directory, device)) continue;
        std::uint32_t version = directory.newestKeyVersion(unit->scope, directory.size());
        if (version == 0 || directory.grantFor(unit->scope, version, id) != nullptr) continue;
        const crypto::SecretKey* key = replica.keys().find(unit->scope, version);
        if (key == nullptr) continue;  // another office device that holds it will grant it
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
