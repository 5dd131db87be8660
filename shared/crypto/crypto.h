#pragma once
// Thin wrappers of libsodium: hashes, signatures with contexts, key exchange, encryption, key
// wrapping. Every function is a pure function of its arguments; randomness comes in through
// base::Random. Thread-safe.

#include <sodium/crypto_generichash_blake2b.h>
#include <initializer_list>
#include "base/bytes.h"
#include "base/clock.h"

namespace crypto {

using base::Bytes;
using base::ByteView;
using base::Hash;
using base::Result;

/// Must be called once at the start of every process (idempotent); a failure means that libsodium
/// cannot work here.
base::Status initialise();

/// N secret bytes, wiped when they go.
template <std::size_t N>
class Secret {
public:
    Secret() = default;
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret();
    static Secret from(ByteView bytes) {  // the caller has checked the length
        Secret s;
        std::memcpy(s.m_data.data(), bytes.data(), N);
        return s;
    }
    static Secret random(base::Random& random) {
        Secret s;
        random.fill(s.m_data);
        return s;
    }
    ByteView view() const { return m_data; }
    std::span<std::uint8_t, N> mutableView() { return m_data; }

private:
    std::array<std::uint8_t, N> m_data{};
};
using SecretKey = Secret<32>;

void wipe(std::span<std::uint8_t> bytes);
bool equalConstantTime(ByteView a, ByteView b);

// ---- Hashes ------------------------------------------------------------------------------------

/// H(tag, x) = BLAKE2b-256 with the tag as personalisation, zero-padded to 16 bytes (RFC 7693). An
/// empty tag is plain BLAKE2b-256.
class Hasher {
public:
    explicit Hasher(std::string_view tag);
    Hasher& add(ByteView bytes);
    Hasher& u8(std::uint8_t value);
    Hasher& u16(std::uint16_t value);
    Hasher& u32(std::uint32_t value);
    Hasher& u64(std::uint64_t value);
    Hash finish();

private:
    crypto_generichash_blake2b_state m_state;
};
Hash hash(std::string_view tag, std::initializer_list<ByteView> parts);

/// BLAKE2b keyed with 16 to 64 bytes, of 32 or 64 bytes.
Hash keyedHash(ByteView key, std::initializer_list<ByteView> parts);
Secret<64> keyedHash64(ByteView key, std::initializer_list<ByteView> parts);

/// HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869).
std::array<std::uint8_t, 32> hmacSha256(ByteView key, std::initializer_list<ByteView> parts);
Bytes hkdfSha256(ByteView secret, ByteView salt, ByteView info, std::size_t size);

// ---- Signatures (Ed25519) ----------------------------------------------------------------------

/// What a signature is about; a signature made for one context never verifies for another.
enum class Context { Genesis, Charter, Seal, Enrol, Statement, Head, Epoch, Watermark, Bundle };
std::string_view contextName(Context context);

struct SigningKey {
    base::PublicKey publicKey;
    Secret<64> secret;
    static SigningKey generate(base::Random& random);
    static SigningKey fromSeed(const SecretKey& seed);
};

/// Signed bytes: u8 9 ‖ "thongsuot" ‖ u8 length ‖ context ‖ u32 length ‖ body.
base::Signature sign(const SigningKey& key, Context context, ByteView body);
bool verify(const base::PublicKey& key, Context context, ByteView body,
            const base::Signature& signature);
/// The check of crypto_core_ed25519_is_valid_point: canonical, on the main subgroup, not of small
/// order.
bool isValidPublicKey(const base::PublicKey& key);

// ---- Key exchange and encryption ---------------------------------------------------------------

struct ExchangeKeyPair {
    base::ExchangeKey publicKey;
    SecretKey secret;
    static ExchangeKeyPair generate(base::Random& random);
    static ExchangeKeyPair fromSecret(const SecretKey& secret);
};
/// X25519 (RFC 7748); BadSignature if the shared secret is all zero.
Result<SecretKey> exchange(const SecretKey& secret, const base::ExchangeKey& peer);

inline constexpr std::size_t kTagBytes = 16;
/// ChaCha20-Poly1305-IETF (RFC 8439): ciphertext ‖ tag, appended to `out`. Key 32, nonce 12 bytes.
void seal(ByteView key, ByteView nonce, ByteView ad, ByteView plain, Bytes& out);
/// Appends the plaintext to `out`; false (and `out` as it was) if the tag does not verify.
bool open(ByteView key, ByteView nonce, ByteView ad, ByteView cipher, Bytes& out);

inline constexpr std::size_t kXNonceBytes = 24;
/// XChaCha20-Poly1305: nonce (24, random) ‖ ciphertext ‖ tag, appended to `out`.
void sealX(ByteView key, base::Random& random, ByteView ad, ByteView plain, Bytes& out);
bool openX(ByteView key, ByteView ad, ByteView sealed, Bytes& out);

inline constexpr std::size_t kBoxOverheadBytes = 48;
/// libsodium's crypto_box_seal format, with the ephemeral key from `random` so that it can be
/// simulated.
Result<Bytes> boxSeal(base::Random& random, const base::ExchangeKey& to, ByteView plain);
Result<Bytes> boxOpen(const ExchangeKeyPair& key, ByteView sealed);

/// Argon2id13 (RFC 9106); memory in bytes. Takes as long as its parameters say.
Result<SecretKey> stretch(std::string_view passphrase, ByteView salt16, std::uint64_t passes,
                          std::size_t memoryBytes);

/// The operating system's randomness, fetched in blocks: a system call for every nonce would cost
/// more than the encryption. What was given out is wiped. One thread.
class SystemRandom final : public base::Random {
public:
    ~SystemRandom() override;
    void fill(std::span<std::uint8_t> out) override;

private:
    std::array<std::uint8_t, 1024> m_block{};
    std::size_t m_left = 0;  // unused bytes, at the block's end
};

}  // namespace crypto
