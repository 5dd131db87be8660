#include "store/recovery_code.h"
#include <algorithm>
#include "crypto/secret_bytes.h"

namespace store {
namespace {

using base::ByteView;
using base::Code;
using base::fail;

constexpr std::size_t kSecretBytes = 16, kCheckBytes = 4;
constexpr std::size_t kLetters = (kSecretBytes + kCheckBytes) * 8 / 5, kGroupLetters = 4;
constexpr std::size_t kTextBytesMax = 200;  // blanks and hyphens as people like them

base::Hash checkOf(ByteView secret) {
    return crypto::hash("ts-recovery", {secret});
}

std::size_t letterCount(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return std::string_view("- \t\r\n").find(c) == std::string_view::npos;
    }));
}

}  // namespace

RecoveryCode RecoveryCode::random(base::Random& random) {
    return {crypto::Secret<kSecretBytes>::random(random)};
}

std::string RecoveryCode::text() const {
    auto whole = crypto::SecretBytes::withRoom(kSecretBytes + kCheckBytes);
    const base::Hash check = checkOf(secret.view());
    base::Writer(whole.bytes()).raw(secret.view()).raw(check.view().first(kCheckBytes));
    std::string letters = base::toBase32(whole.view());
    std::string out;
    out.reserve(kLetters + kLetters / kGroupLetters);
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i > 0 && i % kGroupLetters == 0) out += '-';
        out += letters[i];
    }
    crypto::wipe({reinterpret_cast<std::uint8_t*>(letters.data()), letters.size()});
    return out;
}

base::Result<RecoveryCode> RecoveryCode::parse(std::string_view text) {
    if (text.size() > kTextBytesMax) {
        return fail(Code::InvalidInput,
                    "This is too long for a recovery code, which has 32 letters and digits.");
    }
    if (letterCount(text) != kLetters) {
        return fail(Code::InvalidInput,
                    "This is no whole recovery code: it has 32 letters and digits in eight groups; "
                    "type it again.");
    }
    auto mistyped = [] {
        return fail(Code::InvalidInput,
                    "The recovery code was mistyped: compare it with the paper, letter by letter.");
    };
    auto read = base::fromBase32(text);
    if (!read) return mistyped();
    const crypto::SecretBytes whole(std::move(*read));
    RecoveryCode out{crypto::Secret<kSecretBytes>::from(whole.view())};
    const base::Hash check = checkOf(out.secret.view());
    if (!crypto::equalConstantTime(check.view().first(kCheckBytes),
                                   whole.view().last(kCheckBytes))) {
        return mistyped();
    }
    return out;
}

}  // namespace store
