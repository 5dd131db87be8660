#pragma once
// The register: all ledgers, appended to in group commits, read back as committed, their heads
// signed. It opens no unit's body. Invariants:
//   - what state(), read() and signHead() show is durable;
//   - from append() to commit() staged ledgers run ahead in memory and in one open transaction;
//   - arrival never decreases over all ledgers.
// After a failed commit nothing is known: the register refuses everything until recover().
//
// One thread.

#include <map>
#include <set>
#include "base/clock.h"
#include "register/quarantine.h"
#include "session/directory_ledger.h"
#include "session/server_session.h"

namespace reg {

class Register {
public:
    static Result<std::unique_ptr<Register>> open(store::Store& store, const base::Clock& clock,
                                                  const crypto::SigningKey& headKey);

    const session::DirectoryLedger& directory() const { return m_directory; }
    /// Another key for heads, for a charter that names it: heads are signed with the key of the
    /// charter in force.
    void addHeadKey(const crypto::SigningKey& key) { m_headKeys[key.publicKey] = key; }

    // ---- Committed ----
    wire::LedgerState state(const base::ScopeId& scope) const;
    std::uint64_t entries() const;  // of all ledgers
    std::uint64_t lastArrival() const { return m_lastArrival; }
    Result<ledger::ChainState> chain(const ledger::ChainId& chain) const;
    /// The same with what lies in the quarantine: as far as the chain is durable here.
    Result<ledger::ChainState> keptChain(const ledger::ChainId& chain) const;
    Status read(
        const base::ScopeId& scope, std::uint64_t from,
        const std::function<Result<bool>(const session::ServerPort::RecordView&)>& visit) const;
    /// Under the newest charter. Corrupt if its key is not held here.
    Result<Bytes> signHead(const base::ScopeId& scope, std::uint64_t size, const base::Hash& root);

    // ---- Bad days ----
    /// Reads again what an operator's command, another process, may have changed.
    Status refresh();
    /// The mark of a server that was put back from a backup: until `resume` it takes no new work.
    const std::optional<Restored>& restored() const { return m_restored; }
    bool isRecovering() const { return m_restored.has_value(); }
    /// Whether the clock may date what arrives (clock_guard.h).
    bool isClockTrusted() { return m_guard.isTrusted(); }
    /// Whether the disk has room for more.
    Result<bool> hasRoom() { return m_store.hasRoom(); }
    /// After a failure of the disk: opens the store anew and reads what is durable. What was staged
    /// is gone, or kept, as the disk had it. After an error the process has to end.
    Status recover();
    const Heard& heard() const { return m_heard; }
    const std::map<ledger::ChainId, Quarantined>& quarantined() const {
        return m_quarantine.items();
    }
    std::uint64_t newestQuarantined() const {
        return static_cast<std::uint64_t>(m_quarantine.newest());
    }
    Result<std::optional<session::ServerPort::Quarantined>> quarantinedAfter(
        std::uint64_t at) const;

    // ---- What was signed and lost ----
    /// Where this server stands to a head: whose signature it bears, and what is held there.
    Result<session::ServerPort::Examined> examine(const ledger::Head& head) const;
    /// The mark of restored(), made by the server itself once it learns that it has lost something.
    Status beginRecovery();
    /// The committed root at a size; nothing if no record ends there.
    Result<std::optional<base::Hash>> rootAt(const base::ScopeId& scope, std::uint64_t size) const;
    /// Appends records with their old times, which must lead from position `first`, held here or
    /// the next one, to a head of this server's own, and commits them: all or nothing. Nothing may
    /// be staged. Io, Corrupt and Internal are this server's own faults; every other error refuses
    /// the records.
    /// Asked where the records end in a charter whose head key was not added yet.
    using HoldsKeys = std::function<bool(const domain::Charter&)>;
    Status takeBack(const ledger::Head& head, std::uint64_t first,
                    std::span<const ByteView> records, const HoldsKeys& holdsKeys);
    /// Keeps a head that contradicts what is held here, for whoever decides: the longest of each
    /// ledger. Durable when it returns.
    Status keepContradiction(const ledger::Head& head);
    const Contradictions& contradictions() const { return m_contradictions; }

