#pragma once
// A second opinion on everything the server makes durable and every replica shows. It reads the
// stores behind their owners' backs after every commit and session. Numbers are those of the
// project's list of invariants:
//
// clang-format off
//   3   no head is sent before its commit is durable
//   4   per chain: no gap, right prev
//   5   heads of one ledger are consistent
//   6   same ordered entries => same state digest
//   8   nobody's entry lies in a ledger it may not append to
//   11  no key and nonce serve two texts
//   12  no body of a unit is packed text in plain
//   14  charter versions never decrease, in heads and in what a device knows
// clang-format on

#include <set>

#include "client_node.h"
#include "ledger/head.h"
#include "session/directory_ledger.h"

namespace sim {

class LedgerWatch {
public:
    /// Checks what the server's store holds beyond what was seen before, byte by byte.
    void onCommit(store::MemoryStore& serverStore);
    /// A head leaves the server.
    void onHead(base::ByteView bytes);
    /// A replica stands still: it holds a prefix of the server's ledgers, and shows what others
    /// showed there.
    void onReplica(ClientNode& client);

    /// An encrypted body, ordered or not: no key and nonce serve two texts.
    void onBody(const base::ScopeId& scope, const ledger::Entry& entry);

    std::uint64_t sizeOf(const base::ScopeId& scope) const;
    std::size_t positionsOf(
        const base::Hash& entry) const;  // how often an entry stands in a ledger
    /// How often an act does: the entry, and those that restate it.
    std::size_t timesOf(const base::Hash& act) const;
    /// The act of an entry: what it restates, or itself.
    const base::Hash& actOf(const base::Hash& entry) const;
    /// Acts that were written again more than once.
    std::size_t actsWrittenTwice() const { return m_actsWrittenTwice; }
    std::uint64_t entriesOf(const base::DeviceId& device,
                            const base::IncarnationId& incarnation) const;
    const session::DirectoryLedger& directory() const { return m_directory; }
    const base::ScopeId& directoryScope() const { return m_directoryScope; }
    /// The ledger's entries, by position.
    const std::vector<base::Hash>& entriesOf(const base::ScopeId& scope) const;
    /// Every head that was ever sent fits these ledgers.
    void checkHeads(const LedgerWatch& sent) const;

private:
    struct Ledger {
        ledger::Frontier frontier;
        std::vector<base::Hash> roots{ledger::LedgerHash::empty()};  // by size
        std::vector<base::Hash> entries;                             // by position
        std::uint64_t lastDirectorySize = 0;
        std::uint64_t lastArrival = 0;
    };
    void findDirectory(const store::ReadTxn& txn,
                       const std::vector<std::pair<base::ScopeId, store::LedgerInfo>>& all);
    void read(const store::ReadTxn& txn, const base::ScopeId& scope, std::uint64_t size);
    void take(Ledger& ledger, const store::StoredRecord& stored);
    void checkRights(const ledger::Record& record);

    store::LedgerTables m_tables;
    session::DirectoryLedger m_directory;
    base::ProvinceId m_province;
    base::ScopeId m_directoryScope;
    std::uint64_t m_lastArrival = 0;       // over all ledgers
    std::uint64_t m_arrivalCommitted = 0;  // the same, of the commits before this one
    std::map<base::ScopeId, Ledger> m_ledgers;
    std::map<ledger::ChainId, ledger::ChainState> m_chains;
    void noteAct(const ledger::ChainId& chain, const Ledger& ledger, const ledger::Entry& entry,
                 const std::string& where);
    std::map<base::Hash, std::size_t> m_entries;
    std::map<base::Hash, base::Hash> m_actOf;        // of entries that restate
    std::map<base::Hash, std::size_t> m_restatings;  // by act
    std::size_t m_actsWrittenTwice = 0;
    struct Sealed {
        base::Bytes nonce;
        base::Hash bytes;  // of the whole entry
    };
    std::map<std::pair<base::ScopeId, base::Hash>, Sealed> m_bodies;          // by place: h(n-1)
    std::map<std::pair<base::ScopeId, std::uint64_t>, base::Hash> m_heads;    // as sent
    std::map<std::pair<base::ScopeId, std::uint64_t>, base::Hash> m_digests;  // as shown
};

}  // namespace sim
