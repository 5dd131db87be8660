#include "replica/view.h"
#include <algorithm>
#include "base/limits.h"
#include "ledger/body.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::uint32_t kFoldVersion = 1;
constexpr std::size_t kFoldEntries =
    1024;  // a commit: amortises fsync, bounds the memory of a chunk

Bytes encodeRow(std::uint32_t scopeNumber, const StoredRow& stored) {
    Bytes out;
    base::Writer(out).varint(scopeNumber).varint(stored.lastEvent);
    stored.row.encode(out);
    return out;
}

Result<StoredRow> decodeRow(ByteView bytes, std::uint32_t& scopeNumber) {
    base::Reader in(bytes);
    StoredRow out;
    scopeNumber = static_cast<std::uint32_t>(in.varint());
    out.lastEvent = in.varint();
    TRY(out.row, domain::Row::decode(in));
    return out;
}

}  // namespace

/// The rows that a commit touches, kept until it is written: a row that many entries touch is
/// stored once.
class View::Chunk {
public:
    Chunk(View& view, store::WriteTxn& txn) : m_view(view), m_txn(txn) {}

    struct Held {
        std::uint64_t number = 0;
        std::uint32_t scopeNumber = 0;
        bool isNew = false;
        StoredRow stored;
    };

    Result<Held*> hold(const ObjectKey& key, std::uint32_t scopeNumber) {
        auto it = m_held.find(key);
        if (it != m_held.end()) return &it->second;
        Held held;
        held.scopeNumber = scopeNumber;
        Bytes value;
        TRY(bool found, m_txn.get(kIds, m_view.indexKey(key), value));
        if (found) {
            held.number = store::numberOfKey(value);
            TRY(bool exists, m_txn.get(kRows, value, value));
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

    Status addEvent(Held& held, const EventAt& at, std::uint32_t scopeNumber) {
        Bytes value;
        base::Writer(value)
            .varint(scopeNumber)
            .varint(at.position)
            .varint(at.changeIndex)
            .varint(held.stored.lastEvent);
        std::uint64_t number = m_view.m_nextEvent++;
        held.stored.lastEvent = number + 1;
        return m_txn.append(kEvents, store::orderedKey(number), value);
    }

    Status addAudit(const session::WithoutEffect& e) {
        Bytes value;
        base::Writer w(value);
        w.raw(e.scope.view()).u64(e.position).raw(e.entry.view());
        w.sized(base::view(e.change)).sized(base::view(e.reason));
        return m_txn.append(kAudit, store::orderedKey(m_view.m_nextAudit++), value);
    }

    Status write() {
        std::vector<const Held*> rows;
        std::vector<std::pair<Bytes, std::uint64_t>> ids;
        for (const auto& [key, held] : m_held) {
            rows.push_back(&held);
            if (held.isNew) ids.emplace_back(m_view.indexKey(key), held.number);
        }
        std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->number < b->number; });
        std::sort(ids.begin(), ids.end());
        for (const Held* held : rows) {
            Bytes value = encodeRow(held->scopeNumber, held->stored);
            auto key = store::orderedKey(held->number);
            CHECK_OK(held->isNew ? m_txn.append(kRows, key, value) : m_txn.put(kRows, key, value));
        }
        for (const auto& [key, number] : ids)
            CHECK_OK(m_txn.put(kIds, key, store::orderedKey(number)));
        return {};
    }

private:
    View& m_view;
    store::WriteTxn& m_txn;
    std::map<ObjectKey, Held> m_held;
};

Result<std::vector<domain::Change>> openChanges(const ledger::Entry& entry,
                                                const base::ScopeId& scope, const ScopeKeys& keys) {
    if (entry.header.keyVersion == 0 || entry.header.keyVersion > UINT32_MAX) {
        return fail(Code::Malformed, "an entry without a key version");
    }
    const crypto::SecretKey* key =
        keys.find(scope, static_cast<std::uint32_t>(entry.header.keyVersion));
    if (key == nullptr)
        return fail(Code::WaitingForKey, "The unit's key has not been granted to this device yet.");
    Bytes packed;
    CHECK_OK(ledger::openBody(*key, entry, packed));
    TRY(Bytes plain,
        wire::decompress(packed, entry.header.dictionary, base::limits::kPlainBodyBytesMax));
    return wire::decodeBody(plain);
}

std::optional<Touched> touchedBy(const base::ScopeId& scope, const base::Hash& entryHash,
                                 std::uint32_t changeIndex, domain::Change change) {
    if (auto* written = std::get_if<domain::Written>(&change)) {
        return Touched{{scope, written->kind, written->id}, std::move(written->fields), {}};
    }
    if (auto* noted = std::get_if<domain::Noted>(&change)) {
        Touched out{
            {scope, domain::ObjectKind::Note, domain::noteIdOf(entryHash, changeIndex)}, {}, {}};
        out.writes.push_back(
            {domain::Field::NoteParent, std::vector<base::ObjectId>{noted->id}, {}});
        out.writes.push_back({domain::Field::NoteKind, static_cast<std::int64_t>(noted->note), {}});
        out.writes.push_back({domain::Field::NoteText, std::move(noted->text), {}});
        out.parent = ObjectKey{scope, noted->kind, noted->id};
        return out;
    }
    return {};
}

