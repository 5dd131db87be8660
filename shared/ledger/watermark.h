#pragma once
// A watermark is the server's signature under what a backup holds: every ledger up to a size, at a
// time.
//
//   u8 format (1) · P 32 · u64 time · u32 charterVersion · u64 data bytes · data hash 32
//   · v count · count x (scope 16 · u32 epoch · u64 size · root 32), by scope · signature 64
//
// The hash is H("ts-backup", data): what lies in the backup's file before its watermark.

#include "ledger/entry.h"

namespace ledger {

struct Watermark {
    struct Ledger {
        base::ScopeId scope;
        std::uint32_t epoch = 0;
        std::uint64_t size = 0;
        Hash root;
        bool operator==(const Ledger&) const = default;
    };
    base::ProvinceId province;  // zeros before genesis
    std::uint64_t time = 0;     // ms, the server's clock, when the copy was begun
    std::uint32_t charterVersion = 0;
    std::uint64_t dataBytes = 0;
    Hash dataHash;
    std::vector<Ledger> ledgers;  // each with at least one entry; by scope, none twice
    base::Signature signature;
    bool operator==(const Watermark&) const = default;

    Bytes encode() const;
    /// Malformed; Limit beyond kWatermarkLedgersMax ledgers.
    static Result<Watermark> decode(ByteView bytes);
    void sign(const crypto::SigningKey& headKey);
    bool verify(const base::PublicKey& headKey) const;

    std::uint64_t entries() const;  // of all ledgers
};
inline constexpr std::size_t kWatermarkFixedBytes = 1 + 32 + 8 + 4 + 8 + 32 + 64;
inline constexpr std::size_t kWatermarkLedgerBytes = 16 + 4 + 8 + 32;

}  // namespace ledger
