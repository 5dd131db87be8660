#pragma once
// The server's word that it has signed two histories, and which of them goes on: what it holds as
// the epoch begins. Whatever else it had signed before is ordered again behind that.
//
//   u8 format (1) · P 32 · u32 epoch · u32 previous · u64 time · u64 since · u32 sinceCharter
//   · u32 charterVersion · v count · count x (scope 16 · u64 size · root 32), by scope · signature
//   64

#include "ledger/entry.h"

namespace ledger {

struct EpochStatement {
    struct Kept {
        base::ScopeId scope;
        std::uint64_t size = 0;
        Hash root;
        bool operator==(const Kept&) const = default;
    };
    base::ProvinceId province;
    std::uint32_t epoch = 0;     // of all ledgers from now on
    std::uint32_t previous = 0;  // the newest that is known to have been signed: epoch - 1
    std::uint64_t time = 0;      // ms, the server's clock: no head of an earlier epoch is later
    /// No arrival in a history that this epoch or one before it has ended is earlier: where the
    /// histories parted at the earliest, as far as that is known; else 0.
    std::uint64_t since = 0;
    /// The server takes no head of such a history under an older charter: that key may be stolen.
    std::uint32_t sinceCharter = 0;
    std::uint32_t charterVersion = 0;
    std::vector<Kept> ledgers;  // each with at least one entry; by scope, none twice
    base::Signature signature;
    bool operator==(const EpochStatement&) const = default;

    Bytes encode() const;
    /// Malformed; Limit beyond kWatermarkLedgersMax ledgers.
    static Result<EpochStatement> decode(ByteView bytes);
    void sign(const crypto::SigningKey& headKey);
    bool verify(const base::PublicKey& headKey) const;
};

}  // namespace ledger
