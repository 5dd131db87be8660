#pragma once
// A head is the server's signature under the order of a ledger up to a size.
//
//   u8 format (1) · P 32 · scope 16 · u32 epoch · u64 size · root 32 · u64 time · u32
//   charterVersion · signature 64

#include "ledger/entry.h"

namespace ledger {

struct Head {
    base::ProvinceId province;
    base::ScopeId scope;
    std::uint32_t epoch = 0;
    std::uint64_t size = 0;
    Hash root;
    std::uint64_t time = 0;  // ms, the server's clock
    std::uint32_t charterVersion = 0;
    base::Signature signature;
    bool operator==(const Head&) const = default;

    Bytes encode() const;
    static Result<Head> decode(ByteView bytes);
    void sign(const crypto::SigningKey& headKey);
    bool verify(const base::PublicKey& headKey) const;
};
inline constexpr std::size_t kHeadBytes = 1 + 32 + 16 + 4 + 8 + 32 + 8 + 4 + 64;

}  // namespace ledger