    // ---- Epochs (epoch.cpp, ADR 22) ----
    std::uint32_t epoch() const { return m_epoch; }
    /// Signed under the charter in force when the epoch began; empty in epoch 0, and while what was
    /// lost comes back. Where it was lost too it is signed anew, once, and durable when this
    /// returns; nothing may be staged.
    Result<Bytes> signedEpoch();
    /// Up to which of the samples, the greatest first, a former history is this server's own, and
    /// whether all under the head was ordered again.
    Result<session::ServerPort::FormerStanding> standingOf(
        const ledger::Head& head, std::span<const wire::Sample> samples) const;
    /// Verifies that the records lead from the common part to the head, and stages what of them is
    /// not held here: as new records that say when they had arrived, and prove it. What has no
    /// place any more is kept apart. Nothing may be staged before. Io, Corrupt and Internal are
    /// this server's own faults; every other error refuses all of it and changes nothing.
    Status takeFormer(const session::ServerPort::FormerTail& tail, const HoldsKeys& holdsKeys);

    // ---- Staging ----
    /// A session of the device: written if the last one is longer ago than kHeardEveryMs.
    Status hear(const base::DeviceId& device);
    bool isHearDue(const base::DeviceId& device) const;
    /// NotNext: it does not go on where the chain ends, so it cannot be verified.
    enum class Quarantining { Kept, Full, NotNext };
    /// Verifies the segment and stages it for the quarantine. Errors as append().
    Result<Quarantining> quarantine(const ledger::Segment& segment, QuarantineReason why);
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
        : m_store(store),
          m_clock(clock),
          m_headKeys{{headKey.publicKey, headKey}},
          m_guard(clock) {}
    Status load();
    Status loadState(const store::ReadTxn& txn);
    Status begin();
    Status writeStaged();
    Status writeClockMark();
    Status loadDirectory(const store::ReadTxn& txn, const base::ScopeId& scope);
    Result<store::ChainTip> stagedChain(const base::ProvinceId& province,
                                        const ledger::ChainId& chain);
    Result<std::optional<ledger::ChainState>> stateBefore(const ledger::ChainId& chain,
                                                          store::ChainTip tip, std::uint64_t seq,
                                                          std::size_t recordsMax);
    Result<Appended> appendUnseen(const ledger::Segment& segment, const store::ChainTip& tip,
                                  const Admit& admit);
    Status checkIncarnations(const ledger::ChainId& chain) const;
    Status stage(const ledger::Segment& segment, const base::ProvinceId& province,
                 const store::ChainTip& before, const Admit& admit);
    Status extend(const ledger::Record& record, std::span<const ledger::Entry> entries,
                  store::StoredRecord stored);
    Status failed(const base::Error& error);
    struct Extension;
    Status extend(Extension& x, ByteView bytes) const;
    bool isOvertaken(const base::ScopeId& scope, const ledger::Arrival& at) const;
    bool isOwn(const ledger::Head& head) const;
    struct FormerRecord;
    struct FormerPlan;
    bool isInTime(const ledger::Head& head, const ledger::Arrival& at) const;
    Result<std::vector<FormerRecord>> verifyFormer(const session::ServerPort::FormerTail& tail,
                                                   const HoldsKeys& holdsKeys);
    Status planFormer(const std::vector<FormerRecord>& records, FormerPlan& plan);
    Status checkRoom(const std::vector<FormerRecord>& records, const FormerPlan& plan) const;
    Status stageFormer(const FormerRecord& former, std::size_t overlap, const ledger::Head& head);
    Status keepApart(ByteView record, FormerReason why);
    Status store(const ledger::Head& head, Extension x);

    struct Ledger {
        store::LedgerInfo committed;
        base::Hash committedRoot = ledger::LedgerHash::empty();
        store::LedgerInfo staged;
        Bytes head;  // of the committed size, once signed
    };

    store::Store& m_store;
    const base::Clock& m_clock;
    std::map<base::PublicKey, crypto::SigningKey> m_headKeys;
    store::LedgerTables m_tables;
    ClockGuard m_guard;
    std::optional<ClockMark> m_clockMark;
    std::optional<Restored> m_restored;
    std::uint32_t m_epoch = 0;
    std::optional<ledger::EpochStatement> m_statement;  // of the epoch
    Contradictions m_contradictions;
    std::uint64_t m_formerKept = 0, m_formerKeptBytes = 0;
    Heard m_heard;
    Quarantine m_quarantine;
    session::DirectoryLedger m_directory;
    std::uint32_t m_headsCharter = 0;  // that the heads in memory name
    std::map<base::ScopeId, Ledger> m_ledgers;
    std::map<ledger::ChainId, store::ChainTip> m_stagedChains;
    std::set<base::ScopeId> m_stagedScopes;
    std::unique_ptr<store::WriteTxn> m_txn;
    std::size_t m_stagedEntries = 0;
    std::uint64_t m_lastArrival = 0;
    std::optional<base::Error> m_failure;  // memory and store may differ since
};

}  // namespace reg
