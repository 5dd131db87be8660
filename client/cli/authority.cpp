#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include "base/limits.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "office/administration.h"
#include "sync/enrolment.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

constexpr base::TimeMs kHourMs = 3'600'000;
constexpr int kInviteHoursMax = 24 * 90;

std::string fingerprintOf(const domain::Directory& directory) {
    return domain::authorityFingerprint(directory.authorityThreshold(), directory.authorityKeys())
        .hex();
}

}  // namespace

Result<Answer> authorityInit(const Context& context, const AuthorityInit& options) {
    TRY(std::string code, secretArgument(options.bootstrap));
    syncing::Founding founding;
    TRY(founding.token, domain::BootstrapToken::parse(code));
    TRY(founding.name, base::toNfc(base::trim(options.province)));
    TRY(founding.officer, base::toNfc(base::trim(options.officer)));
    founding.code = options.code;
    TRY(founding.server, transport::parseServerAddress(options.server));
    if (founding.name.empty() || founding.code.empty())
        return fail(Code::Usage, "The province needs a name and a code.");
    if (founding.name.size() > base::limits::kNameBytesMax ||
        founding.officer.size() > base::limits::kNameBytesMax ||
        founding.code.size() > base::limits::kCodeBytesMax) {
        return fail(Code::Usage, "A name has at most 256 bytes, a code at most 64.");
    }
    TRY(auto home, context.openOrCreateHome());
    TRY(replica::Replica * replica, home->unfinishedReplica());
    bool begun = replica != nullptr;
    if (begun) {
        TRY(const std::optional<Bytes> invitation, replica->setting(kInvitation));
        if (invitation) {
            return fail(Code::InvalidInput,
                        "This home holds an enrolment that was cut off: run thongsuot enrol again "
                        "with the same code, or choose another folder with --home.");
        }
    }
    store::Path recoveryFile = context.homePath() / "recovery-key.txt";
    std::error_code ignored;
    if (begun && !std::filesystem::is_regular_file(recoveryFile, ignored)) {
        return fail(Code::NotFound,
                    "The recovery key of the founding that was cut off is missing (" +
                        recoveryFile.string() +
                        "). Delete this home and the server's data, and start anew.");
    }
    if (begun) {
        CHECK_OK(replica->setServer(founding.server));
    } else {
        TRY(auto founded, syncing::prepareFounding(founding, home->random()));
        std::string recovery = base::toBase32(founded.recoveryKey.secret.view()) + "\n";
        CHECK_OK(store::writeFileDurably(
            recoveryFile, base::view(recovery)));  // before anything can be founded with it
        TRY(replica, home->createReplica({founded.identity, founded.genesis}));
    }
    context.progress("Founding the province on " + founding.server + " …");
    if (auto done = syncing::completeFounding(*replica, founding.token, home->random()); !done) {
        // Once genesis may have arrived its keys are the province's: they are never given up.
        if (!begun && done.error().code != Code::Cut && !syncing::isIntroduced(*replica)) {
            CHECK_OK(home->discardReplica());
        }
        return tl::unexpected(afterCut(done.error(), "the same thongsuot authority init command"));
    }
    CHECK_OK(home->finishEnrolment());
    const domain::Directory& directory = replica->directory().directory();
    Answer out;
    out.json["fingerprint"] = fingerprintOf(directory);
    out.json["words"] = domain::fingerprintWords(
        domain::authorityFingerprint(directory.authorityThreshold(), directory.authorityKeys()));
    out.json["province"] = directory.province().hex();
    out.json["unit"] = directory.provinceUnit().code;
    out.json["device"] = replica->identity().device.hex();
    out.json["recovery_key_file"] = (context.homePath() / "recovery-key.txt").string();
    out.text = fmt::format(
        "The province \"{}\" ({}) is founded; this is its first office device.\n"
        "Fingerprint of its authority keys: {}\n  in words: {}\n"
        "The province recovery key lies in {}: print it, keep it in a safe, and delete the file.\n"
        "Next: thongsuot authority import-units FILE.csv, then thongsuot sync.\n",
        directory.genesis().name, directory.genesis().code, fingerprintOf(directory),
        out.json["words"].get<std::string>(), (context.homePath() / "recovery-key.txt").string());
    return out;
}

Result<Answer> authorityImportUnits(const Context& context, const std::string& file) {
    TRY(Bytes bytes, store::readFile(file, base::limits::kUnitsFileBytesMax));
    TRY(auto units, office::readUnits(bytes));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(office::UnitsImported done, office::importUnits(*replica, units));
    Answer out;
    out.json =
        Json{{"created", done.created}, {"updated", done.updated}, {"unchanged", done.unchanged}};
    out.text = fmt::format(
        "{} units: {} new, {} changed, {} as before. They take effect with the next sync.\n",
        units.size(), done.created, done.updated, done.unchanged);
    return out;
}

