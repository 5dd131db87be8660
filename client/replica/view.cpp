#include "replica/view.h"
#include <algorithm>
#include "base/limits.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kFoldVersionName = "fold-version";
constexpr std::size_t kErasedAtOnce = 1024;

/// Past a history without keeping it: digests look at every row.
void skipHistory(base::Reader& in) {
    in.varint();
    for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
        in.varint();
        in.varint();
    }
}

/// The row of a stored value, without what stands before it.
ByteView rowBytes(ByteView stored, std::uint32_t& scopeNumber) {
    base::Reader in(stored);
    scopeNumber = static_cast<std::uint32_t>(in.varint());
    skipHistory(in);
    return stored.subspan(in.position());
}

Status eachIn(const store::Table& table, const store::ReadTxn& txn,
              const View::VisitJudgeable& visit) {
    return txn.scan(table, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        TRY(Judgeable what, Judgeable::ofKey(key));
        return visit(what, store::numberOfKey(value));
    });
}

}  // namespace

void HistoryPart::encode(base::Writer& out) const {
    out.varint(earlier).varint(events.size());
    for (const EventAt& at : events) out.varint(at.position).varint(at.changeIndex);
}

HistoryPart HistoryPart::decode(base::Reader& in) {
    HistoryPart out;
    out.earlier = in.varint();
    const std::uint64_t count = in.varint();
    if (count > kEventsInRow) in.failHere();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        const std::uint64_t position = in.varint();
        out.events.push_back({position, static_cast<std::uint32_t>(in.varint())});
    }
    return out;
}

Bytes encodeRow(std::uint32_t scopeNumber, const StoredRow& stored) {
    Bytes out;
    base::Writer w(out);
    w.varint(scopeNumber);
    stored.history.encode(w);
    stored.row.encode(out);
    return out;
}

Result<StoredRow> decodeRow(ByteView bytes, std::uint32_t& scopeNumber) {
    base::Reader in(bytes);
    StoredRow out;
    scopeNumber = static_cast<std::uint32_t>(in.varint());
    out.history = HistoryPart::decode(in);
    TRY(out.row, domain::Row::decode(in));
    return out;
}

IdIndex::Key View::indexKey(const ObjectKey& key) const {
    const std::uint8_t kind[1] = {static_cast<std::uint8_t>(key.kind)};
    base::Hash h = crypto::keyedHash(m_indexKey.view(), {key.scope.view(), kind, key.id.view()});
    IdIndex::Key out;
    std::copy_n(h.view().begin(), out.size(), out.begin());
    return out;
}

/// In portions, the markers first: cut short, the version is still the other one and it starts
/// again.
Status View::dropOtherVersion() {
    std::array<std::uint8_t, 8> wanted =
        store::orderedKey(std::uint64_t{kViewLayout} << 32 | kFoldVersion);
    {
        TRY(auto txn, m_store.read());
        Bytes held;
        TRY(bool found, txn->get(kSettings, base::view(kFoldVersionName), held));
        if (found && std::equal(held.begin(), held.end(), wanted.begin(), wanted.end())) return {};
    }
    for (const store::Table& table : {kFolds, kIds, kRecentIds, kRows, kEvents, kAudit, kContinuing,
                                      kActs, kUndecided, kDecided}) {
        for (bool more = true; more;) {
            TRY(auto txn, m_store.write());
            TRY(more, store::eraseSome(*txn, table, kErasedAtOnce));
            CHECK_OK(txn->commit());
        }
    }
    TRY(auto txn, m_store.write());
    CHECK_OK(txn->put(kSettings, base::view(kFoldVersionName), wanted));
    return txn->commit();
}

Status View::dropWhenLoaded(store::WriteTxn& txn) {
    return txn.put(kSettings, base::view(kFoldVersionName), store::orderedKey(0));
}

