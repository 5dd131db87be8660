// How ordered entries become rows: a portion of a ledger at a time, four of them a commit.

#include <algorithm>
#include "replica/view.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kNoRoom = "an object has no room for more values; see its history";
constexpr std::string_view kDecidedBefore = "the office had decided about it before";
constexpr std::string_view kDecidesTwice = "an entry decides once";
constexpr std::string_view kRefused = "the office has refused it: ";
constexpr std::size_t kPortionsOfCommit = 4;            // more take more memory
constexpr std::size_t kCommitBytes = 16 * 1024 * 1024;  // of changes, unpacked

/// As much of a text as fits, cut between characters.
std::string clipped(std::string text, std::size_t bytesMax) {
    if (text.size() <= bytesMax) return text;
    while (bytesMax > 0 && (static_cast<unsigned char>(text[bytesMax]) & 0xC0) == 0x80) --bytesMax;
    text.resize(bytesMax);
    return text;
}

}  // namespace

/// What one commit folds of one ledger: rows are kept until it is written, so that a row that many
/// entries touch is stored once.
class View::Chunk {
public:
    Chunk(View& view, store::WriteTxn& txn, const store::LedgerTables& tables,
          const base::ScopeId& scope, std::uint32_t epoch, Fold fold,
          const domain::Directory& directory)
        : m_view(view),
          m_txn(txn),
          m_tables(tables),
          m_scope(scope),
          m_fold(fold),
          m_directory(directory),
          m_continuing(view.m_continuing),
          m_decidedOf(view.m_decidedOf),
          m_epoch(epoch) {}

    /// Takes the changes. False where an entry waits for a key or for a newer program.
    Result<bool> add(Portion& portion);
    Status write();
    const Fold& fold() const { return m_fold; }
    std::set<ledger::ChainId>& continuing() { return m_continuing; }
    std::set<std::pair<base::ScopeId, base::DeviceId>>& decidedOf() { return m_decidedOf; }
    /// Why add() answered false.
    std::optional<Code> stopped() const { return m_stopped; }

private:
    struct Held {
        std::uint64_t number = 0;
        bool isNew = false;
        IdIndex::Key indexKey{};
        StoredRow stored;
    };

    Result<bool> addRecord(OpenedChanges& opened);
    Status checkSeen(const ledger::Entry& entry);
    Result<std::optional<std::string_view>> takeAct(const ledger::ChainId& chain,
                                                    const ledger::Entry& entry);
    bool mayRestate(const base::DeviceId& device) const;
    Status beginActs(const base::DeviceId& device);
    Bytes actKey(const base::DeviceId& device, const base::Hash& act) const;
    Status putAct(const base::DeviceId& device, const base::Hash& act, session::ActHeld held);
    Status addEntry(const store::OpenedRecord& record, const ledger::Entry& entry,
                    std::vector<domain::Change> changes);
    bool hadRight(const store::OpenedRecord& record, const ledger::Entry& entry,
                  const domain::Change& change) const;
    Result<bool> isDecided(const Judgeable& what) const;
    Result<bool> decide(const domain::Judged& judged);
    Result<Held*> hold(const ObjectKey& key);
    Status addEvent(HistoryPart& history, EventAt at);
    Status addAudit(const base::Hash& entry, std::string_view change, std::string_view reason);

    View& m_view;
    store::WriteTxn& m_txn;
    const store::LedgerTables& m_tables;
    const base::ScopeId m_scope;
    Fold m_fold;
    const domain::Directory& m_directory;
    std::set<ledger::ChainId> m_continuing;
    std::set<std::pair<base::ScopeId, base::DeviceId>> m_decidedOf;
    std::optional<Code> m_stopped;
    ledger::Seen m_checkedSeen;   // of the entry before
    const std::uint32_t m_epoch;  // of the ledger
    std::unordered_map<ObjectKey, Held, ObjectKeyHash> m_held;
};

Result<bool> View::Chunk::add(Portion& portion) {
    for (OpenedChanges& opened : portion.records) {
        TRY(const bool isWhole, addRecord(opened));
        if (!isWhole) return false;
    }
    return true;
}