Bytes View::indexKey(const ObjectKey& key) const {
    const std::uint8_t kind[1] = {static_cast<std::uint8_t>(key.kind)};
    base::Hash h = crypto::keyedHash(m_indexKey.view(), {key.scope.view(), kind, key.id.view()});
    return base::copy(h.view().first(16));
}

Status View::load(const crypto::SecretKey& indexKey) {
    m_indexKey = indexKey;
    m_folds.clear();
    m_scopeOfNumber.clear();
    TRY(auto txn, m_store.read());
    CHECK_OK(txn->scan(kFolds, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        base::Reader in(value);
        Fold fold;
        fold.number = in.u32();
        fold.size = in.u64();
        if (!in.atEnd() || key.size() != base::ScopeId::kSize)
            return fail(Code::Corrupt, "a fold marker cannot be read");
        m_folds[base::ScopeId::from(key)] = fold;
        return true;
    }));
    m_scopeOfNumber.resize(m_folds.size());
    for (const auto& [scope, fold] : m_folds) {
        if (fold.number >= m_scopeOfNumber.size())
            return fail(Code::Corrupt, "a fold marker has a wrong number");
        m_scopeOfNumber[fold.number] = scope;
    }
    auto next = [&](const store::Table& table) -> Result<std::uint64_t> {
        TRY(std::optional<Bytes> last, txn->lastKey(table, {}));
        return last ? store::numberOfKey(*last) + 1 : 0;
    };
    TRY(m_nextRow, next(kRows));
    TRY(m_nextEvent, next(kEvents));
    TRY(m_nextAudit, next(kAudit));
    return {};
}

std::uint64_t View::foldedSize(const base::ScopeId& scope) const {
    auto it = m_folds.find(scope);
    return it == m_folds.end() ? 0 : it->second.size;
}

Result<std::optional<StoredRow>> View::row(const store::ReadTxn& txn, const ObjectKey& key) const {
    Bytes value;
    TRY(bool found, txn.get(kIds, indexKey(key), value));
    if (!found) return std::optional<StoredRow>();
    TRY(bool exists, txn.get(kRows, value, value));
    if (!exists) return fail(Code::Corrupt, "an object's row is missing");
    std::uint32_t ignored = 0;
    TRY(StoredRow stored, decodeRow(value, ignored));
    return std::optional(std::move(stored));
}

Status View::eachRow(const store::ReadTxn& txn, const RowVisitor& visit) const {
    return txn.scan(kRows, {}, [&](ByteView, ByteView value) -> Result<bool> {
        std::uint32_t number = 0;
        TRY(StoredRow stored, decodeRow(value, number));
        if (number >= m_scopeOfNumber.size())
            return fail(Code::Corrupt, "a row of an unknown ledger");
        return visit(m_scopeOfNumber[number], std::move(stored.row));
    });
}

Result<std::vector<EventAt>> View::events(const store::ReadTxn& txn, const StoredRow& row) const {
    std::vector<EventAt> out;
    Bytes value;
    for (std::uint64_t next = row.lastEvent; next != 0;) {
        TRY(bool found, txn.get(kEvents, store::orderedKey(next - 1), value));
        if (!found) return fail(Code::Corrupt, "a step of an object's history is missing");
        base::Reader in(value);
        std::uint64_t number = in.varint();
        EventAt at;
        at.position = in.varint();
        at.changeIndex = static_cast<std::uint32_t>(in.varint());
        next = in.varint();
        if (!in.atEnd() || number >= m_scopeOfNumber.size())
            return fail(Code::Corrupt, "a step of history is damaged");
        at.scope = m_scopeOfNumber[static_cast<std::size_t>(number)];
        out.push_back(at);
    }
    std::reverse(out.begin(), out.end());
    return out;
}

Result<base::Hash> View::stateDigest(const store::ReadTxn& txn, const base::ScopeId& scope) const {
    std::vector<domain::Row> rows;
    CHECK_OK(eachRow(txn, [&](const base::ScopeId& of, domain::Row row) -> Result<bool> {
        if (of == scope) rows.push_back(std::move(row));
        return true;
    }));
    std::sort(rows.begin(), rows.end(), [](const domain::Row& a, const domain::Row& b) {
        auto ka = a.kind();
        auto kb = b.kind();
        return std::tie(a.id(), ka) < std::tie(b.id(), kb);
    });
    crypto::Hasher h("ts-state");
    h.u32(kFoldVersion).u64(foldedSize(scope));
    Bytes bytes;
    for (const domain::Row& row : rows) {
        bytes.clear();
        row.encode(bytes);
        h.add(bytes);
    }
    return h.finish();
}

