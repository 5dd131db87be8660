#include "transport/symmetric_state.h"

#include <sodium/crypto_generichash_blake2b.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

namespace transport {
namespace {

using base::Code;
using base::fail;

constexpr std::uint64_t kNonceReserved = UINT64_MAX;  // only REKEY may use it (section 5.1)

/// ChaChaPoly's nonce: 32 zero bits, then the counter, little-endian (section 12.3).
std::array<std::uint8_t, 12> nonceBytes(std::uint64_t counter) {
    std::array<std::uint8_t, 12> bytes{};
    for (std::size_t i = 0; i < 8; ++i)
        bytes[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
    return bytes;
}

crypto::SecretKey firstKey(const crypto::Secret<64>& block) {
    return crypto::SecretKey::from(block.view());
}

}  // namespace

// ---- CipherState -------------------------------------------------------------------------------

Status CipherState::encrypt(ByteView ad, ByteView plain, Bytes& out) {
    if (m_nonce == kNonceReserved) {
        return fail(Code::Limit, "This connection has carried all the messages it may: reconnect.");
    }
    crypto::seal(m_key.view(), nonceBytes(m_nonce++), ad, plain, out);
    return {};
}

Status CipherState::decrypt(ByteView ad, ByteView cipher, Bytes& out) {
    if (m_nonce == kNonceReserved) {
        return fail(Code::Limit, "This connection has carried all the messages it may: reconnect.");
    }
    if (!crypto::open(m_key.view(), nonceBytes(m_nonce), ad, cipher, out)) {
        return fail(Code::BadSignature,
                    "A message on the connection does not authenticate: it was altered on the way, "
                    "or comes from somebody else.");
    }
    ++m_nonce;
    return {};
}

void CipherState::rekey() {
    const std::array<std::uint8_t, 32> zeros{};
    Bytes sealed;
    sealed.reserve(zeros.size() + crypto::kTagBytes);
    crypto::seal(m_key.view(), nonceBytes(kNonceReserved), {}, zeros, sealed);
    m_key = crypto::SecretKey::from(sealed);
    crypto::wipe(sealed);
}

// ---- SymmetricState ----------------------------------------------------------------------------

SymmetricState::SymmetricState(std::string_view protocolName, NoiseHash hash) : m_kind(hash) {
    ByteView name = base::view(protocolName);
    if (name.size() <= hashSize()) {
        std::copy(name.begin(), name.end(), m_hash.begin());
    } else {
        Block digested = digest({name});
        std::copy(digested.view().begin(), digested.view().end(), m_hash.begin());
    }
    m_chainingKey = Block::from(m_hash);
}

SymmetricState::Block SymmetricState::digest(std::initializer_list<ByteView> parts) const {
    Block out;
    if (m_kind == NoiseHash::Sha256) {
        crypto_hash_sha256_state state;
        crypto_hash_sha256_init(&state);
        for (ByteView part : parts) crypto_hash_sha256_update(&state, part.data(), part.size());
        crypto_hash_sha256_final(&state, out.mutableView().data());
        sodium_memzero(&state, sizeof state);
    } else {
        crypto_generichash_blake2b_state state;
        crypto_generichash_blake2b_init(&state, nullptr, 0, 64);
        for (ByteView part : parts) {
            crypto_generichash_blake2b_update(&state, part.data(), part.size());
        }
        crypto_generichash_blake2b_final(&state, out.mutableView().data(), 64);
        sodium_memzero(&state, sizeof state);
    }
    return out;
}

/// HMAC of RFC 2104 over digest(); keys here never exceed a block of the hash (64 or 128 bytes).
SymmetricState::Block SymmetricState::hmac(ByteView key,
                                           std::initializer_list<ByteView> parts) const {
    if (m_kind == NoiseHash::Sha256) {
        Block out;
        auto mac = crypto::hmacSha256(key, parts);
        std::copy(mac.begin(), mac.end(), out.mutableView().begin());
        crypto::wipe(mac);
        return out;
    }
    constexpr std::size_t kBlockBytes = 128;
    std::array<std::uint8_t, kBlockBytes> pad;
    pad.fill(0x36);
    for (std::size_t i = 0; i < key.size(); ++i) pad[i] ^= key[i];
    crypto_generichash_blake2b_state state;
    crypto_generichash_blake2b_init(&state, nullptr, 0, 64);
    crypto_generichash_blake2b_update(&state, pad.data(), pad.size());
    for (ByteView part : parts) {
        crypto_generichash_blake2b_update(&state, part.data(), part.size());
    }
    Block inner;
    crypto_generichash_blake2b_final(&state, inner.mutableView().data(), 64);
    for (std::uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
    Block out = digest({pad, inner.view()});
    crypto::wipe(pad);
    sodium_memzero(&state, sizeof state);
    return out;
}

/// HKDF of section 4.3; its first two outputs do not depend on whether a third one is asked for.
std::array<SymmetricState::Block, 3> SymmetricState::hkdf(ByteView material) const {
    const std::array<std::uint8_t, 3> counters{1, 2, 3};
    Block temporary = hmac(used(m_chainingKey), {material});
    std::array<Block, 3> out;
    out[0] = hmac(used(temporary), {ByteView(counters).subspan(0, 1)});
    out[1] = hmac(used(temporary), {used(out[0]), ByteView(counters).subspan(1, 1)});
    out[2] = hmac(used(temporary), {used(out[1]), ByteView(counters).subspan(2, 1)});
    return out;
}

void SymmetricState::mixKey(ByteView material) {
    std::array<Block, 3> keys = hkdf(material);
    m_chainingKey = keys[0];
    m_cipher.emplace(firstKey(keys[1]));
}

void SymmetricState::mixHash(ByteView data) {
    Block mixed = digest({handshakeHash(), data});
    std::copy(mixed.view().begin(), mixed.view().end(), m_hash.begin());
}

void SymmetricState::mixKeyAndHash(ByteView material) {
    std::array<Block, 3> keys = hkdf(material);
    m_chainingKey = keys[0];
    mixHash(used(keys[1]));
    m_cipher.emplace(firstKey(keys[2]));
}

Status SymmetricState::encryptAndHash(ByteView plain, Bytes& out) {
    std::size_t start = out.size();
    if (m_cipher) {
        CHECK_OK(m_cipher->encrypt(handshakeHash(), plain, out));
    } else {
        out.insert(out.end(), plain.begin(), plain.end());
    }
    mixHash(ByteView(out).subspan(start));
    return {};
}

Status SymmetricState::decryptAndHash(ByteView cipher, Bytes& out) {
    if (m_cipher) {
        CHECK_OK(m_cipher->decrypt(handshakeHash(), cipher, out));
    } else {
        out.insert(out.end(), cipher.begin(), cipher.end());
    }
    mixHash(cipher);
    return {};
}

std::array<crypto::SecretKey, 2> SymmetricState::split() const {
    std::array<Block, 3> keys = hkdf({});
    return {firstKey(keys[0]), firstKey(keys[1])};
}

}  // namespace transport
