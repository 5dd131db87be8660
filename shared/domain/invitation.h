#pragma once
// What a person carries from one machine to another by hand: the invitation, the bootstrap token,
// the token of a server's new keys. The server never learns an invitation's secret, so it cannot
// enrol a device of its own.

#include <optional>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "crypto/crypto.h"
#include "domain/names.h"

namespace domain {

using InvitationSecret = crypto::Secret<16>;

/// Derived from the secret by HKDF-SHA256 (info "ts-invite-key" and "ts-invite-tie").
struct InvitationKeys {
    crypto::SigningKey key;
    crypto::SecretKey tieKey;
    base::InvitationNumber number;  // first 16 bytes of H("ts-invite", public key)

    static InvitationKeys derive(const InvitationSecret& secret);
    /// MAC under the tie key over P ‖ number ‖ unit: proves to the invited that this province
    /// invites it.
    Hash tie(const ProvinceId& province, std::string_view unit) const;
};

/// Both codes carry the server's address behind one length byte: whoever makes a code checks.

/// Long form, base32 of: u8 version 1 ‖ P 32 ‖ server Noise key 32 ‖ secret 16 ‖ u64 expiry ‖ u8
/// length ‖ address ‖ check 4. Short form: base32 of the secret alone, 26 letters; needs the
/// server's address and learns P from it.
struct Invitation {
    InvitationSecret secret;
    std::optional<ProvinceId> province;  // these four in the long form only
    base::ExchangeKey serverKey;
    std::string address;
    base::TimeMs expiry = 0;

    std::string longCode() const;
    std::string shortCode() const;  // XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX
    /// InvalidInput with a sentence for whoever typed it.
    static base::Result<Invitation> parse(std::string_view code);
};

/// u8 version 1 ‖ Noise key 32 ‖ head key 32 ‖ secret 16 ‖ u8 length ‖ address ‖ check 4, in
/// base32.
struct BootstrapToken {
    base::ExchangeKey noiseKey;
    base::PublicKey headKey;
    crypto::Secret<16> secret;
    std::string address;  // may be empty

    std::string code() const;
    static base::Result<BootstrapToken> parse(std::string_view code);
    /// MAC over P that lets the server take genesis once.
    Hash mac(const ProvinceId& province) const;
};

/// The keys that a server has made to replace its own, for the office to put into a charter;
/// public. "R" ‖ u8 version 1 ‖ P 32 ‖ Noise key 32 ‖ head key 32 ‖ check 4, in base32.
struct RotationToken {
    ProvinceId province;
    base::ExchangeKey noiseKey;
    base::PublicKey headKey;

    std::string code() const;
    static base::Result<RotationToken> parse(std::string_view code);
};

}  // namespace domain
