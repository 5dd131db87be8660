#pragma once
// How ordered ledgers lie in a store, at the server and in every replica alike.
//
// clang-format off
//   ledgers   scope → epoch, last arrival, last directory size, frontier, newest head
//   records   scope ‖ last position → first position, count, chain before, the chain's previous record,
//             root after, place in blobs
//   blobs     u64 (one counter for all scopes) → at most 1,980 bytes of a record's bytes
//   chains    scope ‖ device ‖ incarnation → where the chain ends
// clang-format on
//
// Records are split and appended under one global counter because bigger values round up to whole
// pages, and keys that start with the scope leave pages half empty. Not thread-safe.

#include "ledger/head.h"
#include "ledger/merkle.h"
#include "ledger/record.h"
#include "store/store.h"

namespace store {

inline constexpr Table kLedgers{1, "ledgers"};
inline constexpr Table kRecords{2, "records"};
inline constexpr Table kBlobs{3, "blobs"};
inline constexpr Table kChains{4, "chains"};

/// One ledger's state; size 0 before its first record.
struct LedgerInfo {
    std::uint32_t epoch = 0;
    std::uint64_t lastArrival = 0;
    std::uint64_t lastDirectorySize = 0;
    ledger::Frontier frontier;
    Bytes head;  // the newest verified head's bytes; a server signs its own and stores none

    std::uint64_t size() const { return frontier.size(); }
};

/// Where a chain ends: its state, and its newest record.
struct ChainTip {
    ledger::ChainState state;
    std::uint64_t recordEnd = 0;  // the position after that record; 0 = the chain has none
};

struct StoredRecord {
    std::uint64_t first = 0;
    std::uint16_t count = 0;
    ChainTip before;  // of the record's chain
    base::Hash rootAfter;
    Bytes bytes;

    std::uint64_t end() const { return first + count; }
};

class LedgerTables {
public:
    Result<LedgerInfo> info(const ReadTxn& txn, const base::ScopeId& scope) const;
    Status putInfo(WriteTxn& txn, const base::ScopeId& scope, const LedgerInfo& info);

    Result<ChainTip> chain(const ReadTxn& txn, const base::ProvinceId& province,
                           const ledger::ChainId& chain) const;
    Status putChain(WriteTxn& txn, const ledger::ChainId& chain, const ChainTip& tip);

    /// The chains of a device in one ledger, one for each of its incarnations.
    Result<std::vector<std::pair<ledger::ChainId, ChainTip>>> chainsOf(
        const ReadTxn& txn, const base::ScopeId& scope, const base::DeviceId& device) const;

    /// The chain as it was at `seq`, which `tip` has reached; nothing if that lies more than
    /// `recordsMax` of its records back.
    Result<std::optional<ledger::ChainState>> chainAt(const ReadTxn& txn,
                                                      const base::ScopeId& scope, ChainTip tip,
                                                      std::uint64_t seq,
                                                      std::size_t recordsMax) const;
    /// The hashes of a chain's entries from `seq` to its end, each record read once.
    Result<std::vector<base::Hash>> chainFrom(const ReadTxn& txn, const base::ScopeId& scope,
                                              ChainTip tip, std::uint64_t seq) const;

    Status append(WriteTxn& txn, const base::ScopeId& scope, const StoredRecord& record);
    /// Takes a ledger back to `info`, which says what it was at one of its record boundaries: the
    /// records behind it go, and chains end where they ended then.
    Status cutBack(WriteTxn& txn, const base::ScopeId& scope, const LedgerInfo& info);
    /// Forgets the blob counter; call after a transaction was given up.
    void reset() { m_nextBlob.reset(); }

    /// Ascending from the record that holds `position`; the visitor returns false to stop.
    Status read(const ReadTxn& txn, const base::ScopeId& scope, std::uint64_t position,
                const std::function<Result<bool>(const StoredRecord&)>& visit) const;
    Result<std::optional<StoredRecord>> recordAt(const ReadTxn& txn, const base::ScopeId& scope,
                                                 std::uint64_t position) const;
    /// The root at a size of the ledger above 0; nothing if no record ends there. Reads no record.
    Result<std::optional<base::Hash>> rootAt(const ReadTxn& txn, const base::ScopeId& scope,
                                             std::uint64_t size) const;
    /// All ledgers with at least one record.
    Result<std::vector<std::pair<base::ScopeId, LedgerInfo>>> all(const ReadTxn& txn) const;

private:
    std::optional<std::uint64_t> m_nextBlob;
};

/// A stored record with its entries resolved against the chain before it.
struct OpenedRecord {
    ledger::ChainId chain;
    ledger::Arrival at;
    std::uint64_t first = 0;             // position of entries[0]
    std::vector<ledger::Entry> entries;  // borrow from the stored record
};
Result<OpenedRecord> openRecord(const StoredRecord& record);

}  // namespace store
