// An office that has lost all of its devices: recover, check-recovery (ADR 21).

#include "office/recovery.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include "base/limits.h"
#include "cli/fingerprints.h"
#include "cli/verbs.h"
#include "office/signing_request.h"
#include "sync/enrolment.h"
#include "sync/recovery.h"
#include "wire/body.h"

namespace cli {
namespace {

using base::Code;
using base::fail;
using office::SigningRequest;

constexpr base::TimeMs kHourMs = 3'600'000;
constexpr int kHoursMax = 24 * 90;
// Setting of a recovery: the signed introduction may have reached the server.
constexpr std::string_view kHandedIn = "recovery-handed-in";

Result<base::Hash> rootArgument(const std::string& text) {
    std::string digits = text;
    std::erase_if(digits, [](char c) { return c == ' ' || c == ':' || c == '-'; });
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto bytes = base::fromHex(digits);
    if (bytes && bytes->size() == base::Hash::kSize) return base::Hash::from(*bytes);
    return fail(Code::Usage,
                "The fingerprint (--root) has 64 hexadecimal letters; it was printed when the "
                "province was founded.");
}

/// The invitation and the enrolment of the recovery that was begun in this home.
struct Begun {
    domain::Invited invited;
    domain::DeviceEnrolled enrolled;
};

Result<Begun> begunIn(const replica::Replica& replica) {
    TRY(std::optional<Bytes> body, replica.setting(kRecovery));
    if (!body) {
        return fail(Code::InvalidInput,
                    "This home holds an enrolment or a founding that was cut off; choose another "
                    "folder with --home.");
    }
    TRY(std::vector<domain::Change> changes, wire::decodeBody(*body));
    auto* enrolled = domain::recoveryIn(changes);
    if (enrolled == nullptr)
        return fail(Code::Corrupt,
                    "What this home knows of its recovery cannot be read: begin anew with another "
                    "folder (--home).");
    return Begun{std::get<domain::Invited>(changes[0]), *enrolled};
}

Result<bool> wasHandedIn(const replica::Replica& replica) {
    TRY(std::optional<Bytes> mark, replica.setting(kHandedIn));
    return (mark && !mark->empty()) || syncing::isIntroduced(replica);
}

/// What is known of the province's keys, all versions, into the replica.
Status learnAll(replica::Replica& replica, const domain::Authority& authority) {
    for (std::uint32_t last = replica.authority().version(); last < authority.version();) {
        auto changes = authority.changesAfter(last, last);
        CHECK_OK(replica.learnAuthority(changes));
    }
    return {};
}

SigningRequest requestOf(const replica::Replica& replica, const Begun& begun) {
    const domain::Authority& authority = replica.authority();
    return {authority.province(), authority.genesis().name, authority.set(), begun.invited,
            begun.enrolled};
}

Result<SigningRequest> readRequest(const std::string& file) {
    TRY(Bytes bytes, store::readFile(file, base::limits::kSecretFileBytesMax));
    return SigningRequest::decode(bytes);
}

/// Signatures that keepers have given already must not be written over.
bool isThere(const std::string& file, const Begun& begun) {
    auto held = readRequest(file);
    return held && held->enrolment == begun.enrolled;
}

Result<Answer> asked(const replica::Replica& replica, const Begun& begun, const std::string& file) {
    const SigningRequest request = requestOf(replica, begun);
    if (!isThere(file, begun)) CHECK_OK(store::writeFileDurably(file, request.encode()));
    const std::string words = domain::fingerprintWords(domain::deviceFingerprint(
        request.province, begun.enrolled.deviceKey, begun.enrolled.exchangeKey));
    Answer out;
    out.json = Json{{"kind", request.kind()},
                    {"province", request.province.hex()},
                    {"device_words", words},
                    {"expires", base::toIsoTime(begun.invited.expiry)},
                    {"needed", request.authority.threshold},
                    {"request", file}};
    out.text = fmt::format(
        "{}The request lies in {}. Carry it to the keepers of the authority keys: each runs "
        "thongsuot authority show and sign on a machine without a line, and asks you for the words "
        "of this device:\n    {}\nThen run here: thongsuot authority recover --submit {} "
        "--recovery-key @FILE\n",
        request.text(), file, words, file);
    return out;
}

Result<Answer> request(const Context& context, const AuthorityRecover& options) {
    if (options.server.empty() || options.root.empty()) {
        return fail(Code::Usage,
                    "Say where the server is (--server HOST:PORT) and which province it must be "
                    "(--root FINGERPRINT).");
    }
    if (options.hours < 1 || options.hours > kHoursMax)
        return fail(Code::Usage, "A request is valid for 1 to 2160 hours.");
    syncing::RecoveryWish wish;
    TRY(wish.server, transport::parseServerAddress(options.server));
    TRY(wish.root, rootArgument(options.root));
    TRY(wish.officer, base::toNfc(base::trim(options.officer)));
    if (wish.officer.empty() || wish.officer.size() > base::limits::kNameBytesMax)
        return fail(Code::Usage, "The officer needs a name (--officer) of at most 256 bytes.");
    TRY(auto home, context.openOrCreateHome());
    TRY(replica::Replica * replica, home->unfinishedReplica());
    if (replica != nullptr) {
        TRY(const Begun begun, begunIn(*replica));
        TRY(const bool isLate, wasHandedIn(*replica));
        if (isLate) {
            return fail(Code::InvalidInput,
                        "The signed request of this home was handed in already: go on with "
                        "thongsuot authority recover --submit FILE --recovery-key @FILE.");
        }
        const bool isSame = begun.invited.officer == wish.officer &&
                            begun.invited.expiry > home->clock().nowMs() &&
                            replica->authority().hasGenesis();
        if (isSame) return asked(*replica, begun, options.request);
    }
    wish.expiry = home->clock().nowMs() + options.hours * kHourMs;
    context.progress("Asking " + wish.server + " for its province …");
    TRY(syncing::Recovering made, syncing::prepareRecovery(wish, home->random()));
    const std::vector<domain::Change> changes{made.invited, made.enrolled};
    if (replica != nullptr) CHECK_OK(home->discardReplica());
    TRY(replica, home->createReplica(
                     {made.identity, made.enrolled, {{kRecovery, wire::encodeBody(changes)}}}));
    CHECK_OK(learnAll(*replica, made.authority));
    return asked(*replica, {made.invited, made.enrolled}, options.request);
}

/// Puts the keepers' signatures into the introduction.
Status takeSignatures(replica::Replica& replica, const SigningRequest& signedOne,
                      const base::Clock& clock) {
    TRY(Begun begun, begunIn(replica));
    const auto* invited = std::get_if<domain::Invited>(&signedOne.change);
    if (invited == nullptr || signedOne.enrolment != begun.enrolled) {
        return fail(Code::InvalidInput,
                    "This request is not the one that this home made: bring back the file that the "
                    "keepers have signed.");
    }
    begun.invited.signatures = invited->signatures;
    const SigningRequest whole = requestOf(replica, begun);
    if (!whole.isComplete()) {
        return fail(Code::NotPermitted,
                    fmt::format("The request has {} of the {} signatures that it needs: have it "
                                "signed with thongsuot authority sign.",
                                whole.signatures(), whole.authority.threshold));
    }
    if (begun.invited.expiry < clock.nowMs()) {
        return fail(Code::InvitationExpired,
                    "This request was valid until " + base::toVietnameseTime(begun.invited.expiry) +
                        " by this machine's clock. Make a new one with --request.");
    }
    const std::vector<domain::Change> changes{begun.invited, begun.enrolled};
    CHECK_OK(replica.reintroduce(changes));
    return replica.setSetting(kHandedIn, base::view("1"));
}

/// What a refusal means here; the request may be signed and handed in once more.
base::Error refusalOf(const base::Error& error) {
    switch (error.code) {
        case Code::InvitationExpired:
            return {error.code,
                    "The request was signed too late: its time is over. Make a new one with "
                    "--request."};
        case Code::InvitationUsed:
            return {error.code,
                    "Another device has entered with this request. Make a new one with --request, "
                    "in another folder (--home)."};
        default:
            return error;
    }
}

bool mayHaveArrived(Code code) {
    return code == Code::Cut || code == Code::Unreachable || code == Code::ServerPaused ||
           code == Code::Io;
}

/// Live devices of the office besides this one.
std::vector<const domain::Device*> othersOfOffice(const replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    std::vector<const domain::Device*> out;
    for (const auto& [id, device] : directory.devices()) {
        bool isOther = id != replica.identity().device && !device.revokedSince &&
                       directory.isProvinceUnit(device.unit);
        if (isOther) out.push_back(&device);
    }
    return out;
}

Answer recovered(const replica::Replica& replica, const office::RecoveryCheck& check) {
    const domain::Directory& directory = replica.directory().directory();
    Answer out;
    out.json["device"] = replica.identity().device.hex();
    out.json["officer"] = replica.ownDevice()->officers.front().name;
    out.json["ledgers"] = check.ledgers;
    out.json["shut"] = check.shut;
    out.json["old_devices"] = Json::array();
    out.text = fmt::format(
        "The office of \"{}\" works again, on this device. The recovery key opened {}; it was not "
        "stored here: put the paper back into the safe.\n",
        directory.genesis().name,
        counted(check.ledgers - check.shut.size(), "unit's ledger", "units' ledgers"));
    if (!check.shut.empty()) {
        out.text +=
            fmt::format("It does not open the newest key of: {}.\n", fmt::join(check.shut, ", "));
    }
    const auto others = othersOfOffice(replica);
    for (const domain::Device* device : others) {
        out.json["old_devices"].push_back(device->id.hex());
    }
    if (!others.empty()) {
        out.text +=
            "\nThe office's former devices still have their rights and keys. End them now, unless "
            "you have them in your hands:\n";
    }
    for (const domain::Device* device : others) {
        out.text += fmt::format("  thongsuot authority revoke --device {} --reason …   ({})\n",
                                device->id.hex().substr(0, 10), officersOf(device));
    }
    out.text += "Then thongsuot sync, which changes the keys that they could read.\n";
    return out;
}

Status handIn(const Context& context, Home& home, replica::Replica& replica,
              const AuthorityRecover& options) {
    TRY(const bool isLate, wasHandedIn(replica));
    if (!isLate) {
        TRY(const SigningRequest signedOne, readRequest(options.submit));
        CHECK_OK(takeSignatures(replica, signedOne, home.clock()));
    }
    context.progress("Introducing this device to " + replica.identity().serverAddress + " …");
    auto done = syncing::completeRecovery(replica, home.random());
    if (done) return {};
    // A verdict is final: what the server has taken it would have taken again.
    if (!mayHaveArrived(done.error().code) && !syncing::isIntroduced(replica))
        CHECK_OK(replica.setSetting(kHandedIn, {}));
    return tl::unexpected(
        refusalOf(afterCut(done.error(), "the same thongsuot authority recover command")));
}

Result<Answer> submit(const Context& context, const AuthorityRecover& options) {
    if (options.recoveryKey.empty()) {
        return fail(Code::Usage,
                    "The province recovery key is needed too: --recovery-key @FILE, or - to type "
                    "it.");
    }
    TRY(const crypto::SecretBytes text, secretArgument(options.recoveryKey));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->unfinishedReplica());
    if (replica == nullptr) {
        return fail(Code::NotFound,
                    "Nothing was begun in this home: make the request first (--request).");
    }
    CHECK_OK(begunIn(*replica));
    if (!replica->authority().hasGenesis()) {
        domain::Authority authority;
        CHECK_OK(syncing::fetchAuthority(replica->identity().serverAddress, authority));
        CHECK_OK(learnAll(*replica, authority));
    }
    // Before anybody hears of this device: with the wrong paper it could do nothing.
    TRY(const crypto::ExchangeKeyPair key,
        office::readRecoveryKey(text.text(), replica->authority().genesis()));
    CHECK_OK(handIn(context, *home, *replica, options));
    TRY(const std::size_t granted, office::grantRecovered(*replica, key));
    if (granted > 0 || replica->pendingEntries() > 0) {
        syncing::SyncReport report;
        if (auto sent = syncing::runSession(*replica, report); !sent) {
            return tl::unexpected(
                afterCut(sent.error(), "the same thongsuot authority recover command"));
        }
    }
    if (!syncing::holdsOwnKey(*replica)) {
        return fail(Code::WaitingForKey,
                    "The recovery key does not open the province unit's newest key: the directory "
                    "holds a box that is none. Tell whoever wrote this program.");
    }
    TRY(const store::RecoveryCode code, home->makeRecoveryCode());
    CHECK_OK(home->finishEnrolment());
    Answer out =
        recovered(*replica, office::checkRecoveryKey(replica->directory().directory(), key));
    addRecoveryCode(out, code);
    return out;
}

}  // namespace

