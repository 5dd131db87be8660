#pragma once
// The folded state of all ledgers of this replica, in the store: objects as rows under growing
// numbers, an index by object, and for each object the list of changes that made it. Only ordered
// entries are folded here; what is pending lies on top (overlay.h).
//
// clang-format off
//   rows     u64 → v scope number ‖ history ‖ row
//   ids, recent-ids   keyed hash of the object → u64 row number (id_index.h)
//   events   u64 → history: what had no more room in the row of an object
//   history  v earlier + 1 ‖ v count ‖ count × (v position ‖ v change index), oldest first; `earlier` is a key of events
//   folds    scope → u32 scope number ‖ u64 folded size
//   undecided, decided   what the office has to decide about, and what it has decided (decisions.h)
//   continuing, acts   what tells entries that are written again (session/acts.h), of devices that do so
// clang-format on
//
// All of it can be made again from the ledgers: a program with another fold or layout does so.
//
// One thread.

#include "domain/row.h"
#include "replica/decisions.h"
#include "replica/id_index.h"
#include "replica/portion.h"
#include "session/directory_ledger.h"

namespace replica {

/// One object of one ledger.
struct ObjectKey {
    base::ScopeId scope;
    domain::ObjectKind kind = domain::ObjectKind::Task;
    base::ObjectId id;
    auto operator<=>(const ObjectKey&) const = default;
};
/// Object ids are hashes or random already.
struct ObjectKeyHash {
    std::size_t operator()(const ObjectKey& key) const {
        return static_cast<std::size_t>(store::numberOfKey(key.id.view())) +
               static_cast<std::size_t>(key.kind);
    }
};

/// A change as it stands in the ledger of its object.
struct EventAt {
    std::uint64_t position = 0;
    std::uint32_t changeIndex = 0;
};

/// Of one part of an object's history: most objects have fewer changes in all.
inline constexpr std::size_t kEventsInRow = 8;

/// The newest changes of an object, oldest first, and where the earlier ones lie.
struct HistoryPart {
    std::uint64_t earlier = 0;  // + 1; 0 = none
    std::vector<EventAt> events;

    void encode(base::Writer& out) const;
    static HistoryPart decode(base::Reader& in);
};

struct StoredRow {
    HistoryPart history;
    domain::Row row;
};

/// A row as it lies in the table of rows, with the number of its ledger.
Bytes encodeRow(std::uint32_t scopeNumber, const StoredRow& stored);
Result<StoredRow> decodeRow(ByteView bytes, std::uint32_t& scopeNumber);

class View {
public:
    explicit View(store::Store& store) : m_store(store) {}
    /// Drops what another version of the fold has left.
    Status load(const crypto::SecretKey& indexKey);

    /// In the same commit as the change of a ledger's past: the next load() drops all and folds
    /// from zero.
    static Status dropWhenLoaded(store::WriteTxn& txn);

    std::uint64_t foldedSize(const base::ScopeId& scope) const;
    /// Why a ledger is not folded to its end, as far as fold() went: WaitingForKey, or Unsupported
    /// where a newer program is needed.
    std::optional<base::Code> stoppedBy(const base::ScopeId& scope) const;

    Result<std::optional<StoredRow>> row(const store::ReadTxn& txn, const ObjectKey& key) const;
    using RowVisitor = std::function<Result<bool>(const base::ScopeId& scope, domain::Row row)>;
    /// All rows, in the order in which their objects first appeared.
    Status eachRow(const store::ReadTxn& txn, const RowVisitor& visit) const;
    /// The changes of an object, oldest first.
    Result<std::vector<EventAt>> events(const store::ReadTxn& txn, const StoredRow& row) const;
    /// Of every ledger with rows: H("ts-state", u32 fold version ‖ u64 folded size ‖ ordered rows
    /// in id order). One pass over all rows.
    Result<std::map<base::ScopeId, base::Hash>> stateDigests(const store::ReadTxn& txn) const;

    // ---- fold.cpp ----
    /// Folds what the ledgers hold beyond the view, a portion a commit; stops per scope where a key
    /// is missing. What it makes does not depend on the thread that it may start and always ends.
    Status fold(store::LedgerTables& tables, const session::DirectoryLedger& directory,
                const ScopeKeys& keys);

    Result<std::vector<session::WithoutEffect>> audit(const store::ReadTxn& txn) const;

    // ---- Acts (session/acts.h), as far as they are folded ----
    /// Whether the first entry of the chain goes on from another incarnation's.
    bool continues(const ledger::ChainId& chain) const { return m_continuing.contains(chain); }
    /// Whether the device has such a chain in this ledger: only then may it restate.
    bool mayRestate(const base::ScopeId& scope, const base::DeviceId& device) const;
    /// Whether the act of a device that may restate stands in the ledger that is named with it.
    static Result<bool> isActHeld(const store::ReadTxn& txn, const Judgeable& what);

    // ---- What the office decides about ----
    /// Whether an ordered decision about the act has effect.
    static Result<bool> isDecided(const store::ReadTxn& txn, const Judgeable& what);
    /// Ordered entries that wait for a decision, with their positions.
    using VisitJudgeable =
        std::function<Result<bool>(const Judgeable& what, std::uint64_t position)>;
    static Status eachUndecided(const store::ReadTxn& txn, const VisitJudgeable& visit);
    /// What is decided, with the positions of the decisions in the ledgers that are named.
    static Status eachDecided(const store::ReadTxn& txn, const VisitJudgeable& visit);

private:
    struct Fold {
        std::uint32_t number = 0;
        std::uint64_t size = 0;
    };
    class Chunk;

    Status dropOtherVersion();
    IdIndex::Key indexKey(const ObjectKey& key) const;
    Status foldScope(store::LedgerTables& tables, const base::ScopeId& scope, std::uint64_t size,
                     const session::DirectoryLedger& directory, const ScopeKeys& keys);
    Fold foldOf(const base::ScopeId& scope) const;

    store::Store& m_store;
    crypto::SecretKey m_indexKey;
    IdIndex m_ids;
    std::map<base::ScopeId, Fold> m_folds;
    std::map<base::ScopeId, base::Code> m_stopped;
    std::vector<base::ScopeId> m_scopeOfNumber;
    std::set<ledger::ChainId> m_continuing;
    std::set<std::pair<base::ScopeId, base::DeviceId>> m_decidedOf;  // authors of kDecided
    std::uint64_t m_nextRow = 0;
    std::uint64_t m_nextEvent = 0;
    std::uint64_t m_nextAudit = 0;
};

/// Part of every state digest; grows whenever the same ledgers would give other rows. 1 is
/// everything up to the first release: before it nobody has a digest to compare with.
inline constexpr std::uint32_t kFoldVersion = 1;

/// Of the tables of the view, which are this device's own: grows whenever they are laid out anew.
inline constexpr std::uint32_t kViewLayout = 4;

/// Of a line of the audit: what the office has said about a refusal is cut to fit.
inline constexpr std::size_t kAuditReasonBytesMax = 1024;

/// The object that a change is about, and its writes: a note is an object of its own.
struct Touched {
    ObjectKey key;
    std::vector<domain::FieldWrite> writes;
    std::optional<ObjectKey> parent;  // of a note: shows in its history
};
std::optional<Touched> touchedBy(const base::ScopeId& scope, const base::Hash& act,
                                 std::uint32_t changeIndex, domain::Change change);

}  // namespace replica