Result<bool> View::Chunk::addRecord(OpenedChanges& opened) {
    const store::OpenedRecord& record = opened.record;
    std::uint64_t size = record.at.directorySize;
    if (size > m_directory.size()) {  // taken back for a new epoch, and not here again yet
        m_stopped = Code::WaitingForKey;
        return false;
    }
    std::uint32_t newestKey = m_directory.newestKeyVersion(m_scope, size);
    std::uint8_t newestDictionary = m_directory.dictionaryAllowed(size);
    for (std::size_t i = 0; i < opened.changes.size(); ++i) {
        const ledger::Entry& entry = record.entries[opened.firstOpened + i];
        CHECK_OK(checkSeen(entry));
        bool isAllowed =
            entry.header.keyVersion <= newestKey && entry.header.dictionary <= newestDictionary;
        auto& changes = opened.changes[i];
        if (isAllowed && !changes &&
            (changes.error().code == Code::WaitingForKey ||
             changes.error().code == Code::Unsupported)) {
            m_stopped = changes.error().code;
            return false;
        }
        TRY(auto ofAct, takeAct(record.chain, entry));
        TRY(const bool isLate, isDecided({m_scope, record.chain.device, ledger::actOf(entry)}));
        if (!ofAct && isLate) ofAct = kDecidedBefore;
        if (ofAct) {
            CHECK_OK(addAudit(entry.hash, "entry", *ofAct));
        } else if (isAllowed && changes) {
            CHECK_OK(addEntry(record, entry, std::move(*changes)));
        } else {
            CHECK_OK(addAudit(entry.hash, "entry", "the body is not valid"));
        }
        ++m_fold.size;
    }
    return true;
}

/// Compares what the author says it has seen of this ledger with what stands here: the only trace
/// of a server that shows two people different things. The author may lie, so it is told and no
/// more.
Status View::Chunk::checkSeen(const ledger::Entry& entry) {
    const ledger::Seen& seen = entry.header.seen;
    if (seen == m_checkedSeen || seen.ledgerSize == 0 || seen.epoch < m_epoch) return {};
    m_checkedSeen = seen;
    std::optional<base::Hash> root;
    if (seen.ledgerSize <= m_fold.size) {
        TRY(root, store::LedgerTables().rootAt(m_txn, m_scope, seen.ledgerSize));
    }
    if (root && ledger::shortRoot(*root) == seen.root) return {};
    return addAudit(entry.hash, session::kSplitView, session::kSplitViewReason);
}

/// As session::Acts, with what it knows in the store. What a device wrote is noted from its first
/// chain on that goes on from another: only then may it write something again.
Result<std::optional<std::string_view>> View::Chunk::takeAct(const ledger::ChainId& chain,
                                                             const ledger::Entry& entry) {
    using session::ActHeld;
    if (session::beginsContinuing(chain, entry)) {
        if (!mayRestate(chain.device)) CHECK_OK(beginActs(chain.device));
        CHECK_OK(m_txn.put(kContinuing, chain.key(), {}));
        m_continuing.insert(chain);
    }
    if (!mayRestate(chain.device)) return session::reasonOfAct(entry, false, {});
    Bytes value;
    TRY(bool found, m_txn.get(kActs, actKey(chain.device, ledger::actOf(entry)), value));
    auto held = found && value.size() == 1 ? std::optional(static_cast<ActHeld>(value[0]))
                                           : std::optional<ActHeld>();
    auto reason = session::reasonOfAct(entry, m_continuing.contains(chain), held);
    if (entry.header.restates && !reason)
        CHECK_OK(putAct(chain.device, *entry.header.restates, ActHeld::Restated));
    CHECK_OK(putAct(chain.device, entry.hash, ActHeld::Written));
    return reason;
}

bool View::Chunk::mayRestate(const base::DeviceId& device) const {
    auto it = m_continuing.lower_bound({m_scope, device, {}});
    return it != m_continuing.end() && it->scope == m_scope && it->device == device;
}

/// Notes what the device has written before the entry that is folded now.
Status View::Chunk::beginActs(const base::DeviceId& device) {
    TRY(auto chains, m_tables.chainsOf(m_txn, m_scope, device));
    for (const auto& [chain, tip] : chains) {
        for (std::uint64_t end = tip.recordEnd; end > 0;) {
            TRY(auto stored, m_tables.recordAt(m_txn, m_scope, end - 1));
            if (!stored || stored->before.recordEnd >= end)
                return fail(Code::Corrupt, "a chain's record is missing");
            TRY(store::OpenedRecord record, store::openRecord(*stored));
            for (std::size_t i = 0; i < record.entries.size(); ++i) {
                if (record.first + i < m_fold.size)
                    CHECK_OK(putAct(device, record.entries[i].hash, session::ActHeld::Written));
            }
            end = stored->before.recordEnd;
        }
    }
    return {};
}

Bytes View::Chunk::actKey(const base::DeviceId& device, const base::Hash& act) const {
    Bytes key;
    base::Writer(key).raw(m_scope.view()).raw(device.view()).raw(act.view());
    return key;
}

/// What is held already stays.
Status View::Chunk::putAct(const base::DeviceId& device, const base::Hash& act,
                           session::ActHeld held) {
    const Bytes key = actKey(device, act);
    Bytes value;
    TRY(bool found, m_txn.get(kActs, key, value));
    if (found) return {};
    value = {static_cast<std::uint8_t>(held)};
    return m_txn.put(kActs, key, value);
}

