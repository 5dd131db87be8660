#pragma once
// How identifiers are derived, so that everybody derives the same ones (PROTOCOL.md, "Names").

#include <string>
#include <string_view>
#include "base/bytes.h"
#include "crypto/crypto.h"

namespace domain {

using base::ByteView;
using base::DeviceId;
using base::Hash;
using base::ObjectId;
using base::ProvinceId;
using base::ScopeId;

/// P = H("ts-genesis", genesis body without signatures).
ProvinceId provinceIdOf(ByteView genesisBody);
/// First 16 bytes of H("ts-device", P ‖ Ed25519 key).
DeviceId deviceIdOf(const ProvinceId& province, const base::PublicKey& key);
/// First 16 bytes of H("ts-scope", P ‖ unit code); the directory has the empty code.
ScopeId scopeIdOf(const ProvinceId& province, std::string_view unitCode);
inline ScopeId directoryScope(const ProvinceId& province) {
    return scopeIdOf(province, "");
}

/// Objects named by what they are, so that importing a table twice names the same objects.
ObjectId documentIdOf(std::string_view documentKey);
/// First 16 bytes of H("ts-task", document key ‖ 0 ‖ content ‖ 0 ‖ u32 occurrence of that
/// pair).
ObjectId taskIdOf(std::string_view documentKey, std::string_view content, std::uint32_t occurrence);
ObjectId assignmentIdOf(const ObjectId& task, const ScopeId& scope);
/// A note has no name of its own: the entry that made it and its place there name it.
ObjectId noteIdOf(const Hash& entryHash, std::uint32_t changeIndex);

/// Six syllables for 48 bits of a hash, to be read over the telephone.
std::string fingerprintWords(const Hash& hash);

/// Fingerprint of the authority keys: H("ts-authority", u8 threshold ‖ keys in ascending order).
Hash authorityFingerprint(std::uint8_t threshold, std::vector<base::PublicKey> keys);
/// Fingerprint of a device: H("ts-device", P ‖ Ed25519 key ‖ X25519 key). It covers the key that
/// grants are boxed to, which the device's name does not.
Hash deviceFingerprint(const ProvinceId& province, const base::PublicKey& key,
                       const base::ExchangeKey& exchangeKey);

}  // namespace domain
