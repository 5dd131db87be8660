#pragma once
// The local replica: this device's ledgers, pending entries and the state folded from them, in one
// store.
//
//   - append() has made an entry durable when it returns; kill -9 after that loses nothing;
//   - a batch counts as received only after its records, seals and head were verified and stored;
//   - an own entry leaves the pending ones in the transaction that stores it under a verified head;
//   - when another copy of this device has written under its name, it goes on under a new
//   incarnation,
//     and what was stranded is kept until it is written again (restating.cpp);
//   - the view may lag behind the ledgers; every query catches up first.
//
// One thread. After an Io or Corrupt error: close and open again.

#include <deque>
#include <set>
#include "base/clock.h"
#include "ledger/epoch.h"
#include "replica/overlay.h"
#include "replica/quarantine.h"
#include "session/client_session.h"
#include "session/ledger_check.h"

namespace replica {

/// Changes of one act: one entry.
struct Act {
    base::ScopeId scope;
    std::vector<domain::Change> changes;
};

/// Whether one entry of an import holds this change, sealed, with room for the writes it displaces.
bool fitsEntry(const domain::Change& change);

enum class Cost { Small, Bulk };  // a person's act, packed tightly | an import, packed fast

struct LedgerStatus {
    base::ScopeId scope;
    std::uint32_t epoch = 0;
    std::uint64_t size = 0;
    base::Hash root;
    std::optional<base::Hash> stateDigest;  // nothing while entries wait to be read
    std::optional<base::Code> waitsFor;     // WaitingForKey, Unsupported (a newer program), Io
    std::uint64_t pending = 0;
};

class Replica final : public session::ClientPort {
public:
    /// A new replica in an empty store, in one commit: who it is (`identity` has province and
    /// device id set), the first entry of its first chain (genesis or enrolment, without rights to
    /// check), and settings. InvalidInput if the store holds anything.
    struct Beginning {
        const Identity& identity;
        domain::Change introduction;
        std::vector<std::pair<std::string_view, Bytes>> settings{};
    };
    static Result<std::unique_ptr<Replica>> create(store::Store& store, const base::Clock& clock,
                                                   base::Random& random,
                                                   const Beginning& beginning);
    /// NotFound if the store holds no replica.
    static Result<std::unique_ptr<Replica>> open(store::Store& store, const base::Clock& clock,
                                                 base::Random& random);

    const Identity& identity() const { return m_identity; }
    const session::DirectoryLedger& directory() const { return m_directory; }
    const ScopeKeys& keys() const { return m_keys; }
    /// Authority keys and charters as this device knows them: those of its directory, or newer ones
    /// that a server has shown it. Never an older one than before.
    const domain::Authority& authority() const { return m_authority; }
    /// The server's Noise key: of the newest charter, or of the invitation while there is none.
    const base::ExchangeKey& serverKey() const {
        return m_authority.hasGenesis() ? m_authority.charter().noiseKey : m_identity.serverKey;
    }
    base::Random& random() { return m_random; }
    const base::Clock& clock() const { return m_clock; }
    /// The directory with this device's pending directory entries applied: what it will be.
    Result<domain::Directory> projectedDirectory() const;
    const domain::Device* ownDevice() const {
        return m_directory.directory().device(m_identity.device);
    }
    const domain::Unit* ownUnit() const;

