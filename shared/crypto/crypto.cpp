#include "crypto/crypto.h"

#include <sodium.h>
#include <algorithm>
#include <cassert>

namespace crypto {

using base::Code;
using base::fail;
using base::Writer;

static_assert(kTagBytes == crypto_aead_chacha20poly1305_ietf_ABYTES);
static_assert(kTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(kXNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kBoxOverheadBytes == crypto_box_SEALBYTES);

namespace {

/// libsodium declares some arguments as never null, but an empty span may be.
template <class View>
auto* notNull(View view) {
    static constexpr typename View::value_type kNothing{};
    return view.empty() ? &kNothing : view.data();
}

}  // namespace

base::Status initialise() {
    if (sodium_init() < 0) {
        return fail(Code::Internal, "The cryptographic library libsodium cannot start here.");
    }
    return {};
}

void wipe(std::span<std::uint8_t> bytes) {
    if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

template <std::size_t N>
Secret<N>::~Secret() {
    sodium_memzero(m_data.data(), N);
}
template class Secret<16>;
template class Secret<32>;
template class Secret<64>;

bool equalConstantTime(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

// ---- Hashes ------------------------------------------------------------------------------------

Hasher::Hasher(std::string_view tag) {
    std::array<std::uint8_t, crypto_generichash_blake2b_PERSONALBYTES> personal{};
    assert(tag.size() <= personal.size());
    std::copy(tag.begin(), tag.end(), personal.begin());
    crypto_generichash_blake2b_init_salt_personal(&m_state, nullptr, 0, Hash::kSize, nullptr,
                                                  personal.data());
}

Hasher& Hasher::add(ByteView bytes) {
    if (!bytes.empty()) crypto_generichash_blake2b_update(&m_state, bytes.data(), bytes.size());
    return *this;
}

namespace {

template <class Integer>
std::array<std::uint8_t, sizeof(Integer)> littleEndian(Integer value) {
    std::array<std::uint8_t, sizeof(Integer)> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    return bytes;
}

}  // namespace

Hasher& Hasher::u8(std::uint8_t value) {
    return add({&value, 1});
}
Hasher& Hasher::u16(std::uint16_t value) {
    return add(littleEndian(value));
}
Hasher& Hasher::u32(std::uint32_t value) {
    return add(littleEndian(value));
}
Hasher& Hasher::u64(std::uint64_t value) {
    return add(littleEndian(value));
}

Hash Hasher::finish() {
    Hash hash;
    crypto_generichash_blake2b_final(&m_state, hash.data.data(), Hash::kSize);
    return hash;
}

Hash hash(std::string_view tag, std::initializer_list<ByteView> parts) {
    Hasher hasher(tag);
    for (ByteView part : parts) hasher.add(part);
    return hasher.finish();
}

namespace {

void keyedBlake2b(ByteView key, std::initializer_list<ByteView> parts,
                  std::span<std::uint8_t> out) {
    assert(key.size() >= crypto_generichash_blake2b_KEYBYTES_MIN);
    assert(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
    crypto_generichash_blake2b_state state;
    crypto_generichash_blake2b_init(&state, key.data(), key.size(), out.size());
    for (ByteView part : parts) {
        if (!part.empty()) crypto_generichash_blake2b_update(&state, part.data(), part.size());
    }
    crypto_generichash_blake2b_final(&state, out.data(), out.size());
    sodium_memzero(&state, sizeof state);
}

}  // namespace

Hash keyedHash(ByteView key, std::initializer_list<ByteView> parts) {
    Hash hash;
    keyedBlake2b(key, parts, hash.mutableView());
    return hash;
}

Secret<64> keyedHash64(ByteView key, std::initializer_list<ByteView> parts) {
    Secret<64> hash;
    keyedBlake2b(key, parts, hash.mutableView());
    return hash;
}

std::array<std::uint8_t, 32> hmacSha256(ByteView key, std::initializer_list<ByteView> parts) {
    std::array<std::uint8_t, 32> mac;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, notNull(key), key.size());
    for (ByteView part : parts) {
        if (!part.empty()) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
    }
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return mac;
}

Bytes hkdfSha256(ByteView secret, ByteView salt, ByteView info, std::size_t size) {
    constexpr std::size_t kBlockBytes = 32;
    assert(size <= 255 * kBlockBytes);
    // An absent salt is a block of zeros (RFC 5869, section 2.2), which is what HMAC makes of an
    // empty key.
    std::array<std::uint8_t, kBlockBytes> extracted = hmacSha256(salt, {secret});
    std::array<std::uint8_t, kBlockBytes> block{};
    ByteView previous;
    Bytes out;
    out.reserve(size);
    for (std::uint8_t counter = 1; out.size() < size; ++counter) {
        block = hmacSha256(extracted, {previous, info, {&counter, 1}});
        previous = block;
        std::size_t take = std::min(kBlockBytes, size - out.size());
        out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(take));
    }
    wipe(extracted);
    wipe(block);
    return out;
}

// ---- Signatures --------------------------------------------------------------------------------

std::string_view contextName(Context context) {
    switch (context) {
        case Context::Genesis:
            return "genesis";
        case Context::Charter:
            return "charter";
        case Context::Seal:
            return "seal";
        case Context::Enrol:
            return "enrol";
        case Context::Statement:
            return "statement";
        case Context::Head:
            return "head";
        case Context::Epoch:
            return "epoch";
        case Context::Watermark:
            return "watermark";
        case Context::Bundle:
            return "bundle";
    }
    assert(false);
    return {};
}

SigningKey SigningKey::generate(base::Random& random) {
    return fromSeed(SecretKey::random(random));
}

SigningKey SigningKey::fromSeed(const SecretKey& seed) {
    SigningKey key;
    crypto_sign_seed_keypair(key.publicKey.data.data(), key.secret.mutableView().data(),
                             seed.view().data());
    return key;
}

namespace {

Bytes signedBytes(Context context, ByteView body) {
    constexpr std::string_view kProduct = "thongsuot";
    std::string_view name = contextName(context);
    Bytes bytes;
    bytes.reserve(1 + kProduct.size() + 1 + name.size() + 4 + body.size());
    Writer(bytes)
        .u8(static_cast<std::uint8_t>(kProduct.size()))
        .raw(base::view(kProduct))
        .u8(static_cast<std::uint8_t>(name.size()))
        .raw(base::view(name))
        .u32(static_cast<std::uint32_t>(body.size()))
        .raw(body);
    return bytes;
}

}  // namespace

base::Signature sign(const SigningKey& key, Context context, ByteView body) {
    assert(body.size() <= UINT32_MAX);
    Bytes message = signedBytes(context, body);
    base::Signature signature;
    crypto_sign_detached(signature.data.data(), nullptr, message.data(), message.size(),
                         key.secret.view().data());
    return signature;
}

bool verify(const base::PublicKey& key, Context context, ByteView body,
            const base::Signature& signature) {
    if (body.size() > UINT32_MAX) return false;
    Bytes message = signedBytes(context, body);
    return crypto_sign_verify_detached(signature.data.data(), message.data(), message.size(),
                                       key.data.data()) == 0;
}

bool isValidPublicKey(const base::PublicKey& key) {
    return crypto_core_ed25519_is_valid_point(key.data.data()) == 1;
}

// ---- Key exchange ------------------------------------------------------------------------------

ExchangeKeyPair ExchangeKeyPair::generate(base::Random& random) {
    return fromSecret(SecretKey::random(random));
}

ExchangeKeyPair ExchangeKeyPair::fromSecret(const SecretKey& secret) {
    ExchangeKeyPair pair;
    pair.secret = secret;
    crypto_scalarmult_curve25519_base(pair.publicKey.data.data(), secret.view().data());
    return pair;
}

Result<SecretKey> exchange(const SecretKey& secret, const base::ExchangeKey& peer) {
    SecretKey shared;
    if (crypto_scalarmult_curve25519(shared.mutableView().data(), secret.view().data(),
                                     peer.data.data()) != 0) {
        return fail(Code::BadSignature,
                    "The key of the other side is not usable: it leads to no shared secret.");
    }
    return shared;
}

// ---- Encryption --------------------------------------------------------------------------------

void seal(ByteView key, ByteView nonce, ByteView ad, ByteView plain, Bytes& out) {
    assert(key.size() == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
    assert(nonce.size() == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
    std::size_t start = out.size();
    out.resize(start + plain.size() + kTagBytes);
    crypto_aead_chacha20poly1305_ietf_encrypt(out.data() + start, nullptr, plain.data(),
                                              plain.size(), ad.data(), ad.size(), nullptr,
                                              nonce.data(), key.data());
}

bool open(ByteView key, ByteView nonce, ByteView ad, ByteView cipher, Bytes& out) {
    assert(key.size() == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
    assert(nonce.size() == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
    if (cipher.size() < kTagBytes) return false;
    std::size_t start = out.size();
    // The tag's room is taken too, so that libsodium is never handed a null pointer for an empty
    // plaintext.
    out.resize(start + cipher.size());
    bool good = crypto_aead_chacha20poly1305_ietf_decrypt(out.data() + start, nullptr, nullptr,
                                                          cipher.data(), cipher.size(), ad.data(),
                                                          ad.size(), nonce.data(), key.data()) == 0;
    out.resize(good ? start + cipher.size() - kTagBytes : start);
    return good;
}

void sealX(ByteView key, base::Random& random, ByteView ad, ByteView plain, Bytes& out) {
    assert(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    std::array<std::uint8_t, kXNonceBytes> nonce;
    random.fill(nonce);
    out.insert(out.end(), nonce.begin(), nonce.end());
    std::size_t start = out.size();
    out.resize(start + plain.size() + kTagBytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + start, nullptr, plain.data(),
                                               plain.size(), ad.data(), ad.size(), nullptr,
                                               nonce.data(), key.data());
}

bool openX(ByteView key, ByteView ad, ByteView sealed, Bytes& out) {
    assert(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (sealed.size() < kXNonceBytes + kTagBytes) return false;
    ByteView nonce = sealed.first(kXNonceBytes);
    ByteView cipher = sealed.subspan(kXNonceBytes);
    std::size_t start = out.size();
    out.resize(start + cipher.size());
    bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                    out.data() + start, nullptr, nullptr, cipher.data(), cipher.size(), ad.data(),
                    ad.size(), nonce.data(), key.data()) == 0;
    out.resize(good ? start + cipher.size() - kTagBytes : start);
    return good;
}

// ---- Sealed boxes ------------------------------------------------------------------------------

Result<Bytes> boxSeal(base::Random& random, const base::ExchangeKey& to, ByteView plain) {
    SecretKey seed = SecretKey::random(random);
    base::ExchangeKey ephemeral;
    SecretKey ephemeralSecret;
    crypto_box_seed_keypair(ephemeral.data.data(), ephemeralSecret.mutableView().data(),
                            seed.view().data());

    std::array<std::uint8_t, crypto_box_NONCEBYTES> nonce;
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, nonce.size());
    crypto_generichash_update(&state, ephemeral.data.data(), ephemeral.data.size());
    crypto_generichash_update(&state, to.data.data(), to.data.size());
    crypto_generichash_final(&state, nonce.data(), nonce.size());

    Bytes out = base::copy(ephemeral.view());
    out.resize(plain.size() + kBoxOverheadBytes);
    if (crypto_box_easy(out.data() + base::ExchangeKey::kSize, notNull(plain), plain.size(),
                        nonce.data(), to.data.data(), ephemeralSecret.view().data()) != 0) {
        return fail(Code::BadSignature,
                    "Cannot encrypt to this key: it is not a usable X25519 key.");
    }
    return out;
}

Result<Bytes> boxOpen(const ExchangeKeyPair& key, ByteView sealed) {
    if (sealed.size() < kBoxOverheadBytes) {
        return fail(Code::Malformed, "A sealed box is too short to be one.");
    }
    Bytes out(sealed.size() - kBoxOverheadBytes + 1);  // never a null pointer for libsodium
    if (crypto_box_seal_open(out.data(), sealed.data(), sealed.size(), key.publicKey.data.data(),
                             key.secret.view().data()) != 0) {
        return fail(Code::BadSignature, "A sealed box does not open with the key of this device.");
    }
    out.pop_back();
    return out;
}

// ---- Passphrases and randomness ----------------------------------------------------------------

Result<SecretKey> stretch(std::string_view passphrase, ByteView salt16, std::uint64_t passes,
                          std::size_t memoryBytes) {
    assert(salt16.size() == crypto_pwhash_argon2id_SALTBYTES);
    if (passes < crypto_pwhash_argon2id_OPSLIMIT_MIN ||
        passes > crypto_pwhash_argon2id_OPSLIMIT_MAX ||
        memoryBytes < crypto_pwhash_argon2id_MEMLIMIT_MIN ||
        memoryBytes > crypto_pwhash_argon2id_MEMLIMIT_MAX) {
        return fail(Code::Limit, "The passphrase parameters lie outside what Argon2id allows.");
    }
    SecretKey key;
    if (crypto_pwhash_argon2id(key.mutableView().data(), key.view().size(), notNull(passphrase),
                               passphrase.size(), salt16.data(), passes, memoryBytes,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return fail(Code::Io, "Not enough free memory to check the passphrase (" +
                                  std::to_string(memoryBytes / (1024 * 1024)) +
                                  " MiB are needed): close other programs and try again.");
    }
    return key;
}

SystemRandom::~SystemRandom() {
    wipe(m_block);
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    if (out.size() > m_block.size() / 4) {
        randombytes_buf(out.data(), out.size());
        return;
    }
    if (out.size() > m_left) {
        randombytes_buf(m_block.data(), m_block.size());
        m_left = m_block.size();
    }
    auto from = std::span(m_block).last(m_left).first(out.size());
    std::copy(from.begin(), from.end(), out.begin());
    wipe(from);
    m_left -= out.size();
}

}  // namespace crypto