/// The entry stands at position m_fold.size.
Status View::Chunk::addEntry(const store::OpenedRecord& record, const ledger::Entry& entry,
                             std::vector<domain::Change> changes) {
    const auto decision =
        decisionIn(m_directory, record.chain.device, m_scope, record.at.directorySize, changes);
    if (decision) {
        TRY(const bool isFirst, decide(std::get<domain::Judged>(changes[*decision])));
        if (!isFirst) return addAudit(entry.hash, "judged", kDecidedBefore);
    }
    const auto adopted = adoptedBy(changes, decision);
    const base::Hash& act = actNamed(ledger::actOf(entry), adopted);
    bool isUndecided = false;
    for (std::uint32_t i = 0; i < changes.size(); ++i) {
        domain::Change& change = changes[i];
        auto reason = domain::reasonWithoutEffect(m_directory, record.chain.device, m_scope,
                                                  record.at.directorySize, change);
        if (reason) {
            CHECK_OK(addAudit(entry.hash, domain::changeName(change), *reason));
            isUndecided = isUndecided || hadRight(record, entry, change);
            continue;
        }
        if (std::holds_alternative<domain::Judged>(change) && i != decision)
            CHECK_OK(addAudit(entry.hash, "judged", kDecidesTwice));
        auto touched = touchedBy(m_scope, act, i, std::move(change));
        if (!touched) continue;
        TRY(Held * held, hold(touched->key));
        std::size_t dropped = held->stored.row.apply({ledger::writeIdOf(act), m_fold.size},
                                                     std::move(touched->writes));
        if (dropped > 0) CHECK_OK(addAudit(entry.hash, "written", kNoRoom));
        if (touched->parent) {
            TRY(held, hold(*touched->parent));
        }
        CHECK_OK(addEvent(held->stored.history, {m_fold.size, i}));
    }
    if (!isUndecided) return {};
    const Judgeable what{m_scope, record.chain.device, ledger::actOf(entry)};
    return m_txn.put(kUndecided, what.key(), store::orderedKey(m_fold.size));
}

/// Whether a change would have had its effect at the directory that its author had seen.
bool View::Chunk::hadRight(const store::OpenedRecord& record, const ledger::Entry& entry,
                           const domain::Change& change) const {
    const std::uint64_t seen = entry.header.seen.directorySize;
    return seen <= record.at.directorySize &&
           !domain::reasonWithoutEffect(m_directory, record.chain.device, m_scope, seen, change);
}

Result<bool> View::Chunk::isDecided(const Judgeable& what) const {
    if (!m_decidedOf.contains({what.scope, what.device})) return false;
    return View::isDecided(m_txn, what);
}

/// False if the ledger before it holds another decision about the same act.
Result<bool> View::Chunk::decide(const domain::Judged& judged) {
    const Judgeable what = judgeableOf(m_scope, judged);
    TRY(const bool isSecond, isDecided(what));
    if (isSecond) return false;
    m_decidedOf.emplace(what.scope, what.device);
    CHECK_OK(m_txn.put(kDecided, what.key(), store::orderedKey(m_fold.size)));
    CHECK_OK(m_txn.erase(kUndecided, what.key()));
    if (judged.verdict == domain::Verdict::Refused) {
        const std::string said =
            clipped(std::string(kRefused) + judged.reason, kAuditReasonBytesMax);
        CHECK_OK(addAudit(judged.entry, "entry", said));
    }
    return true;
}

Result<View::Chunk::Held*> View::Chunk::hold(const ObjectKey& key) {
    auto it = m_held.find(key);
    if (it != m_held.end()) return &it->second;
    Held held;
    Bytes value;
    held.indexKey = m_view.indexKey(key);
    TRY(const auto number, m_view.m_ids.find(m_txn, held.indexKey));
    if (number) {
        held.number = *number;
        TRY(bool exists, m_txn.get(kRows, store::orderedKey(*number), value));
        if (!exists) return fail(Code::Corrupt, "an object's row is missing");
        std::uint32_t ignored = 0;
        TRY(held.stored, decodeRow(value, ignored));
    } else {
        held.number = m_view.m_nextRow++;
        held.isNew = true;
        held.stored.row = domain::Row(key.kind, key.id);
    }
    return &m_held.emplace(key, std::move(held)).first->second;
}

Status View::Chunk::addEvent(HistoryPart& history, EventAt at) {
    if (history.events.size() == kEventsInRow) {
        Bytes value;
        base::Writer out(value);
        history.encode(out);
        const std::uint64_t number = m_view.m_nextEvent++;
        CHECK_OK(m_txn.append(kEvents, store::orderedKey(number), value));
        history = {number + 1, {}};
    }
    history.events.push_back(at);
    return {};
}