    // ---- Authoring (authoring.cpp) ----
    /// The newest dictionary that this program can pack entries with.
    static std::uint8_t dictionaryNewest();
    /// The write as this officer of the device states it in that scope, signed with his key: a
    /// change to append. NotPermitted if the key is not held here.
    Result<domain::Change> state(const base::ScopeId& scope, domain::Written written,
                                 const base::PublicKey& officer) const;
    /// Appends one entry; its hash. NotPermitted, WaitingForKey, Limit: nothing was written.
    Result<base::Hash> append(const Act& act);
    /// Appends many entries in one transaction.
    Result<std::vector<base::Hash>> appendAll(std::span<const Act> acts, Cost cost);
    /// The segment of the introduction while it is pending.
    Result<Bytes> introductionSegment() const;
    /// Writes the introduction anew that create() has written, before anybody was shown it.
    /// InvalidInput if the server has ordered anything of this device.
    Status reintroduce(std::span<const domain::Change> changes);
    /// Own entries that no verified head covers, stranded ones that wait included.
    std::uint64_t pendingEntries() const;
    std::uint64_t pendingBytes() const;
    /// Their acts: of an entry that is written again, the hash of the first.
    std::vector<base::Hash> pendingActs() const;

    // ---- After a fork (restating.cpp) ----
    /// What became of a fork since this replica was opened.
    struct ForkCounts {
        std::uint64_t opened = 0;    // new incarnations
        std::uint64_t received = 0;  // stranded entries that had arrived after all
        std::uint64_t restated = 0;  // … that were written again
        std::uint64_t kept = 0;      // … that could not be
        bool any() const { return opened + received + restated + kept > 0; }
    };
    const ForkCounts& forkCounts() const { return m_forkCounts; }
    /// By ordinal; those with a reason in `kept` stay here for people to see.
    const std::map<std::uint64_t, Stranded>& stranded() const { return m_stranded; }
    /// Incarnations that this home has given up.
    std::size_t formerIncarnations() const { return m_former.size(); }
    /// Of each device, under how many incarnations it has written in the ledgers held here.
    Result<std::map<base::DeviceId, std::size_t>> incarnations() const;

    // ---- After a revocation (leaving.cpp) ----
    /// Whether this home may be destroyed: the province's own directory says that the device is
    /// revoked, and all that was written here is known to lie with the server.
    enum class Leaving {
        NotRevoked,  // or only by a server's word
        Ready,
        NotKept,  // the server has not said in this process's last session that it has everything
        Lacking,  // it has said less than was ordered: what is here may lie nowhere else
        EarlierEpoch,  // what another epoch had ordered waits here to be ordered again
        TooMuch,       // more than one segment of a chain, or more chains than a server keeps apart
        Stranded,      // what a fork has stranded lies nowhere else
        HoldsAuthority,  // an authority key in force: without it the province may change no key
    };
    Leaving leaving() const;
    /// Whether an authority key in force lies in this home, perhaps nowhere else.
    bool holdsAuthorityKey() const;

    // ---- Charters and authority keys (authority.cpp) ----
    /// Verifies what a server says about genesis, charters and authority sets, of which it may have
    /// repeated some, and keeps what is newer, durably. A false one ends it: Refused; what came
    /// before that is kept.
    Status learnAuthority(std::span<const domain::Change> changes);
    /// Drops authority keys from this home that the province has replaced.
    Status dropReplacedAuthorityKeys();

    // ---- Work without the right (quarantine.cpp, queue.cpp) ----
    /// What waits for a decision of the office, in the order in which it arrived, not opened;
    /// nothing on a device that does not decide.
    Result<std::vector<QueueItem>> waiting();
    /// Opens one of them: what it says, or why that cannot be told. How many bytes that is.
    Result<std::size_t> open(QueueItem& item);
    /// What waits, opened as far as `bytesMax` goes, in that order; what is said twice stands there
    /// once.
    Result<std::vector<QueueItem>> queue(std::size_t bytesMax = kQueueBytesMax);
    /// The decision about the act whose name begins with these hexadecimal digits, if there is one.
    Result<std::optional<Decision>> decisionAbout(std::string_view digits);
    /// How many acts a decision is due about; opens nothing.
    Result<std::size_t> queueSize();
    /// How many entries a server keeps apart although their devices may write (isHeldBack).
    Result<std::size_t> heldBackSize();
    /// Whether more lies at the server than there is room for here; known after a session.
    bool hasQueueOverflow() const { return m_quarantineOverflow; }