Result<Answer> authorityRecover(const Context& context, const AuthorityRecover& options) {
    if (options.request.empty() == options.submit.empty()) {
        return fail(Code::Usage,
                    "Say --request FILE to begin, or --submit FILE once the keepers have signed.");
    }
    return options.submit.empty() ? request(context, options) : submit(context, options);
}

Result<Answer> authorityCheckRecovery(const Context& context, const std::string& recoveryKey) {
    TRY(const crypto::SecretBytes text, secretArgument(recoveryKey));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    const domain::Directory& directory = replica->directory().directory();
    TRY(const crypto::ExchangeKeyPair key,
        office::readRecoveryKey(text.text(), directory.genesis()));
    const office::RecoveryCheck check = office::checkRecoveryKey(directory, key);
    const bool isOnlyHere = !replica->identity().authorityKeys.empty();
    if (!check.shut.empty()) {
        return fail(Code::InvalidInput,
                    fmt::format("This is the province's recovery key, but it does not open the key "
                                "in use of {} of {} units: {}. Tell whoever wrote this program.",
                                check.shut.size(), check.ledgers, fmt::join(check.shut, ", ")));
    }
    Answer out;
    out.json = Json{{"opens", true},
                    {"ledgers", check.ledgers},
                    {"keys", check.versions},
                    {"shut_past", check.shutPast},
                    {"authority_key_in_home", isOnlyHere}};
    out.text = fmt::format(
        "This paper opens the keys in use of all {} and what was written under them. Nothing was "
        "changed; put it back into the safe.\n",
        counted(check.ledgers, "unit"));
    if (!check.shutPast.empty()) {
        out.text +=
            fmt::format("It does not open an older key of: {}.\n", fmt::join(check.shutPast, ", "));
    }
    if (isOnlyHere) {
        out.text +=
            "But the authority key lies in this home only, and is lost with it: then nobody can "
            "sign for a new office. Give it to keepers: thongsuot authority rotate-authority "
            "--authority-keys 3 --threshold 2 --key-out DIR\n";
    }
    return out;
}

}  // namespace cli
