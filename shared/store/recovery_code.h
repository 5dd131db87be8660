#pragma once
// The code on paper that opens a home whose passphrase is lost.

#include <string>
#include "crypto/crypto.h"

namespace store {

/// 128 random bits. As text: base32 of secret (16) ‖ first 4 bytes of H("ts-recovery", secret), in
/// eight groups of four letters, so that a typing error is told from another home's code.
struct RecoveryCode {
    crypto::Secret<16> secret;

    static RecoveryCode random(base::Random& random);
    std::string text() const;
    /// Forgives case, blanks and hyphens. InvalidInput with a sentence for whoever typed it: too
    /// short, too long, mistyped.
    static base::Result<RecoveryCode> parse(std::string_view text);
};

}  // namespace store