    // ---- A new epoch of the server (epoch.cpp) ----
    /// That this device is in: of the newest statement that it has followed; all ledgers are of it.
    std::uint32_t epoch() const;
    /// What was ordered in an earlier epoch and is kept here, as settle() left it.
    struct FormerCount {
        std::uint64_t records = 0;   // that wait to be ordered again
        std::uint64_t entries = 0;   // of these
        std::uint64_t apart = 0;     // entries without a place: their chain goes on otherwise now
        std::uint64_t lookedAt = 0;  // by how much the ledgers held
    };
    Result<FormerCount> formerRecords() const;
    /// How many entries were found to have no place since this replica was opened.
    std::uint64_t partedEntries() const { return m_partedEntries; }

    // ---- session::ClientPort (push, ingest, authority, quarantine, leaving, epoch) ----
    Result<wire::Hello> hello() override;
    Result<std::vector<wire::LedgerState>> ledgers() override;
    Status learnAuthority(std::uint32_t version, ByteView body) override;
    Status learnTip(const wire::LedgerAnswer& answer) override;
    Status beginParcel(std::span<const wire::KeptChain> chains) override;
    Status parcelKept(std::span<const wire::KeptChain> chains,
                      std::span<const wire::LedgerState> held) override;
    Result<std::optional<Bytes>> headToShow(const wire::LedgerState& server) override;
    Result<std::optional<Parting>> partingAt(const wire::LedgerState& server) override;
    Result<Bytes> directoryHead() override;
    Result<Records> recordsFrom(const base::ScopeId& scope, std::uint64_t position) override;
    Status learnEpoch(ByteView statement) override;
    Result<std::vector<FormerLedger>> formerLedgers(
        const std::vector<wire::LedgerAnswer>& server) override;
    Result<Bytes> frontierAt(const base::ScopeId& scope, std::uint64_t size) override;
    Status follow(const std::map<base::ScopeId, std::uint64_t>& common) override;
    Status beginPush() override;
    Result<std::optional<Bytes>> nextSegment() override;
    Status ingest(const wire::Batch& batch) override;
    Status quarantined(const wire::Quarantined& message) override;
    Status forked() override;
    Status finished() override;

    // ---- Reading (query.cpp) ----
    /// Folds what was received; queries do it themselves.
    Status settle();
    /// The shown row: ordered with what is pending on top.
    Result<std::optional<domain::Row>> row(const ObjectKey& key);
    Status eachRow(const View::RowVisitor& visit);

    struct HistoryItem {
        base::ScopeId scope;
        base::Hash entry;
        domain::Change change;
        base::DeviceId device;
        base::TimeMs claimed = 0;
        base::TimeMs notBefore = 0;
        std::optional<base::TimeMs> received;
        std::uint64_t writeId = 0;
        std::optional<domain::Judged> adopted;  // whose it was, if `device` has adopted it
    };
    /// The changes of an object, oldest first, pending last.
    Result<std::vector<HistoryItem>> history(const ObjectKey& key);
    Result<std::vector<LedgerStatus>> status();
    Result<std::vector<session::WithoutEffect>> audit();
    /// How many entries of audit() come from somebody who saw another history of their ledger.
    Result<std::size_t> splitViews();

    /// What is held of a ledger, with its newest verified head; of size 0 if nothing is.
    store::LedgerInfo ledgerInfo(const base::ScopeId& scope) const;
    /// Ledgers of which something is held.
    std::vector<base::ScopeId> heldLedgers() const;
    /// A ledger's records in order, as they were verified, from the one that holds `position` on;
    /// the visitor returns false to stop.
    Status eachRecord(const base::ScopeId& scope, std::uint64_t position,
                      const std::function<Result<bool>(const store::StoredRecord&)>& visit) const;

