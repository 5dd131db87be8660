// What people type: invitations, bootstrap and rotation tokens, dates, deadlines, document codes.

#include "base/text.h"
#include "domain/deadline.h"
#include "domain/document_code.h"
#include "domain/invitation.h"
#include "target.h"

using namespace fuzz;

namespace {

void readText(const std::string& text) {
    (void)domain::parseDeadline(text);
    (void)domain::parseDate(text);
    (void)domain::saysStanding(text);
    (void)domain::deadlinesInText(text);
    for (const auto& document : domain::parseDocuments(text)) {
        (void)domain::documentKey(document);
        must(!domain::maySameDocument(document, document), "a document may be another than itself");
    }
    (void)base::foldForSearch(text);
    if (auto nfc = base::toNfc(text)) {
        auto twice = base::toNfc(*nfc);
        must(twice && *twice == *nfc, "NFC is not its own NFC");
    }
    if (auto date = base::dateFromIso(text))
        must(base::toIso(*date) == text, "a date differs when written again");
}

bool same(const domain::InvitationSecret& a, const domain::InvitationSecret& b) {
    return crypto::equalConstantTime(a.view(), b.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string text(reinterpret_cast<const char*>(data), size);
    if (auto invitation = domain::Invitation::parse(text)) {
        std::string code = invitation->province ? invitation->longCode() : invitation->shortCode();
        auto again = domain::Invitation::parse(code);
        must(again && same(again->secret, invitation->secret) &&
                 again->province == invitation->province &&
                 again->serverKey == invitation->serverKey &&
                 again->address == invitation->address && again->expiry == invitation->expiry,
             "an invitation says something else when written again");
    }
    if (auto token = domain::BootstrapToken::parse(text)) {
        auto again = domain::BootstrapToken::parse(token->code());
        must(again && same(again->secret, token->secret) && again->noiseKey == token->noiseKey &&
                 again->headKey == token->headKey && again->address == token->address,
             "a token says something else when written again");
    }
    if (auto token = domain::RotationToken::parse(text)) {
        auto again = domain::RotationToken::parse(token->code());
        must(again && again->province == token->province && again->noiseKey == token->noiseKey &&
                 again->headKey == token->headKey,
             "a rotation token says something else when written again");
    }
    if (base::isUtf8(text)) readText(text);
    return 0;
}
