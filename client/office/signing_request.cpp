#include "office/signing_request.h"
#include <algorithm>
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/body.h"

namespace office {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kMagic{"TSREQUEST\0", 10};
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kBytesMax = base::limits::kSecretFileBytesMax;

base::Hash checkOf(ByteView bytes) {
    return crypto::hash("", {bytes});
}

base::Error errorOfBytes() {
    return {Code::InvalidInput,
            "This is not a whole request for authority signatures: copy the file again, or make it "
            "anew at the office."};
}

/// Whether authority keys have to sign such a change, and for this province.
bool isForAuthority(const domain::Change& change, const base::ProvinceId& province) {
    const Bytes wanted = base::copy(province.view());
    if (auto* c = std::get_if<domain::SignedCharter>(&change)) return c->content.province == wanted;
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change))
        return c->content.province == wanted;
    auto* invited = std::get_if<domain::Invited>(&change);
    return invited != nullptr && (invited->roles & domain::roles::kAdministrator) != 0;
}

/// A name on one line, whatever it holds.
std::string oneLine(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return text;
}

std::string fingerprint(const base::Hash& hash) {
    return domain::fingerprintWords(hash) + "\n             " + hash.hex();
}

}  // namespace

Bytes SigningRequest::encode() const {
    Bytes out;
    base::Writer w(out);
    w.raw(base::view(kMagic)).u16(kVersion).raw(province.view()).sized(base::view(provinceName));
    w.u8(authority.threshold).u8(static_cast<std::uint8_t>(authority.keys.size()));
    for (const base::PublicKey& key : authority.keys) w.raw(key.view());
    std::vector<domain::Change> changes{change};
    if (enrolment) changes.emplace_back(*enrolment);
    w.sized(wire::encodeBody(changes));
    const base::Hash check = checkOf(out);
    w.raw(check.view());
    return out;
}

Result<SigningRequest> SigningRequest::decode(ByteView bytes) {
    auto isNone = [] { return tl::unexpected(errorOfBytes()); };
    if (bytes.size() > kBytesMax || bytes.size() < kMagic.size() + 2 + base::Hash::kSize)
        return isNone();
    const ByteView body = bytes.first(bytes.size() - base::Hash::kSize);
    base::Reader in(body);
    if (base::text(in.raw(kMagic.size())) != kMagic) return isNone();
    if (checkOf(body) != base::Hash::from(bytes.last(base::Hash::kSize))) return isNone();
    if (in.u16() != kVersion) {
        return fail(Code::Unsupported,
                    "This request was made by a newer version; update this program first.");
    }
    SigningRequest out;
    out.province = in.fixed<base::ProvinceId>();
    out.provinceName = base::text(in.sized(base::limits::kNameBytesMax));
    out.authority.threshold = in.u8();
    const std::size_t count = in.u8();
    if (count == 0 || count > base::limits::kAuthorityKeysMax || out.authority.threshold == 0 ||
        out.authority.threshold > count || !base::isUtf8(out.provinceName)) {
        return isNone();
    }
    for (std::size_t i = 0; i < count; ++i)
        out.authority.keys.push_back(in.fixed<base::PublicKey>());
    auto changes = wire::decodeBody(in.sized(kBytesMax));
    if (!in.atEnd() || !changes) return isNone();
    if (auto* enrolled = domain::recoveryIn(*changes)) {
        out.enrolment = *enrolled;
        changes->pop_back();
    }
    if (changes->size() != 1) return isNone();
    out.change = std::move(changes->front());
    if (!isForAuthority(out.change, out.province)) return isNone();
    return out;
}

std::string_view SigningRequest::kind() const {
    if (std::holds_alternative<domain::SignedCharter>(change)) return "charter";
    if (std::holds_alternative<domain::SignedAuthoritySet>(change)) return "authority_set";
    return enrolment ? "recovery" : "administrator";
}

crypto::Context SigningRequest::context() const {
    return std::holds_alternative<domain::Invited>(change) ? crypto::Context::Statement
                                                           : crypto::Context::Charter;
}

