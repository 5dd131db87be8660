#include "communes.h"
#include "office/administration.h"

namespace bench {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kThreads = 2;              // setting up needs no more than the machine has
constexpr std::size_t kInvitationsPerAct = 128;  // fit an entry
constexpr base::TimeMs kDayMs = 86'400'000;
constexpr std::uint64_t kMapBytes = std::uint64_t{256} << 20;  // a thousand of them fit anywhere

std::string codeOf(std::size_t number) {
    std::string digits = std::to_string(number + 1);
    return "X" + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

/// One at a time, office::invite would copy the directory for each.
Result<std::vector<domain::Invitation>> inviteAll(Device& office, const std::string& address,
                                                  const std::vector<std::string>& units,
                                                  std::size_t each) {
    replica::Replica& replica = office.replica();
    const domain::Directory& directory = replica.directory().directory();
    std::vector<domain::Invitation> out;
    std::vector<replica::Act> acts;
    for (std::size_t i = 0; i < units.size() * each; ++i) {
        const std::string& unit = units[i / each];
        domain::Invitation invitation;
        invitation.secret = domain::InvitationSecret::random(replica.random());
        invitation.province = directory.province();
        invitation.serverKey = directory.charter().noiseKey;
        invitation.address = address;
        invitation.expiry = replica.clock().nowMs() + kDayMs;
        auto keys = domain::InvitationKeys::derive(invitation.secret);
        domain::Invited invited;
        invited.number = keys.number;
        invited.publicKey = keys.key.publicKey;
        invited.unit = unit;
        invited.officer = "Cán bộ " + std::to_string(i);
        invited.roles = domain::roles::kOfficer;
        invited.expiry = invitation.expiry;
        invited.tie = keys.tie(directory.province(), unit);
        if (i % kInvitationsPerAct == 0) acts.push_back({directory.directoryScopeId(), {}});
        acts.back().changes.emplace_back(std::move(invited));
        out.push_back(std::move(invitation));
    }
    CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    CHECK_OK(oneSession(replica));
    return out;
}

}  // namespace

Result<std::vector<std::string>> addCommunes(Province& province, std::size_t count) {
    std::vector<office::UnitLine> units;
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < count; ++i) {
        codes.push_back(codeOf(i));
        units.push_back({codes.back(), "Xã số " + std::to_string(i + 1), {}, {}});
        units.back().level = domain::UnitLevel::Commune;
    }
    CHECK_OK(office::importUnits(province.author().replica(), units));
    CHECK_OK(oneSession(province.author().replica()));
    return codes;
}

Result<std::vector<std::unique_ptr<Device>>> enrolDevices(Province& province,
                                                          const std::vector<std::string>& units,
                                                          std::size_t each) {
    Device& office = province.author();
    TRY(auto invitations, inviteAll(office, province.serverAddress(), units, each));
    std::vector<std::unique_ptr<Device>> out(invitations.size());
    auto join = [&](std::size_t i) -> Status {
        TRY(out[i], Device::create(province.folder() / ("device" + std::to_string(i)), kMapBytes));
        return out[i]->join(invitations[i], province.serverAddress()).map([](auto*) {});
    };
    CHECK_OK(inParallel(out.size(), kThreads, join));
    CHECK_OK(oneSession(office.replica()));
    CHECK_OK(office::grantKeys(office.replica()));
    CHECK_OK(oneSession(office.replica()));
    CHECK_OK(inParallel(out.size(), kThreads, [&](std::size_t i) -> Status {
        CHECK_OK(oneSession(out[i]->replica()));
        if (syncing::holdsOwnKey(out[i]->replica())) return {};
        return fail(Code::Internal, "a device got no key");
    }));
    return out;
}

}  // namespace bench