Result<Answer> authorityInvite(const Context& context, const AuthorityInvite& options) {
    auto roles = domain::roleFromName(options.role);
    if (!roles) {
        return fail(Code::Usage, "There is no role \"" + options.role +
                                     "\"; the roles are officer, leader, clerk, provincial, "
                                     "reviewer, administrator, auditor.");
    }
    if (options.hours < 1 || options.hours > kInviteHoursMax) {
        return fail(Code::Usage, "An invitation is valid for 1 to 2160 hours.");
    }
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    office::InvitationRequest request;
    request.unit = options.unit;
    TRY(request.officer, base::toNfc(base::trim(options.officer)));
    request.roles = *roles;
    request.validForMs = options.hours * kHourMs;
    request.serverAddress = replica->identity().serverAddress;
    if (request.officer.size() > base::limits::kNameBytesMax)
        return fail(Code::Usage, "A name has at most 256 bytes.");
    if (request.officer.empty()) return fail(Code::Usage, "The officer needs a name (--officer).");
    TRY(office::InvitationMade made, office::invite(*replica, request));
    const domain::Directory& directory = replica->directory().directory();
    std::string words = domain::fingerprintWords(
        domain::authorityFingerprint(directory.authorityThreshold(), directory.authorityKeys()));
    Answer out;
    out.json["code"] = made.invitation.longCode();
    out.json["short_code"] = made.invitation.shortCode();
    out.json["words"] = words;
    out.json["expires"] = base::toIsoTime(made.invitation.expiry);
    out.text = fmt::format(
        "Invitation for {} ({}, unit {}), valid until {}.\n\nCode:\n{}\n\nShort code (needs "
        "--server {}): {}\nWords of the province, which enrol will show on the other side too: "
        "{}\n\n"
        "Hand the code over in person or by a channel you trust; it makes one device. Synchronise "
        "this home before it is used.\n",
        request.officer, options.role, options.unit, base::toVietnameseTime(made.invitation.expiry),
        made.invitation.longCode(), request.serverAddress, made.invitation.shortCode(), words);
    return out;
}

Result<Answer> authorityDevices(const Context& context) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    const domain::Directory& directory = replica->directory().directory();
    std::vector<const domain::Device*> devices;
    for (const auto& [id, device] : directory.devices()) devices.push_back(&device);
    std::sort(devices.begin(), devices.end(), [](const auto* a, const auto* b) {
        return std::tie(a->unit, a->since) < std::tie(b->unit, b->since);
    });
    Answer out;
    out.json = Json::array();
    TRY(auto incarnations, replica->incarnations());
    TextTable table({"DEVICE", "UNIT", "OFFICER", "ROLE", "ENROLLED", "STATE"});
    for (const domain::Device* device : devices) {
        const domain::Officer& officer = device->officers.front();
        auto roles = domain::roleNames(officer.roles);
        std::string state = device->revokedSince ? "revoked: " + device->revokedReason
                            : device->id == replica->identity().device ? "this one"
                                                                       : "";
        const std::size_t times = incarnations[device->id];
        if (times > 1) {
            state += state.empty() ? "" : "; ";
            state += fmt::format("put back or copied {}", counted(times - 1, "time"));
        }
        out.json.push_back(Json{{"device", device->id.hex()},
                                {"unit", device->unit},
                                {"officer", officer.name},
                                {"roles", roles},
                                {"enrolled_at", base::toIsoTime(device->enrolledAt)},
                                {"incarnations", times},
                                {"revoked", device->revokedSince.has_value()}});
        table.add({device->id.hex().substr(0, 10), device->unit, officer.name,
                   fmt::format("{}", fmt::join(roles, ", ")),
                   base::toVietnameseTime(device->enrolledAt), state});
    }
    out.text = table.text(28);
    return out;
}

Result<Answer> authorityRevoke(const Context& context, const std::string& device,
                               const std::string& reason) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(std::string text, base::toNfc(base::trim(reason)));
    TRY(office::Revoked done, office::revoke(*replica, device, text));
    Answer out;
    out.json["device"] = done.device.hex();
    out.json["rotated"] = done.rotated;
    out.json["not_rotated"] = done.notRotated;
    out.text = done.notRotated == 0
                   ? "The device " + done.device.hex().substr(0, 10) + " of " + done.officer +
                         " (" + done.unit +
                         ") is revoked with the next sync; the keys of its unit are changed at "
                         "the same time.\n"
                   : "The device is revoked with the next sync, but the keys of " +
                         counted(done.notRotated, "unit") +
                         " could not be changed here: this office device waits for "
                         "the province unit's own key.\n";
    return out;
}

}  // namespace cli
