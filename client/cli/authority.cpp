#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include "base/limits.h"
#include "base/text.h"
#include "cli/fingerprints.h"
#include "cli/verbs.h"
#include "office/administration.h"
#include "office/authority_key.h"
#include "office/confirm.h"
#include "qr/qr.h"
#include "replica/receipt_export.h"
#include "sync/enrolment.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

constexpr base::TimeMs kHourMs = 3'600'000;
constexpr int kInviteHoursMax = 24 * 90;

std::string fingerprintOf(const domain::Directory& directory) {
    return replica::rootFingerprint(directory).hex();
}

/// Columns of the terminal on standard output; nothing where there is none, or it does not tell.
std::optional<std::size_t> terminalColumns() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
    return size.ws_col;
}

/// The long code as a picture, on a terminal that has room for it, or wherever it is asked for.
Status drawCode(const std::string& code, bool isWanted, Answer& out) {
    if (!isWanted && isatty(STDOUT_FILENO) == 0) return {};
    TRY(qr::Matrix matrix, qr::matrixOf(code));
    auto columns = terminalColumns();
    if (!isWanted && columns && *columns < qr::columnsOf(matrix)) {
        out.text += fmt::format(
            "\nThe code as a QR picture takes {} columns: make the window wider and say --qr with "
            "the next invitation.\n",
            qr::columnsOf(matrix));
        return {};
    }
    out.picture = "\n" + qr::halfBlocks(matrix);
    return {};
}

}  // namespace

Result<Answer> authorityInit(const Context& context, const AuthorityInit& options) {
    CHECK_OK(checkAuthorityKeys(options.keys, options.threshold, options.keyOut));
    TRY(const crypto::SecretBytes code, secretArgument(options.bootstrap));
    syncing::Founding founding;
    TRY(founding.token, domain::BootstrapToken::parse(base::trim(code.text())));
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
        TRY(const std::optional<Bytes> recovery, replica->setting(kRecovery));
        if (recovery) {
            return fail(Code::InvalidInput,
                        "This home holds the recovery of an office: go on with thongsuot authority "
                        "recover, or choose another folder with --home.");
        }
        if (invitation) {
            return fail(Code::InvalidInput,
                        "This home holds an enrolment that was cut off: run thongsuot enrol again "
                        "with the same code, or choose another folder with --home.");
        }
    }
    store::Path recoveryFile = context.homePath() / kRecoveryKeyFile;
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
        founding.threshold = static_cast<std::uint8_t>(options.threshold);
        if (!options.keyOut.empty()) {
            TRY(founding.authorityKeys,
                office::makeAuthorityKeys(options.keyOut, static_cast<std::size_t>(options.keys),
                                          home->random()));
        }
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
            if (!options.keyOut.empty())
                office::removeAuthorityKeys(options.keyOut, static_cast<std::size_t>(options.keys));
        }
        return tl::unexpected(afterCut(done.error(), "the same thongsuot authority init command"));
    }
    TRY(const store::RecoveryCode homeCode, home->makeRecoveryCode());
    CHECK_OK(home->finishEnrolment());
    const domain::Directory& directory = replica->directory().directory();
    Answer out;
    out.json["fingerprint"] = fingerprintOf(directory);
    out.json["words"] = provinceWords(directory);
    out.json["province"] = directory.province().hex();
    out.json["unit"] = directory.provinceUnit().code;
    out.json["device"] = replica->identity().device.hex();
    out.json["authority_keys"] = directory.authorityKeys().size();
    out.json["threshold"] = directory.authorityThreshold();
    out.json["recovery_key_file"] = (context.homePath() / kRecoveryKeyFile).string();
    out.text = fmt::format(
        "The province \"{}\" ({}) is founded; this is its first office device.\n"
        "Fingerprint of the province, of its first authority keys: {}\n  in words: {}\n"
        "The province recovery key lies in {}: print it, keep it in a safe, and delete the file.\n"
        "{}"
        "Next: thongsuot authority import-units FILE.csv, then thongsuot sync.\n",
        directory.genesis().name, directory.genesis().code, fingerprintOf(directory),
        out.json["words"].get<std::string>(), (context.homePath() / kRecoveryKeyFile).string(),
        adviceOnKeys(options.keyOut, options.keys));
    addRecoveryCode(out, homeCode);
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
    if (options.unit.empty() && options.device.empty())
        return fail(Code::Usage, "Say for which unit (--unit) or device (--device) it is.");
    if (options.qr && context.format() == Format::Scripts)
        return fail(Code::Usage, "--qr draws a picture for people; leave it out with --json.");
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    office::InvitationRequest request;
    request.unit = options.unit;
    request.device = options.device;
    TRY(request.officer, base::toNfc(base::trim(options.officer)));
    request.roles = *roles;
    request.validForMs = options.hours * kHourMs;
    request.serverAddress = replica->identity().serverAddress;
    if (request.officer.size() > base::limits::kNameBytesMax)
        return fail(Code::Usage, "A name has at most 256 bytes.");
    if (request.officer.empty()) return fail(Code::Usage, "The officer needs a name (--officer).");
    TRY(office::InvitationMade made, office::invite(*replica, request));
    if (made.awaitingSignatures)
        CHECK_OK(writeAdministratorRequest(*replica, made.change, options.request));
    std::string words = provinceWords(replica->directory().directory());
    Answer out;
    out.json["number"] = made.change.number.hex();
    out.json["code"] = made.invitation.longCode();
    out.json["short_code"] = made.invitation.shortCode();
    out.json["words"] = words;
    out.json["expires"] = base::toIsoTime(made.invitation.expiry);
    const bool makesDevice = made.change.device.empty();
    out.text =
        fmt::format("Invitation for {} ({}, unit {}), valid until {}.\n\nCode:\n{}\n\n",
                    request.officer, options.role, made.change.unit,
                    base::toVietnameseTime(made.invitation.expiry), made.invitation.longCode());
    out.text +=
        makesDevice
            ? fmt::format(
                  "Short code (needs --server {}): {}\nWords of the province, which "
                  "enrol will show on the other side too: {}\n",
                  request.serverAddress, made.invitation.shortCode(), words)
            : fmt::format(
                  "Short code: {}\nIt adds the officer to the device {}: there, "
                  "thongsuot officer add --invite -\n",
                  made.invitation.shortCode(), base::toHex(made.change.device).substr(0, 10));
    out.text += fmt::format(
        "\nHand the code over in person or by a channel you trust; it {}. Synchronise "
        "this home before it is used. Until then it can be taken back: thongsuot authority "
        "withdraw {}\n",
        makesDevice ? "makes one device" : "adds one officer",
        made.change.number.hex().substr(0, 10));
    CHECK_OK(drawCode(made.invitation.longCode(), options.qr, out));
    if (made.awaitingSignatures) out.json["request"] = options.request;
    if (made.awaitingSignatures) {
        out.text += "It is worth nothing before the keepers of the authority keys have signed " +
                    options.request +
                    " (thongsuot authority sign) and it was brought back here (thongsuot authority "
                    "submit).\n";
    }
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
    TextTable table({"DEVICE", "UNIT", "OFFICER", "ROLE", "ENROLLED", "STATE", "WORDS"});
    TRY(auto waiting, office::devicesToConfirm(*replica));
    for (const domain::Device* device : devices) {
        Json officers = Json::array();
        domain::Roles all = 0;
        for (const domain::Officer& officer : device->officers) {
            all = static_cast<domain::Roles>(all | officer.roles);
            officers.push_back(
                Json{{"officer", officer.name}, {"roles", domain::roleNames(officer.roles)}});
        }
        auto roles = domain::roleNames(all);
        bool waits = std::any_of(waiting.begin(), waiting.end(),
                                 [&](const auto& one) { return one.id == device->id; });
        bool isOwn = device->id == replica->identity().device;
        std::string state = device->revokedSince ? "revoked: " + device->revokedReason
                            : waits              ? "WAITS for confirmation"
                            : isOwn              ? "this one"
                                                 : "";
        const std::size_t times = incarnations[device->id];
        if (times > 1) {
            state += state.empty() ? "" : "; ";
            state += fmt::format("put back or copied {}", counted(times - 1, "time"));
        }
        out.json.push_back(Json{{"device", device->id.hex()},
                                {"unit", device->unit},
                                {"officer", device->officers.front().name},
                                {"roles", roles},
                                {"officers", officers},
                                {"words", deviceWords(directory, *device)},
                                {"confirmed", !waits},
                                {"enrolled_at", base::toIsoTime(device->enrolledAt)},
                                {"incarnations", times},
                                {"revoked", device->revokedSince.has_value()}});
        table.add({device->id.hex().substr(0, 10), device->unit, officersOf(device),
                   fmt::format("{}", fmt::join(roles, ", ")),
                   base::toVietnameseTime(device->enrolledAt), state,
                   deviceWords(directory, *device)});
    }
    out.text = table.text(28);
    if (!waiting.empty()) {
        out.text += fmt::format(
            "\n{} for confirmation. The words stand on the device too (thongsuot status): where "
            "its "
            "officer reads the same ones by telephone, thongsuot authority confirm DEVICE.\n",
            counted(waiting.size(), "device waits", "devices wait"));
    }
    return out;
}

