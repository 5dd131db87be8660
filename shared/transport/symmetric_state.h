#pragma once
// The two inner objects of the Noise Protocol Framework (revision 34): CipherState (section 5.1)
// and SymmetricState (section 5.2), for ChaChaPoly with SHA256 or BLAKE2b.

#include <optional>
#include "crypto/crypto.h"

namespace transport {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;

/// The hash function of a Noise protocol name.
enum class NoiseHash { Sha256, Blake2b };

/// A key and the counter that is its nonce. Move-only, so that no nonce is spent twice by a copy.
class CipherState {
public:
    explicit CipherState(const crypto::SecretKey& key) : m_key(key) {}
    CipherState(CipherState&&) = default;
    CipherState& operator=(CipherState&&) = default;
    CipherState(const CipherState&) = delete;
    CipherState& operator=(const CipherState&) = delete;

    /// Appends ciphertext and tag to `out`; Limit once all 2^64-1 nonces are spent.
    Status encrypt(ByteView ad, ByteView plain, Bytes& out);
    /// Appends the plaintext to `out`; BadSignature leaves `out` and the counter as they were.
    Status decrypt(ByteView ad, ByteView cipher, Bytes& out);
    /// REKEY of section 4.2; the counter goes on.
    void rekey();
    std::uint64_t nonce() const { return m_nonce; }

private:
    crypto::SecretKey m_key;
    std::uint64_t m_nonce = 0;
};

/// The chaining key ck, the transcript hash h, and the current cipher of a handshake.
class SymmetricState {
public:
    SymmetricState(std::string_view protocolName, NoiseHash hash);

    void mixKey(ByteView material);
    void mixHash(ByteView data);
    void mixKeyAndHash(ByteView material);
    /// Both append to `out`, and pass data through in clear as long as there is no key.
    Status encryptAndHash(ByteView plain, Bytes& out);
    Status decryptAndHash(ByteView cipher, Bytes& out);
    bool hasKey() const { return m_cipher.has_value(); }
    /// HASHLEN bytes: 32 or 64.
    ByteView handshakeHash() const { return ByteView(m_hash).first(hashSize()); }
    /// The two keys of section 5.2's Split(): from initiator to responder, then back.
    std::array<crypto::SecretKey, 2> split() const;

private:
    using Block = crypto::Secret<64>;  // HASHLEN bytes are used

    std::size_t hashSize() const { return m_kind == NoiseHash::Sha256 ? 32 : 64; }
    Block digest(std::initializer_list<ByteView> parts) const;
    Block hmac(ByteView key, std::initializer_list<ByteView> parts) const;
    std::array<Block, 3> hkdf(ByteView material) const;
    ByteView used(const Block& block) const { return block.view().first(hashSize()); }

    NoiseHash m_kind;
    Block m_chainingKey;
    std::array<std::uint8_t, 64> m_hash{};
    std::optional<CipherState> m_cipher;
};

}  // namespace transport
