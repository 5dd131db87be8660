// Verbs of the authority keys: rotate-server, rotate-authority, show, sign, submit.

#include "office/root.h"
#include <fmt/format.h>
#include <unistd.h>
#include <iostream>
#include "base/limits.h"
#include "cli/verbs.h"
#include "office/authority_key.h"

namespace cli {
namespace {

using base::Code;
using base::fail;
using office::SigningRequest;

Result<SigningRequest> readRequest(const std::string& file) {
    TRY(Bytes bytes, store::readFile(file, base::limits::kSecretFileBytesMax));
    return SigningRequest::decode(bytes);
}

Json jsonOf(const SigningRequest& request) {
    return Json{{"kind", request.kind()},
                {"province", request.province.hex()},
                {"signatures", request.signatures()},
                {"needed", request.authority.threshold}};
}

Status needsFile(const std::string& file) {
    if (!file.empty()) return {};
    return fail(Code::Usage,
                "The authority keys that must sign this are not in this home: give --request FILE, "
                "have the file signed by their keepers (thongsuot authority sign), and bring it "
                "back (thongsuot authority submit).");
}

/// Appends what has enough signatures, and writes a request for the rest.
Result<Answer> submitOrWrite(replica::Replica& replica, const SigningRequest& request,
                             const std::string& file, const std::string& done) {
    Answer out;
    if (request.isComplete()) {
        CHECK_OK(office::submit(replica, request));
        out.json = jsonOf(request);
        out.text = done;
        return out;
    }
    CHECK_OK(needsFile(file));
    CHECK_OK(store::writeFileDurably(file, request.encode()));
    out.json = jsonOf(request);
    out.json["request"] = file;
    out.text =
        request.text() + "The request lies in " + file +
        ". Carry it to the keepers of the authority keys: each runs thongsuot authority sign " +
        "on a machine without a line. Then run thongsuot authority submit here.\n";
    return out;
}

/// Of the file that was named, or those of this home.
Result<std::vector<crypto::SigningKey>> signingKeys(const Context& context,
                                                    const AuthoritySign& options) {
    if (options.key.empty()) {
        TRY(auto home, context.openHome());
        TRY(replica::Replica * replica, home->replica());
        CHECK_OK(replica->dropReplacedAuthorityKeys());
        if (!replica->identity().authorityKeys.empty()) return replica->identity().authorityKeys;
        return fail(Code::NotFound,
                    "No authority key in force lies in this home; name the file of one with --key "
                    "FILE.");
    }
    if (options.code.empty() && isatty(STDIN_FILENO) == 0)
        return fail(Code::Usage,
                    "Give the code of the key with --code @FILE, or - for standard input.");
    TRY(const crypto::SecretBytes code, secretArgument(options.code.empty() ? "-" : options.code));
    context.progress("Opening the key …");
    TRY(crypto::SigningKey key, office::openAuthorityKey(options.key, code.text()));
    return std::vector{std::move(key)};
}

/// Whoever signs has read what it says.
Status confirm(const SigningRequest& request, bool yes) {
    if (yes) return {};
    if (isatty(STDIN_FILENO) == 0) {
        return fail(Code::Usage,
                    "Read first what the request says (thongsuot authority show REQUEST), then "
                    "sign with --yes.");
    }
    std::cerr << request.text() << "Type yes to sign this: " << std::flush;
    std::string line;
    if (std::getline(std::cin, line) && line == "yes") return {};
    return fail(Code::InvalidInput, "Nothing was signed.");
}

}  // namespace

Status checkAuthorityKeys(int keys, int threshold, const std::string& keyOut) {
    if (keys < 1 || keys > static_cast<int>(base::limits::kAuthorityKeysMax) || threshold < 1 ||
        threshold > keys) {
        return fail(Code::Usage,
                    "There are 1 to 16 authority keys, and --threshold says how many of them must "
                    "sign.");
    }
    if (keys > 1 && keyOut.empty()) {
        return fail(Code::Usage,
                    "Several authority keys have keepers of their own: name a folder for their "
                    "files with --key-out DIR, best on a USB stick.");
    }
    return {};
}

std::string adviceOnKeys(const std::string& keyOut, int keys) {
    if (keyOut.empty()) return {};
    return fmt::format(
        "{} in {}, each with the code that opens it beside it. Give every keeper a key file, and "
        "its code on paper; keep the two apart, then delete the folder.\n",
        keys == 1 ? "The authority key lies" : "The authority keys lie", keyOut);
}

Result<Answer> authorityRotateServer(const Context& context, const std::string& token,
                                     const std::string& request) {
    TRY(const crypto::SecretBytes code, secretArgument(token));
    TRY(domain::RotationToken keys, domain::RotationToken::parse(code.text()));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(SigningRequest made, office::requestCharter(*replica, keys));
    return submitOrWrite(
        *replica, made, request,
        "The server's new keys are signed for. Run thongsuot sync: the server "
        "takes them into use then, and every device follows with its next sync.\n");
}

Result<Answer> authorityRotateAuthority(const Context& context, const RotateAuthority& options) {
    CHECK_OK(checkAuthorityKeys(options.keys, options.threshold, options.keyOut));
    if (options.keyOut.empty()) {
        return fail(Code::Usage,
                    "New authority keys lie in files of their own: name a folder for them with "
                    "--key-out DIR, best on a USB stick.");
    }
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    const auto threshold = static_cast<std::uint8_t>(options.threshold);
    const auto count = static_cast<std::size_t>(options.keys);
    const domain::Directory& directory = replica->directory().directory();
    // Before keys are made: whether there will be a place for the request.
    TRY(const SigningRequest trial, office::requestAuthority(*replica, directory.authorityKeys(),
                                                             directory.authorityThreshold()));
    if (!trial.isComplete()) CHECK_OK(needsFile(options.request));
    TRY(auto made, office::makeAuthorityKeys(options.keyOut, count, home->random()));
    std::vector<base::PublicKey> keys;
    for (const crypto::SigningKey& key : made) keys.push_back(key.publicKey);
    TRY(SigningRequest request, office::requestAuthority(*replica, keys, threshold));
    const std::string words =
        domain::fingerprintWords(domain::authorityFingerprint(threshold, keys));
    TRY(Answer out, submitOrWrite(*replica, request, options.request,
                                  "The new authority keys are signed for; they hold with the next "
                                  "sync. Their words: " +
                                      words +
                                      "\nThe fingerprint of the province stays what it is: that "
                                      "of the first authority keys.\n"));
    out.json["words"] = words;
    out.text += adviceOnKeys(options.keyOut, options.keys);
    return out;
}

Result<Answer> authorityShow(const std::string& request) {
    TRY(SigningRequest read, readRequest(request));
    Answer out;
    out.json = jsonOf(read);
    out.json["text"] = read.text();
    out.text = read.text();
    return out;
}

Result<Answer> authoritySign(const Context& context, const AuthoritySign& options) {
    TRY(SigningRequest request, readRequest(options.request));
    CHECK_OK(confirm(request, options.yes));
    TRY(const std::vector<crypto::SigningKey> keys, signingKeys(context, options));
    for (const crypto::SigningKey& key : keys) CHECK_OK(request.sign(key));
    CHECK_OK(store::writeFileDurably(options.request, request.encode()));
    Answer out;
    out.json = jsonOf(request);
    out.text = "Signed:\n" + request.text();
    return out;
}

Result<Answer> authoritySubmit(const Context& context, const std::string& request) {
    TRY(SigningRequest read, readRequest(request));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    CHECK_OK(office::submit(*replica, read));
    Answer out;
    out.json = jsonOf(read);
    out.text = "It is signed for, and holds with the next sync.\n";
    return out;
}

Status writeAdministratorRequest(const replica::Replica& replica, const domain::Invited& invited,
                                 const std::string& file) {
    CHECK_OK(needsFile(file));
    return store::writeFileDurably(file, office::requestAdministrator(replica, invited).encode());
}

}  // namespace cli
