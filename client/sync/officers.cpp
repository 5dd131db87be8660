#include "sync/officers.h"
#include <algorithm>
#include <iterator>
#include "base/limits.h"
#include "base/text.h"

namespace syncing {
namespace {

using base::Code;
using base::fail;
using Fault = domain::Directory::EnrolmentFault;

bool isOf(const domain::Device& device, const base::PublicKey& key) {
    return std::any_of(device.officers.begin(), device.officers.end(),
                       [&](const auto& officer) { return officer.key == key; });
}

constexpr std::size_t kKeyLettersMin = 8;

bool isKey(const base::PublicKey& key, const std::string& letters) {
    return letters.size() >= kKeyLettersMin && key.hex().starts_with(letters);
}

/// Each with the first letters of his key where another one has the same name.
std::string namesOf(const std::vector<DeviceOfficer>& officers) {
    std::string out;
    for (const DeviceOfficer& one : officers) {
        auto namesakes = std::count_if(officers.begin(), officers.end(),
                                       [&](const auto& other) { return other.name == one.name; });
        out += (out.empty() ? "\"" : ", \"") + one.name + "\"";
        if (namesakes > 1) out += " (" + one.key.hex().substr(0, kKeyLettersMin) + ")";
    }
    return out;
}

/// What the invitation itself says, before anything is made with it.
base::Result<domain::Invitee> checked(const replica::Replica& replica,
                                      const domain::Directory& directory,
                                      const domain::Invitation& invitation,
                                      const domain::InvitationKeys& keys) {
    const replica::Identity& own = replica.identity();
    if (invitation.province && *invitation.province != own.province)
        return fail(Code::InvalidInput, "This invitation is of another province.");
    const domain::Invitee* invitee = directory.invitation(keys.number);
    if (invitee == nullptr) {
        return fail(Code::Refused,
                    "The province does not know this invitation. Has the office synchronised since "
                    "it was made? Ask the office, or check the code.");
    }
    if (invitee->invited.device.empty()) {
        return fail(Code::InvalidInput,
                    "This invitation makes a device of its own: use it with thongsuot enrol in "
                    "another home (--home).");
    }
    if (invitee->invited.device != base::copy(own.device.view())) {
        return fail(Code::InvalidInput,
                    "This invitation is for the device " +
                        base::DeviceId::from(invitee->invited.device).hex().substr(0, 10) +
                        "; this one is " + own.device.hex().substr(0, 10) + ".");
    }
    base::Hash tie = keys.tie(directory.province(), invitee->invited.unit);
    if (!crypto::equalConstantTime(tie.view(), invitee->invited.tie.view())) {
        return fail(Code::BadSignature,
                    "This invitation was made for another province or unit. Ask the office.");
    }
    return *invitee;
}

base::Status refusalOf(Fault fault, const std::string& reason) {
    switch (fault) {
        case Fault::None:
            return {};
        case Fault::Used:
            return fail(Code::InvitationUsed,
                        "This invitation was used already. Ask the office for a new one.");
        case Fault::Expired:
            return fail(Code::InvitationExpired,
                        "This invitation has expired by this machine's clock, or the office has "
                        "withdrawn it. Check the clock, or ask the office for a new one.");
        case Fault::UnknownInvitation:
        case Fault::Invalid:
            break;
    }
    return fail(Code::InvalidInput, "This invitation cannot be used here: " + reason + ".");
}

}  // namespace

base::Result<std::vector<DeviceOfficer>> officersOf(const replica::Replica& replica) {
    TRY(domain::Directory projected, replica.projectedDirectory());
    const domain::Device* device = projected.device(replica.identity().device);
    const domain::Device* ordered = replica.ownDevice();
    std::vector<DeviceOfficer> out;
    if (device == nullptr) return out;
    const auto& keys = replica.identity().officerKeys;
    for (const domain::Officer& officer : device->officers) {
        DeviceOfficer one{officer.name, officer.roles, officer.key, {}, false};
        if (ordered != nullptr && isOf(*ordered, officer.key)) one.enrolledAt = officer.enrolledAt;
        one.isKeyHeld = std::any_of(keys.begin(), keys.end(),
                                    [&](const auto& key) { return key.publicKey == officer.key; });
        out.push_back(std::move(one));
    }
    return out;
}

base::Result<DeviceOfficer> signerOf(const replica::Replica& replica, std::string_view name) {
    TRY(std::vector<DeviceOfficer> officers, officersOf(replica));
    TRY(std::string wanted, base::toNfc(base::trim(name)));
    std::vector<DeviceOfficer> fitting;
    std::copy_if(officers.begin(), officers.end(), std::back_inserter(fitting),
                 [&](const DeviceOfficer& one) {
                     if (wanted.empty()) return !domain::onlyReads(one.roles);
                     return one.name == wanted || isKey(one.key, wanted);
                 });
    if (fitting.size() > 1) {
        return fail(Code::Usage, wanted.empty()
                                     ? "Several officers work at this device; say who answers for "
                                       "this with --officer: " +
                                           namesOf(fitting) + "."
                                     : "Several officers of this device are called so; give the "
                                       "first letters of a key with --officer: " +
                                           namesOf(fitting) + ".");
    }
    if (fitting.empty() && !wanted.empty()) {
        return fail(Code::Usage,
                    "There is no such officer of this device; they are " + namesOf(officers) + ".");
    }
    if (fitting.empty() || domain::onlyReads(fitting[0].roles)) {
        return fail(Code::NotPermitted,
                    wanted.empty()
                        ? "This device only reads: its officers are auditors. Nothing was written."
                        : "This officer only reads, as an auditor, and signs for nothing.");
    }
    if (!fitting[0].enrolledAt) {
        return fail(Code::InvalidInput,
                    "The province has not taken this officer in yet: run thongsuot sync first.");
    }
    return fitting[0];
}

bool knowsInvitation(const replica::Replica& replica, const domain::InvitationKeys& keys) {
    return replica.directory().directory().invitation(keys.number) != nullptr;
}

base::Result<DeviceOfficer> addOfficer(replica::Replica& replica,
                                       const domain::Invitation& invitation) {
    domain::InvitationKeys keys = domain::InvitationKeys::derive(invitation.secret);
    TRY(domain::Directory projected, replica.projectedDirectory());
    TRY(domain::Invitee invitee, checked(replica, projected, invitation, keys));
    const domain::Device& device = *projected.device(replica.identity().device);
    crypto::SigningKey key = crypto::SigningKey::generate(replica.random());
    domain::OfficerEnrolled change;
    change.number = keys.number;
    change.device = device.id;
    change.officerKey = key.publicKey;
    change.signature =
        crypto::sign(keys.key, crypto::Context::Enrol, change.statement(projected.province()));
    domain::DirectoryAuthor author;
    author.position = projected.size();
    author.arrival = replica.clock().nowMs();
    author.device = device.id;
    std::string reason;
    Fault fault = projected.faultOf(author, change, reason);
    CHECK_OK(refusalOf(fault, reason));
    // Keys whose enrolment came to nothing go; the first one is that of this device's own.
    std::vector<crypto::SigningKey> held;
    for (const crypto::SigningKey& one : replica.identity().officerKeys) {
        if (held.empty() || isOf(device, one.publicKey)) held.push_back(one);
    }
    if (held.size() >= base::limits::kDeviceOfficersMax)
        return fail(Code::Limit, "A device has at most 32 officers; this one is full.");
    held.push_back(key);
    CHECK_OK(replica.setOfficerKeys(std::move(held)));  // before anything names the key
    CHECK_OK(replica.append({projected.directoryScopeId(), {change}}));
    return DeviceOfficer{invitee.invited.officer, invitee.invited.roles, key.publicKey, {}, true};
}

}  // namespace syncing