Status View::Chunk::addAudit(const base::Hash& entry, std::string_view change,
                             std::string_view reason) {
    Bytes value;
    base::Writer w(value);
    w.raw(m_scope.view()).u64(m_fold.size).raw(entry.view());
    w.sized(base::view(change)).sized(base::view(reason));
    return m_txn.append(kAudit, store::orderedKey(m_view.m_nextAudit++), value);
}

Status View::Chunk::write() {
    std::vector<const Held*> rows;
    std::vector<IdIndex::Entry> ids;
    for (const auto& [key, held] : m_held) {
        rows.push_back(&held);
        if (held.isNew) ids.push_back({held.indexKey, held.number});
    }
    std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->number < b->number; });
    for (const Held* held : rows) {
        Bytes value = encodeRow(m_fold.number, held->stored);
        auto key = store::orderedKey(held->number);
        CHECK_OK(held->isNew ? m_txn.append(kRows, key, value) : m_txn.put(kRows, key, value));
    }
    CHECK_OK(m_view.m_ids.add(m_txn, std::move(ids)));
    Bytes marker;
    base::Writer(marker).u32(m_fold.number).u64(m_fold.size);
    return m_txn.put(kFolds, m_scope.view(), marker);
}

std::optional<Touched> touchedBy(const base::ScopeId& scope, const base::Hash& act,
                                 std::uint32_t changeIndex, domain::Change change) {
    if (domain::Written* written = domain::writtenIn(change)) {
        return Touched{{scope, written->kind, written->id}, std::move(written->fields), {}};
    }
    if (auto* noted = std::get_if<domain::Noted>(&change)) {
        Touched out{{scope, domain::ObjectKind::Note, domain::noteIdOf(act, changeIndex)}, {}, {}};
        out.writes.push_back(
            {domain::Field::NoteParent, std::vector<base::ObjectId>{noted->id}, {}});
        out.writes.push_back({domain::Field::NoteKind, static_cast<std::int64_t>(noted->note), {}});
        out.writes.push_back({domain::Field::NoteText, std::move(noted->text), {}});
        out.parent = ObjectKey{scope, noted->kind, noted->id};
        return out;
    }
    return {};
}

Status View::fold(store::LedgerTables& tables, const session::DirectoryLedger& directory,
                  const ScopeKeys& keys) {
    std::map<base::ScopeId, std::uint64_t> behind;  // with the ledger's size
    {
        TRY(auto txn, m_store.read());
        TRY(auto all, tables.all(*txn));
        for (const auto& [scope, info] : all) {
            bool isDirectory = scope == directory.directory().directoryScopeId();
            if (!isDirectory && foldedSize(scope) < info.size()) behind[scope] = info.size();
        }
    }
    for (const auto& [scope, size] : behind)
        CHECK_OK(foldScope(tables, scope, size, directory, keys));
    return {};
}

Status View::foldScope(store::LedgerTables& tables, const base::ScopeId& scope, std::uint64_t size,
                       const session::DirectoryLedger& directory, const ScopeKeys& keys) {
    auto open = [&](std::uint64_t from) -> Result<Portion> {
        TRY(Portion out, openPortion(m_store, tables, scope, from, keys));
        if (out.stopped == Portion::Stopped::AtEnd && out.end != size)
            return fail(Code::Corrupt, "a stored ledger does not end where it says");
        return out;
    };
    m_stopped.erase(scope);
    PortionsAhead portions(open, foldedSize(scope));
    for (bool more = true; more;) {
        const Fold before = foldOf(scope);
        TRY(auto txn, m_store.write());
        TRY(const store::LedgerInfo info, tables.info(*txn, scope));
        Chunk chunk(*this, *txn, tables, scope, info.epoch, before, directory.directory());
        std::size_t bytes = 0;
        for (std::size_t i = 0; more && i < kPortionsOfCommit && bytes < kCommitBytes; ++i) {
            TRY(Portion portion, portions.next());
            bytes += portion.bytes;
            TRY(more, chunk.add(portion));
            more = more && portion.stopped != Portion::Stopped::AtEnd;
        }
        if (chunk.stopped()) m_stopped[scope] = *chunk.stopped();
        if (chunk.fold().size == before.size) return {};
        CHECK_OK(chunk.write());
        CHECK_OK(txn->commit());
        m_ids.committed();
        if (before.number == m_scopeOfNumber.size()) m_scopeOfNumber.push_back(scope);
        m_folds[scope] = chunk.fold();
        m_continuing = std::move(chunk.continuing());
        m_decidedOf = std::move(chunk.decidedOf());
        if (m_ids.isFull()) CHECK_OK(m_ids.moveOver(m_store));
    }
    return {};
}

View::Fold View::foldOf(const base::ScopeId& scope) const {
    auto held = m_folds.find(scope);
    if (held != m_folds.end()) return held->second;
    return {static_cast<std::uint32_t>(m_scopeOfNumber.size()), 0};
}

}  // namespace replica