Bytes SigningRequest::signedBytes() const {
    if (auto* c = std::get_if<domain::SignedCharter>(&change)) return c->body;
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change)) return c->body;
    const auto& invited = std::get<domain::Invited>(change);
    return enrolment ? domain::recoveryStatement(province, invited, *enrolment)
                     : invited.statement(province);
}

const std::vector<base::Signature>& SigningRequest::given() const {
    if (auto* c = std::get_if<domain::SignedCharter>(&change)) return c->signatures;
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change)) return c->signatures;
    return std::get<domain::Invited>(change).signatures;
}

std::size_t SigningRequest::signatures() const {
    const Bytes body = signedBytes();
    return static_cast<std::size_t>(
        std::count_if(authority.keys.begin(), authority.keys.end(), [&](const auto& key) {
            return std::any_of(given().begin(), given().end(), [&](const auto& signature) {
                return crypto::verify(key, context(), body, signature);
            });
        }));
}

Status SigningRequest::sign(const crypto::SigningKey& key) {
    const auto& keys = authority.keys;
    if (std::find(keys.begin(), keys.end(), key.publicKey) == keys.end()) {
        return fail(Code::NotPermitted, "This key is none of the authority keys of the province " +
                                            oneLine(provinceName) + "; nothing was signed.");
    }
    const Bytes body = signedBytes();
    // One of each key: what counts for nothing must not take the place of what does.
    std::vector<base::Signature> signatures{crypto::sign(key, context(), body)};
    for (const base::PublicKey& by : keys) {
        auto found = std::find_if(given().begin(), given().end(), [&](const auto& signature) {
            return crypto::verify(by, context(), body, signature);
        });
        bool isAnothers = found != given().end() && by != key.publicKey;
        if (isAnothers && signatures.size() < base::limits::kAuthorityKeysMax)
            signatures.push_back(*found);
    }
    if (auto* c = std::get_if<domain::SignedCharter>(&change)) c->signatures = signatures;
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change)) c->signatures = signatures;
    if (auto* c = std::get_if<domain::Invited>(&change)) c->signatures = signatures;
    return {};
}

std::string SigningRequest::text() const {
    std::string out =
        "Province:    " + oneLine(provinceName) + " (" + province.hex() + ")\nAuthority:   " +
        fingerprint(domain::authorityFingerprint(authority.threshold, authority.keys)) + "\n";
    if (auto* c = std::get_if<domain::SignedCharter>(&change)) {
        const base::Hash keys =
            crypto::hash("ts-server", {c->content.noiseKey.view(), c->content.headKey.view()});
        out += "What:        the server gets new keys (charter, version " +
               std::to_string(c->content.version) + ")\nNew keys:    " + fingerprint(keys) +
               "\nSign only if the operator of the server reads out the same words.\n";
    }
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change)) {
        out += "What:        the authority keys are replaced (version " +
               std::to_string(c->content.version) +
               ")\nNew keys:    " + std::to_string(c->content.threshold) + " of " +
               std::to_string(c->content.keys.size()) + " must sign from then on\n             " +
               fingerprint(domain::authorityFingerprint(c->content.threshold, c->content.keys)) +
               "\nSign only if these words are those of the keys that were made together.\n";
    }
    if (auto* c = std::get_if<domain::Invited>(&change)) {
        out += enrolment ? "What:        a new first device for the office, because all of its "
                           "devices were lost;\n             its officer is an administrator\n"
                         : "What:        an administrator is invited\n";
        out += "Officer:     " + oneLine(c->officer) + "\nUnit:        " + oneLine(c->unit) +
               "\nValid until: " + base::toVietnameseTime(c->expiry) +
               "\nInvitation:  " + c->number.hex() + "\n";
        if (enrolment) {
            out +=
                "Device:      " +
                fingerprint(domain::deviceFingerprint(province, enrolment->deviceKey,
                                                      enrolment->exchangeKey)) +
                "\nSign only if the office has lost its devices, and whoever sits at the new one "
                "reads out the same words.\n";
        }
    }
    out += "Signatures:  " + std::to_string(signatures()) + " of the " +
           std::to_string(authority.threshold) + " that are needed\n";
    return out;
}

}  // namespace office