Status View::load(const crypto::SecretKey& indexKey) {
    CHECK_OK(dropOtherVersion());
    m_indexKey = indexKey;
    m_folds.clear();
    m_stopped.clear();
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
    CHECK_OK(m_ids.load(*txn));
    m_continuing.clear();
    CHECK_OK(txn->scan(kContinuing, {}, [&](ByteView key, ByteView) -> Result<bool> {
        TRY(ledger::ChainId chain, ledger::ChainId::ofKey(key));
        m_continuing.insert(chain);
        return true;
    }));
    m_decidedOf.clear();
    CHECK_OK(txn->scan(kDecided, {}, [&](ByteView key, ByteView) -> Result<bool> {
        TRY(Judgeable what, Judgeable::ofKey(key));
        m_decidedOf.emplace(what.scope, what.device);
        return true;
    }));
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

std::optional<base::Code> View::stoppedBy(const base::ScopeId& scope) const {
    auto it = m_stopped.find(scope);
    return it == m_stopped.end() ? std::nullopt : std::optional(it->second);
}

Result<std::optional<StoredRow>> View::row(const store::ReadTxn& txn, const ObjectKey& key) const {
    Bytes value;
    TRY(const auto number, m_ids.find(txn, indexKey(key)));
    if (!number) return std::optional<StoredRow>();
    TRY(bool exists, txn.get(kRows, store::orderedKey(*number), value));
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
    std::vector<EventAt> newestFirst;
    Bytes value;
    HistoryPart part = row.history;
    while (true) {
        newestFirst.insert(newestFirst.end(), part.events.rbegin(), part.events.rend());
        if (part.earlier == 0) break;
        const std::uint64_t before = part.earlier;
        TRY(bool found, txn.get(kEvents, store::orderedKey(before - 1), value));
        if (!found) return fail(Code::Corrupt, "a part of an object's history is missing");
        base::Reader in(value);
        part = HistoryPart::decode(in);
        if (!in.atEnd() || part.earlier >= before)
            return fail(Code::Corrupt, "a part of an object's history is damaged");
    }
    std::reverse(newestFirst.begin(), newestFirst.end());
    return newestFirst;
}

Result<std::map<base::ScopeId, base::Hash>> View::stateDigests(const store::ReadTxn& txn) const {
    struct Place {
        base::ObjectId id;
        domain::ObjectKind kind = domain::ObjectKind::Task;
        std::uint64_t row = 0;
        auto operator<=>(const Place&) const = default;
    };
    std::vector<std::vector<Place>> places(m_scopeOfNumber.size());
    CHECK_OK(txn.scan(kRows, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        std::uint32_t number = 0;
        base::Reader row(rowBytes(value, number));
        const auto kind = static_cast<domain::ObjectKind>(row.u8());
        const auto id = row.fixed<base::ObjectId>();
        if (!row.ok() || number >= places.size())
            return fail(Code::Corrupt, "a row of an unknown ledger");
        places[number].push_back({id, kind, store::numberOfKey(key)});
        return true;
    }));
    std::map<base::ScopeId, base::Hash> out;
    Bytes value;
    for (std::size_t i = 0; i < places.size(); ++i) {
        std::sort(places[i].begin(), places[i].end());
        crypto::Hasher h("ts-state");
        h.u32(kFoldVersion).u64(foldedSize(m_scopeOfNumber[i]));
        for (const Place& place : places[i]) {
            TRY(bool found, txn.get(kRows, store::orderedKey(place.row), value));
            if (!found) return fail(Code::Corrupt, "an object's row is missing");
            std::uint32_t ignored = 0;
            h.add(rowBytes(value, ignored));
        }
        out[m_scopeOfNumber[i]] = h.finish();
    }
    return out;
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
        e.reason = base::text(in.sized(kAuditReasonBytesMax));
        if (!in.atEnd()) return fail(Code::Corrupt, "an audit line cannot be read");
        out.push_back(std::move(e));
        return true;
    }));
    return out;
}

bool View::mayRestate(const base::ScopeId& scope, const base::DeviceId& device) const {
    auto it = m_continuing.lower_bound({scope, device, {}});
    return it != m_continuing.end() && it->scope == scope && it->device == device;
}

Result<bool> View::isActHeld(const store::ReadTxn& txn, const Judgeable& what) {
    Bytes ignored;
    return txn.get(kActs, what.key(), ignored);
}

Result<bool> View::isDecided(const store::ReadTxn& txn, const Judgeable& what) {
    Bytes ignored;
    return txn.get(kDecided, what.key(), ignored);
}

Status View::eachUndecided(const store::ReadTxn& txn, const VisitJudgeable& visit) {
    return eachIn(kUndecided, txn, visit);
}

Status View::eachDecided(const store::ReadTxn& txn, const VisitJudgeable& visit) {
    return eachIn(kDecided, txn, visit);
}

}  // namespace replica