Result<Answer> authorityRevoke(const Context& context, const std::string& device,
                               const std::string& reason, bool yes) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(std::string text, base::toNfc(base::trim(reason)));
    TRY(const domain::Device found, office::deviceToRevoke(*replica, device));
    const std::string question = fmt::format(
        "Device {} of {} ({}), enrolled {}.\nThis ends its rights for good: it leaves what waits "
        "on it with the province and removes its data, and the keys that it could read are "
        "changed. Its officer needs a new invitation after that. Revoke it? [y/N] ",
        found.id.hex().substr(0, 10), officersOf(&found), found.unit,
        base::toVietnameseTime(found.enrolledAt));
    if (!yes && context.canAsk() && !context.isYes(question))
        return fail(Code::NotPermitted, "The device was not revoked; nothing was changed.");
    TRY(office::Revoked done, office::revoke(*replica, found.id.hex(), text));
    Answer out;
    out.json["device"] = done.device.hex();
    out.json["rotated"] = done.keys.made;
    out.json["not_rotated"] = done.keys.waiting;
    out.text = "The device " + done.device.hex().substr(0, 10) + " of " + done.officer + " (" +
               done.unit +
               ") is revoked with the next sync, which changes the keys that it could read too.\n";
    out.json["may_hold_authority"] = done.mayHoldAuthority;
    if (done.mayHoldAuthority) {
        out.text +=
            "It founded the province. Unless the authority keys were put into files then "
            "(--key-out), the only one lies in its home: do not delete that home before thongsuot "
            "authority rotate-authority has replaced the key. It signs there for its successor "
            "(thongsuot authority sign), revoked or not.\n";
    }
    return out;
}

}  // namespace cli