Status View::fold(store::LedgerTables& tables, const session::DirectoryLedger& directory,
                  const ScopeKeys& keys) {
    std::vector<base::ScopeId> behind;
    {
        TRY(auto txn, m_store.read());
        TRY(auto all, tables.all(*txn));
        for (const auto& [scope, info] : all) {
            bool isDirectory = scope == directory.directory().directoryScopeId();
            if (!isDirectory && foldedSize(scope) < info.size()) behind.push_back(scope);
        }
    }
    for (const base::ScopeId& scope : behind) CHECK_OK(foldScope(tables, scope, directory, keys));
    return {};
}

Status View::foldScope(store::LedgerTables& tables, const base::ScopeId& scope,
                       const session::DirectoryLedger& directory, const ScopeKeys& keys) {
    for (bool more = true; more;) {
        more = false;
        Fold fold = m_folds.contains(scope)
                        ? m_folds[scope]
                        : Fold{static_cast<std::uint32_t>(m_scopeOfNumber.size()), 0};
        TRY(auto source,
            m_store.read());  // the ledger is read beside the transaction that writes the view
        TRY(auto txn, m_store.write());
        Chunk chunk(*this, *txn);
        std::size_t count = 0;
        std::uint64_t start = fold.size;
        CHECK_OK(tables.read(
            *source, scope, fold.size, [&](const store::StoredRecord& stored) -> Result<bool> {
                TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
                ledger::ChainState state = stored.before;
                std::uint64_t position = stored.first;
                for (ByteView bytes : record.segment.entries) {
                    TRY(ledger::Entry entry, ledger::advance(state, bytes));
                    std::uint64_t at = position++;
                    if (at < fold.size) continue;
                    auto changes = openChanges(entry, scope, keys);
                    bool keyAllowed =
                        entry.header.keyVersion <=
                        directory.directory().newestKeyVersion(scope, record.at.directorySize);
                    bool mustWait = !changes && (changes.error().code == Code::WaitingForKey ||
                                                 changes.error().code == Code::Unsupported);
                    if (mustWait && keyAllowed)
                        return false;  // for the key, or for a newer program
                    fold.size = at + 1;
                    ++count;
                    if (!changes || !keyAllowed) {
                        CHECK_OK(chunk.addAudit(
                            {scope, at, entry.hash, "entry", "the body is not valid"}));
                        continue;
                    }
                    for (std::uint32_t i = 0; i < changes->size(); ++i) {
                        domain::Change& change = (*changes)[i];
                        auto reason = domain::reasonWithoutEffect(
                            directory.directory(), record.segment.chain.device, scope,
                            record.at.directorySize, change);
                        if (reason) {
                            CHECK_OK(
                                chunk.addAudit({scope, at, entry.hash,
                                                std::string(domain::changeName(change)), *reason}));
                            continue;
                        }
                        auto touched = touchedBy(scope, entry.hash, i, std::move(change));
                        if (!touched) continue;
                        TRY(Chunk::Held * held, chunk.hold(touched->key, fold.number));
                        held->stored.row.apply({ledger::writeIdOf(entry.hash), at},
                                               touched->writes);
                        if (touched->parent) {
                            TRY(held, chunk.hold(*touched->parent, fold.number));
                        }
                        CHECK_OK(chunk.addEvent(*held, {scope, at, i}, fold.number));
                    }
                }
                more = count >= kFoldEntries;
                return !more;
            }));
        if (fold.size == start) return {};
        CHECK_OK(chunk.write());
        Bytes marker;
        base::Writer(marker).u32(fold.number).u64(fold.size);
        CHECK_OK(txn->put(kFolds, scope.view(), marker));
        CHECK_OK(txn->commit());
        if (fold.number == m_scopeOfNumber.size()) m_scopeOfNumber.push_back(scope);
        m_folds[scope] = fold;
    }
    return {};
}

Result<std::vector<session::WithoutEffect>> View::audit(const store::ReadTxn& txn) const {
    std::vector<session::WithoutEffect> out;
    CHECK_OK(txn.scan(kAudit, {}, [&](ByteView, ByteView value) -> Result<bool> {
        base::Reader in(value);
        session::WithoutEffect e;
        e.scope = in.fixed<base::ScopeId>();
        e.position = in.u64();
        e.entry = in.fixed<base::Hash>();
        e.change = base::text(in.sized(base::limits::kNameBytesMax));
        e.reason = base::text(in.sized(base::limits::kNameBytesMax));
        if (!in.atEnd()) return fail(Code::Corrupt, "an audit line cannot be read");
        out.push_back(std::move(e));
        return true;
    }));
    return out;
}

}  // namespace replica
