#include "domain/invitation.h"
#include <cassert>
#include "base/limits.h"
#include "base/text.h"
#include "crypto/secret_bytes.h"

namespace domain {
namespace {

using base::Bytes;
using base::Code;
using base::fail;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kRotation = 'R';  // first, so that no other code is taken for one
constexpr std::size_t kCheckBytes = 4;
constexpr std::size_t kCodeLettersMax = 600;
constexpr std::size_t kCodeBytesMax = 512;  // what either code holds

Hash checkOf(ByteView bytes) {
    return crypto::hash("ts-check", {bytes});
}

std::string withCheck(crypto::SecretBytes secret) {
    Hash check = checkOf(secret.view());
    base::Writer(secret.bytes()).raw(check.view().first(kCheckBytes));
    return base::toBase32(secret.view());
}

base::Result<crypto::SecretBytes> checked(std::string_view code, const char* what) {
    code = base::trim(code);
    if (code.size() > kCodeLettersMax) {
        return fail(Code::InvalidInput,
                    std::string("This ") + what + " is too long; copy it again.");
    }
    auto read = base::fromBase32(code);
    crypto::SecretBytes out = read ? crypto::SecretBytes(std::move(*read)) : crypto::SecretBytes();
    if (out.size() < kCheckBytes + 1) {
        return fail(Code::InvalidInput,
                    std::string("This is not a complete ") + what + "; copy it again.");
    }
    ByteView body = out.view().first(out.size() - kCheckBytes);
    Hash check = checkOf(body);
    if (!crypto::equalConstantTime(check.view().first(kCheckBytes), out.view().last(kCheckBytes))) {
        return fail(Code::InvalidInput,
                    std::string("This ") + what + " was mistyped or cut off; copy it again.");
    }
    out.bytes().resize(body.size());
    return out;
}

}  // namespace

InvitationKeys InvitationKeys::derive(const InvitationSecret& secret) {
    InvitationKeys keys;
    auto derived = [&](std::string_view info) {
        return crypto::SecretBytes(crypto::hkdfSha256(secret.view(), {}, base::view(info), 32));
    };
    keys.key =
        crypto::SigningKey::fromSeed(crypto::SecretKey::from(derived("ts-invite-key").view()));
    keys.tieKey = crypto::SecretKey::from(derived("ts-invite-tie").view());
    keys.number =
        base::InvitationNumber::from(crypto::hash("ts-invite", {keys.key.publicKey.view()}).view());
    return keys;
}

Hash InvitationKeys::tie(const ProvinceId& province, std::string_view unit) const {
    return crypto::keyedHash(tieKey.view(), {province.view(), number.view(), base::view(unit)});
}

std::string Invitation::longCode() const {
    assert(province && address.size() <= base::limits::kAddressBytesMax);
    auto out = crypto::SecretBytes::withRoom(kCodeBytesMax);
    base::Writer w(out.bytes());
    w.u8(kVersion).raw(province->view()).raw(serverKey.view()).raw(secret.view());
    w.u64(static_cast<std::uint64_t>(expiry)).u8(static_cast<std::uint8_t>(address.size()));
    w.raw(base::view(address));
    return withCheck(std::move(out));
}

std::string Invitation::shortCode() const {
    std::string letters = base::toBase32(secret.view());
    std::string out;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i > 0 && i % 5 == 0 && i < 25) out += '-';
        out += letters[i];
    }
    return out;
}

base::Result<Invitation> Invitation::parse(std::string_view code) {
    Invitation out;
    auto raw = base::fromBase32(base::trim(code.substr(0, kCodeLettersMax + 1)));
    const crypto::SecretBytes alone =
        raw ? crypto::SecretBytes(std::move(*raw)) : crypto::SecretBytes();
    if (alone.size() == 16) {
        out.secret = InvitationSecret::from(alone.view());
        return out;
    }
    TRY(const crypto::SecretBytes bytes, checked(code, "invitation code"));
    base::Reader in(bytes.view());
    if (in.u8() != kVersion) {
        return fail(Code::Unsupported,
                    "This invitation was made by a newer version; update this program first.");
    }
    out.province = in.fixed<ProvinceId>();
    out.serverKey = in.fixed<base::ExchangeKey>();
    out.secret = InvitationSecret::from(in.fixed<base::Fixed<InvitationSecret, 16>>().view());
    out.expiry = static_cast<base::TimeMs>(in.u64());
    out.address = base::text(in.raw(in.u8()));
    if (!in.atEnd() || !base::isUtf8(out.address)) {
        return fail(Code::InvalidInput, "This is not an invitation code; copy it again.");
    }
    return out;
}

std::string BootstrapToken::code() const {
    assert(address.size() <= base::limits::kAddressBytesMax);
    auto out = crypto::SecretBytes::withRoom(kCodeBytesMax);
    base::Writer w(out.bytes());
    w.u8(kVersion).raw(noiseKey.view()).raw(headKey.view()).raw(secret.view());
    w.u8(static_cast<std::uint8_t>(address.size())).raw(base::view(address));
    return withCheck(std::move(out));
}

base::Result<BootstrapToken> BootstrapToken::parse(std::string_view code) {
    TRY(const crypto::SecretBytes bytes, checked(code, "bootstrap token"));
    base::Reader in(bytes.view());
    BootstrapToken out;
    if (in.u8() != kVersion) {
        return fail(Code::Unsupported,
                    "This bootstrap token was made by a newer version; update this program first.");
    }
    out.noiseKey = in.fixed<base::ExchangeKey>();
    out.headKey = in.fixed<base::PublicKey>();
    out.secret = crypto::Secret<16>::from(in.fixed<base::Fixed<InvitationSecret, 16>>().view());
    out.address = base::text(in.raw(in.u8()));
    if (!in.atEnd())
        return fail(Code::InvalidInput, "This is not a bootstrap token; copy it again.");
    return out;
}

Hash BootstrapToken::mac(const ProvinceId& province) const {
    return crypto::keyedHash(secret.view(), {base::view("ts-bootstrap"), province.view()});
}

std::string RotationToken::code() const {
    crypto::SecretBytes out;  // nothing of it is secret, but all codes are made alike
    base::Writer(out.bytes()).u8(kRotation).u8(kVersion).raw(province.view());
    base::Writer(out.bytes()).raw(noiseKey.view()).raw(headKey.view());
    return withCheck(std::move(out));
}

base::Result<RotationToken> RotationToken::parse(std::string_view code) {
    TRY(const crypto::SecretBytes bytes, checked(code, "rotation token"));
    base::Reader in(bytes.view());
    auto isNone = [] {
        return fail(Code::InvalidInput,
                    "This is not a rotation token; copy again what thongsuot-server rotate-key "
                    "printed.");
    };
    if (in.u8() != kRotation) return isNone();
    if (in.u8() != kVersion) {
        return fail(Code::Unsupported,
                    "This rotation token was made by a newer version; update this program first.");
    }
    RotationToken out;
    out.province = in.fixed<ProvinceId>();
    out.noiseKey = in.fixed<base::ExchangeKey>();
    out.headKey = in.fixed<base::PublicKey>();
    if (!in.atEnd()) return isNone();
    return out;
}

}  // namespace domain
