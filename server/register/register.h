#pragma once
// The register: all ledgers, appended to in group commits, read back as committed, their heads
// signed. It opens no unit's body. Invariants:
//   - what state(), read() and signHead() show is durable;
//   - from append() to commit() staged ledgers run ahead in memory and in one open transaction;
//   - arrival never decreases over all ledgers.
// After a failed commit nothing is known: the register refuses everything until it is opened again.
//
// One thread.

#include <map>
#include <set>
#include "base/clock.h"
#include "session/directory_ledger.h"
#include "session/server_session.h"
#include "store/ledger_tables.h"

namespace reg {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;

/// The tables of a server's store.
std::span<const store::Table> tables();

class Register {
public:
    static Result<std::unique_ptr<Register>> open(store::Store& store, const base::Clock& clock,
                                                  const crypto::SigningKey& headKey);

    const session::DirectoryLedger& directory() const { return m_directory; }
    /// The signed changes that clear requests are answered with, in ledger order: genesis,
    /// charters, authority sets.
    const std::vector<domain::Change>& rootChanges() const { return m_rootChanges; }

    // ---- Committed ----
    wire::LedgerState state(const base::ScopeId& scope) const;
    std::uint64_t entries() const;  // of all ledgers
    std::uint64_t lastArrival() const { return m_lastArrival; }
    Result<ledger::ChainState> chain(const ledger::ChainId& chain) const;
    Status read(
        const base::ScopeId& scope, std::uint64_t from,
        const std::function<Result<bool>(const session::ServerPort::RecordView&)>& visit) const;
    Result<Bytes> signHead(const base::ScopeId& scope, std::uint64_t size, const base::Hash& root);

    // ---- Staging ----
    /// Gap: earlier entries are missing, or what it overlaps lies too far back.
    enum class Appended { Yes, Duplicate, Gap, Forked };
    /// Called with the verified entries before they are staged; a reason refuses the segment.
    using Admit = std::function<std::optional<std::string>(std::span<const ledger::Entry>)>;
    /// Verifies the segment and stages what of it is new. Io, Corrupt and Internal are this
    /// server's own faults; every other error refuses the segment and changes nothing.
    Result<Appended> append(const ledger::Segment& segment, const Admit& admit);
    /// The sequence number with which a chain goes on, staged entries included.
    Result<std::uint64_t> nextSeq(const ledger::ChainId& chain);
    std::size_t stagedEntries() const { return m_stagedEntries; }
    /// Durable when it returns.
    Status commit();

private:
    Register(store::Store& store, const base::Clock& clock, const crypto::SigningKey& headKey)
        : m_store(store), m_clock(clock), m_headKey(headKey) {}
    Status load();
    Status loadDirectory(const store::ReadTxn& txn, const base::ScopeId& scope);
    Result<store::ChainTip> stagedChain(const base::ProvinceId& province,
                                        const ledger::ChainId& chain);
    Result<std::optional<ledger::ChainState>> stateBefore(const ledger::ChainId& chain,
                                                          store::ChainTip tip, std::uint64_t seq);
    Result<Appended> appendUnseen(const ledger::Segment& segment, const store::ChainTip& tip,
                                  const Admit& admit);
    Status checkIncarnations(const ledger::ChainId& chain) const;
    Status stage(const ledger::Segment& segment, const base::ProvinceId& province,
                 const store::ChainTip& before, const Admit& admit);
    Status extend(const ledger::Record& record, std::span<const ledger::Entry> entries,
                  store::StoredRecord stored);
    Status failed(const base::Error& error);
    void noteRootChanges(std::span<const ledger::Entry> entries);

    struct Ledger {
        store::LedgerInfo committed;
        base::Hash committedRoot = ledger::LedgerHash::empty();
        store::LedgerInfo staged;
        Bytes head;  // of the committed size, once signed
    };

    store::Store& m_store;
    const base::Clock& m_clock;
    crypto::SigningKey m_headKey;
    store::LedgerTables m_tables;
    session::DirectoryLedger m_directory;
    std::vector<domain::Change> m_rootChanges;
    std::map<base::ScopeId, Ledger> m_ledgers;
    std::map<ledger::ChainId, store::ChainTip> m_stagedChains;
    std::set<base::ScopeId> m_stagedScopes;
    std::unique_ptr<store::WriteTxn> m_txn;
    std::size_t m_stagedEntries = 0;
    std::uint64_t m_lastArrival = 0;
    std::optional<base::Error> m_failure;  // memory and store may differ since
};

}  // namespace reg