    /// Small settings of the client, e.g. when it last synchronised.
    Result<std::optional<Bytes>> setting(std::string_view name) const;
    Status setSetting(std::string_view name, ByteView value);
    /// Where the server is reached from now on; its key stays pinned.
    Status setServer(const std::string& address);
    /// The keys of the officers on this device, its first one's at the front.
    Status setOfficerKeys(std::vector<crypto::SigningKey> keys);

private:
    Replica(store::Store& store, const base::Clock& clock, base::Random& random)
        : m_store(store), m_clock(clock), m_random(random), m_view(store) {}
    Status load();
    Status loadDirectory();
    Status loadPending();
    Status loadStranded();
    Status loadSettings();
    Status loadAuthority();
    Status keepAuthority(const domain::Authority& next);
    static Bytes encodeLearnt(const domain::Authority& authority, std::uint32_t after);
    Status keepIdentity(Identity next);

    Status projectPending(domain::Directory& out) const;
    Status project(const ledger::Entry& entry, const base::IncarnationId& by,
                   domain::Directory& out) const;
    ledger::ChainId ownChain(const base::ScopeId& scope) const;
    Result<ledger::ChainState> ownTip(const base::ScopeId& scope);
    Result<ledger::ChainState> orderedTip(const base::ScopeId& scope) const;
    ledger::Seen seenNow(const base::ScopeId& scope) const;
    Status checkRights(const Act& act) const;
    Result<PendingEntry> build(const base::ScopeId& scope, std::span<const domain::Change> changes,
                               Cost cost, ledger::ChainState& tip) const;
    Result<const crypto::SecretKey*> writingKey(const base::ScopeId& scope,
                                                std::uint64_t& version) const;
    Result<PendingEntry> seal(const base::ScopeId& scope, ledger::Header header, ByteView packed,
                              std::size_t bytesMax, ledger::ChainState& tip) const;
    Result<std::optional<ledger::Continues>> continuesFor(const base::ScopeId& scope) const;
    Status noteTips();
    Status openIncarnation();
    Result<bool> isHeldByServer() const;
    Status restate();
    struct Restating;
    Status restateOne(Restating& r, const Stranded& stranded) const;
    Result<Bytes> textOf(const Stranded& stranded, ledger::Entry& entry) const;
    Status store(std::vector<std::pair<base::ScopeId, PendingEntry>> entries);
    static Status put(store::WriteTxn& txn, const base::ScopeId& scope, const PendingEntry& entry);
    struct Extension;
    Result<Bytes> recordOf(Extension& x, const wire::OwnRecord& own) const;
    Status settleStranded(Extension& x, std::span<const ledger::Entry> entries) const;
    struct Following;
    Result<ledger::Frontier> frontierOf(const base::ScopeId& scope, std::uint64_t size) const;
    Status cutBack(Following& f, const base::ScopeId& scope, std::uint64_t size);
    Status takeOwnBack(Following& f, const store::StoredRecord& stored,
                       const ledger::ChainId& chain) const;
    Status putPendingAgain(Following& f);
    Result<std::uint64_t> keepFormer(Following& f, const base::ScopeId& scope,
                                     std::uint64_t position);
    struct Former;
    struct FormerLook;
    std::uint64_t entriesHeld() const;
    static Status putFormerCount(store::WriteTxn& txn, const FormerCount& count,
                                 std::uint64_t lookedAt);
    Result<bool> isWrittenAgain(FormerLook& look, std::uint64_t ordinal) const;
    Status settleLineage(FormerLook& look, const ledger::ChainId& chain,
                         const std::vector<Former>& records);
    Status settleFormer();
    Result<std::vector<base::Hash>> leavesOf(const base::ScopeId& scope) const;
    Status checkKept(const Extension& x, const store::StoredRecord& stored) const;
    Status ingestRecord(Extension& x, ByteView bytes);
    Status ingestInto(const wire::Batch& batch, Extension& x);
    Status checkHead(const wire::Batch& batch, const ledger::Head& head,
                     const session::LedgerTip& tip) const;
    Status catchUp();
    Status ensureOverlay();
    Status loadQuarantine();
    Status settleQuarantine();
    bool hasQuarantineRoom() const;
    Result<std::uint64_t> quarantineWanted() const;
    Result<std::optional<ledger::ChainState>> stateAt(const store::ReadTxn& txn,
                                                      const ledger::ChainId& chain,
                                                      std::uint64_t seq) const;
    Result<bool> isOrdered(const store::ReadTxn& txn, const ledger::ChainId& chain,
                           const ledger::Entry& entry) const;
    bool decidesHere() const;
    bool isHeldBack(const ledger::ChainId& chain) const;
    Judgeable judgeableOf(const ledger::ChainId& chain, const base::Hash& act) const;
    /// Entries of devices, by ledger, as far as they were looked up.
    using EntriesOf = std::map<std::pair<base::ScopeId, base::DeviceId>, std::set<base::Hash>>;
    Result<std::set<base::Hash>> entriesOf(const store::ReadTxn& txn, const base::ScopeId& scope,
                                           const base::DeviceId& device) const;
    Result<bool> isActOrdered(const store::ReadTxn& txn, const ledger::ChainId& chain,
                              const ledger::Entry& entry, EntriesOf& known) const;
    Result<std::vector<HeldSegment::Waiting>> waitingIn(const store::ReadTxn& txn,
                                                        const HeldSegment& held,
                                                        const HeldSegment::Opened& opened,
                                                        EntriesOf& known) const;
    Status addRightItems(const store::ReadTxn& txn, std::vector<QueueItem>& out) const;
    Status addQuarantined(const store::ReadTxn& txn, std::vector<QueueItem>& out) const;
    Status openRight(const store::ReadTxn& txn, QueueItem& item, std::size_t& bytes) const;
    Status openQuarantined(const store::ReadTxn& txn, QueueItem& item, std::size_t& bytes) const;
    Status addToOverlay(std::span<const Act> acts);
    Result<base::TimeMs> notBefore(const base::ScopeId& scope, const ledger::Seen& seen,
                                   const store::ReadTxn& txn) const;

