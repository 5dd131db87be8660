#pragma once
// Bodies are encrypted for the scope, at one place of one chain:
//
//   (k ‖ s) = 64-byte BLAKE2b keyed with the scope key, over "ts-body" ‖ h(n-1)
//   nonce   = first 12 bytes of BLAKE2b-256 keyed with s, over header ‖ plaintext
//   body    = nonce ‖ ChaCha20-Poly1305-IETF(k, nonce, AD = header, plaintext)
//
// The reader recomputes the nonce and refuses a difference, which commits to the key: (k, s) opens
// one body to an auditor without giving the scope key away, and a restored image cannot spend one
// nonce on two texts.

#include "ledger/entry.h"

namespace ledger {

/// Appends the body for `plaintext` to `out`.
void sealBody(const crypto::SecretKey& scopeKey, const Hash& prev, ByteView header,
              ByteView plaintext, Bytes& out);

/// Appends the plaintext to `out`; BadSignature if the body was not made with this key at this
/// place.
Status openBody(const crypto::SecretKey& scopeKey, const Entry& entry, Bytes& out);

/// (k ‖ s) of the entry behind `prev`: it opens that one body and no other.
using BodyKeys = crypto::Secret<64>;
BodyKeys bodyKeys(const crypto::SecretKey& scopeKey, const Hash& prev);
/// As openBody, for whoever was given these alone.
Status openBodyWith(const BodyKeys& keys, const Entry& entry, Bytes& out);

/// Key commitment of a scope key: H("ts-key", P ‖ scope ‖ u32 version ‖ key).
Hash keyCommitment(const base::ProvinceId& province, const base::ScopeId& scope,
                   std::uint32_t version, const crypto::SecretKey& key);

}  // namespace ledger