    store::Store& m_store;
    const base::Clock& m_clock;
    base::Random& m_random;
    Identity m_identity;
    store::LedgerTables m_tables;
    session::DirectoryLedger m_directory;
    domain::Authority m_authority;
    ScopeKeys m_keys;
    View m_view;
    Overlay m_overlay;
    bool m_overlayFresh = false;
    bool m_viewBehind = true;
    std::map<base::ScopeId, store::LedgerInfo> m_ledgers;
    std::map<base::ScopeId, std::deque<PendingEntry>> m_pending;
    std::map<base::ScopeId, ledger::ChainState> m_tips;  // of own chains, pending included
    std::map<base::ScopeId, std::uint64_t> m_pushFrom;   // next seq to send in this session
    bool m_isParcel = false;                 // this session sends one segment of each chain
    std::set<base::ScopeId> m_parcel;        // of which it was sent
    std::vector<wire::LedgerState> m_named;  // to the server, in this session's hello
    /// The server's last word to a revoked device, of this session.
    struct LastWord {
        std::vector<wire::KeptChain> chains;
        std::vector<wire::LedgerState> held;
    };
    std::optional<LastWord> m_lastWord;
    std::map<std::uint64_t, Stranded> m_stranded;
    std::map<base::Hash, std::uint64_t> m_strandedOfAct;
    std::vector<base::IncarnationId> m_former;  // given up, oldest first
    ForkCounts m_forkCounts;
    std::map<base::Hash, HeldSegment::Summary> m_quarantined;  // as kQuarantined
    bool m_quarantineOverflow = false;
    std::optional<ledger::EpochStatement> m_statement;    // of the epoch; none in epoch 0
    std::optional<ledger::EpochStatement> m_learntEpoch;  // of this session
    std::uint64_t m_partedEntries = 0;
    std::uint64_t m_nextOrdinal = 0;
    bool m_tipsKnown = false;
};

}  // namespace replica
