#include "store/ledger_tables.h"
#include <algorithm>
#include <map>
#include "base/limits.h"

namespace store {
namespace {

using base::Code;
using base::fail;

// Sealed, with key and LMDB's node header, two pieces just share a page of 4,096 bytes; over 2,022
// sealed bytes every piece would take a page of its own.
constexpr std::size_t kBlobBytesMax = 1980;

constexpr std::size_t kRecordKeyBytes = base::ScopeId::kSize + sizeof(std::uint64_t);

Bytes recordKey(const base::ScopeId& scope, std::uint64_t lastPosition) {
    Bytes key = base::copy(scope.view());
    base::Writer(key).raw(orderedKey(lastPosition));
    return key;
}

struct IndexEntry {
    std::uint64_t first = 0;
    std::uint16_t count = 0;
    std::uint64_t blob = 0;
    std::uint32_t length = 0;
    base::Hash rootAfter;
    std::uint64_t previousEnd = 0;
    Bytes before;
};

Bytes encodeIndex(const IndexEntry& e) {
    Bytes out;
    base::Writer w(out);
    w.varint(e.first)
        .u16(e.count)
        .varint(e.blob)
        .varint(e.length)
        .raw(e.rootAfter.view())
        .varint(e.previousEnd)
        .raw(e.before);
    return out;
}

Result<IndexEntry> decodeIndex(ByteView bytes) {
    base::Reader in(bytes);
    IndexEntry e;
    e.first = in.varint();
    e.count = in.u16();
    e.blob = in.varint();
    e.length = static_cast<std::uint32_t>(in.varint());
    e.rootAfter = in.fixed<base::Hash>();
    e.previousEnd = in.varint();
    e.before = base::copy(in.raw(in.remaining()));
    if (!in.ok() || e.length > ledger::kRecordBytesMax)
        return fail(Code::Corrupt, "a stored record index cannot be read");
    return e;
}

Result<ChainTip> decodeTip(ByteView bytes) {
    base::Reader in(bytes);
    ChainTip out;
    out.recordEnd = in.u64();
    TRY(out.state, ledger::ChainState::decode(in.raw(in.remaining())));
    return out;
}

Result<StoredRecord> load(const ReadTxn& txn, const IndexEntry& e) {
    StoredRecord out;
    out.first = e.first;
    out.count = e.count;
    out.rootAfter = e.rootAfter;
    out.before.recordEnd = e.previousEnd;
    TRY(out.before.state, ledger::ChainState::decode(e.before));
    out.bytes.reserve(e.length);
    Bytes part;
    for (std::uint64_t blob = e.blob; out.bytes.size() < e.length; ++blob) {
        TRY(bool found, txn.get(kBlobs, orderedKey(blob), part));
        if (!found || part.empty())
            return fail(Code::Corrupt,
                        "a piece of a stored record is missing; restore the store from a backup");
        out.bytes.insert(out.bytes.end(), part.begin(), part.end());
    }
    if (out.bytes.size() != e.length)
        return fail(Code::Corrupt, "a stored record has a wrong length");
    return out;
}

}  // namespace

Result<LedgerInfo> LedgerTables::info(const ReadTxn& txn, const base::ScopeId& scope) const {
    LedgerInfo out;
    Bytes bytes;
    TRY(bool found, txn.get(kLedgers, scope.view(), bytes));
    if (!found) return out;
    base::Reader in(bytes);
    out.epoch = in.u32();
    out.lastArrival = in.u64();
    out.lastDirectorySize = in.u64();
    ByteView frontier = in.sized(64 * 40);
    out.head = base::copy(in.raw(in.remaining()));
    if (!in.ok()) return fail(Code::Corrupt, "a stored ledger state cannot be read");
    TRY(out.frontier, ledger::Frontier::decode(frontier));
    return out;
}

Status LedgerTables::putInfo(WriteTxn& txn, const base::ScopeId& scope, const LedgerInfo& info) {
    Bytes bytes;
    base::Writer w(bytes);
    w.u32(info.epoch).u64(info.lastArrival).u64(info.lastDirectorySize);
    w.sized(info.frontier.encode()).raw(info.head);
    return txn.put(kLedgers, scope.view(), bytes);
}

Result<ChainTip> LedgerTables::chain(const ReadTxn& txn, const base::ProvinceId& province,
                                     const ledger::ChainId& chain) const {
    ChainTip out;
    Bytes bytes;
    TRY(bool found, txn.get(kChains, chain.key(), bytes));
    if (!found) {
        out.state = ledger::ChainState::start(province, chain);
        return out;
    }
    return decodeTip(bytes);
}

Result<std::vector<std::pair<ledger::ChainId, ChainTip>>> LedgerTables::chainsOf(
    const ReadTxn& txn, const base::ScopeId& scope, const base::DeviceId& device) const {
    std::vector<std::pair<ledger::ChainId, ChainTip>> out;
    const Bytes from = ledger::ChainId{scope, device, {}}.key();
    CHECK_OK(txn.scan(kChains, from, [&](ByteView key, ByteView value) -> Result<bool> {
        TRY(ledger::ChainId chain, ledger::ChainId::ofKey(key));
        if (chain.scope != scope || chain.device != device) return false;
        TRY(ChainTip tip, decodeTip(value));
        out.emplace_back(chain, tip);
        return true;
    }));
    return out;
}

Status LedgerTables::putChain(WriteTxn& txn, const ledger::ChainId& chain, const ChainTip& tip) {
    Bytes bytes;
    base::Writer(bytes).u64(tip.recordEnd).raw(tip.state.encode());
    return txn.put(kChains, chain.key(), bytes);
}

Result<std::optional<ledger::ChainState>> LedgerTables::chainAt(const ReadTxn& txn,
                                                                const base::ScopeId& scope,
                                                                ChainTip tip, std::uint64_t seq,
                                                                std::size_t recordsMax) const {
    for (std::size_t steps = 0; tip.state.nextSeq > seq; ++steps) {
        if (steps == recordsMax) return std::optional<ledger::ChainState>();
        std::optional<StoredRecord> stored;
        if (tip.recordEnd > 0) {
            TRY(stored, recordAt(txn, scope, tip.recordEnd - 1));
        }
        if (!stored || stored->before.state.nextSeq >= tip.state.nextSeq)
            return fail(Code::Corrupt, "a chain's record is missing");
        tip = stored->before;
        if (tip.state.nextSeq > seq) continue;
        TRY(ledger::Record record, ledger::parseRecord(stored->bytes));
        for (std::size_t i = 0; tip.state.nextSeq < seq; ++i) {
            CHECK_OK(ledger::advance(tip.state, record.segment.entries[i]));
        }
    }
    return std::optional(tip.state);
}

Result<std::vector<base::Hash>> LedgerTables::chainFrom(const ReadTxn& txn,
                                                        const base::ScopeId& scope, ChainTip tip,
                                                        std::uint64_t seq) const {
    std::vector<base::Hash> out;  // the last first
    while (tip.state.nextSeq > seq) {
        std::optional<StoredRecord> stored;
        if (tip.recordEnd > 0) {
            TRY(stored, recordAt(txn, scope, tip.recordEnd - 1));
        }
        if (!stored || stored->before.state.nextSeq >= tip.state.nextSeq)
            return fail(Code::Corrupt, "a chain's record is missing");
        TRY(OpenedRecord opened, openRecord(*stored));
        for (auto entry = opened.entries.rbegin();
             entry != opened.entries.rend() && entry->seq >= seq; ++entry)
            out.push_back(entry->hash);
        tip = stored->before;
    }
    std::reverse(out.begin(), out.end());
    return out;
}

Status LedgerTables::cutBack(WriteTxn& txn, const base::ScopeId& scope, const LedgerInfo& info) {
    std::map<ledger::ChainId, ChainTip> chains;
    CHECK_OK(read(txn, scope, info.size(), [&](const StoredRecord& stored) -> Result<bool> {
        if (stored.first < info.size()) return fail(Code::Internal, "a ledger cut in a record");
        TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
        chains.try_emplace(record.segment.chain, stored.before);
        return true;
    }));
    std::vector<Bytes> keys;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blobs;  // first, behind the last
    CHECK_OK(txn.scan(
        kRecords, recordKey(scope, info.size()), [&](ByteView key, ByteView value) -> Result<bool> {
            if (base::ScopeId::from(key) != scope) return false;
            TRY(IndexEntry e, decodeIndex(value));
            keys.push_back(base::copy(key));
            blobs.emplace_back(e.blob, e.blob + (e.length + kBlobBytesMax - 1) / kBlobBytesMax);
            return true;
        }));
    for (const Bytes& key : keys) CHECK_OK(txn.erase(kRecords, key));
    for (const auto& [first, end] : blobs) {
        for (std::uint64_t blob = first; blob < end; ++blob)
            CHECK_OK(txn.erase(kBlobs, orderedKey(blob)));
    }
    for (const auto& [chain, tip] : chains) {
        CHECK_OK(tip.recordEnd > 0 ? putChain(txn, chain, tip) : txn.erase(kChains, chain.key()));
    }
    m_nextBlob.reset();
    return info.size() > 0 ? putInfo(txn, scope, info) : txn.erase(kLedgers, scope.view());
}

Status LedgerTables::append(WriteTxn& txn, const base::ScopeId& scope, const StoredRecord& record) {
    if (!m_nextBlob) {
        TRY(std::optional<Bytes> last, txn.lastKey(kBlobs, {}));
        m_nextBlob = last ? numberOfKey(*last) + 1 : 0;
    }
    IndexEntry e;
    e.first = record.first;
    e.count = record.count;
    e.blob = *m_nextBlob;
    e.length = static_cast<std::uint32_t>(record.bytes.size());
    e.rootAfter = record.rootAfter;
    e.previousEnd = record.before.recordEnd;
    e.before = record.before.state.encode();
    ByteView rest = record.bytes;
    while (!rest.empty()) {
        ByteView part = rest.first(std::min(rest.size(), kBlobBytesMax));
        CHECK_OK(txn.append(kBlobs, orderedKey((*m_nextBlob)++), part));
        rest = rest.subspan(part.size());
    }
    return txn.put(kRecords, recordKey(scope, record.end() - 1), encodeIndex(e));
}

Status LedgerTables::read(const ReadTxn& txn, const base::ScopeId& scope, std::uint64_t position,
                          const std::function<Result<bool>(const StoredRecord&)>& visit) const {
    return txn.scan(kRecords, recordKey(scope, position),
                    [&](ByteView key, ByteView value) -> Result<bool> {
                        if (key.size() != kRecordKeyBytes)
                            return fail(Code::Corrupt, "a stored record has no place");
                        if (base::ScopeId::from(key) != scope) return false;
                        TRY(IndexEntry e, decodeIndex(value));
                        TRY(StoredRecord record, load(txn, e));
                        return visit(record);
                    });
}

Result<std::optional<StoredRecord>> LedgerTables::recordAt(const ReadTxn& txn,
                                                           const base::ScopeId& scope,
                                                           std::uint64_t position) const {
    std::optional<StoredRecord> out;
    CHECK_OK(read(txn, scope, position, [&](const StoredRecord& record) -> Result<bool> {
        if (record.first <= position && position < record.end()) out = record;
        return false;
    }));
    return out;
}

Result<std::optional<base::Hash>> LedgerTables::rootAt(const ReadTxn& txn,
                                                       const base::ScopeId& scope,
                                                       std::uint64_t size) const {
    Bytes value;
    TRY(bool found, txn.get(kRecords, recordKey(scope, size - 1), value));
    if (!found) return std::optional<base::Hash>();
    TRY(IndexEntry index, decodeIndex(value));
    return std::optional(index.rootAfter);
}

Result<std::vector<std::pair<base::ScopeId, LedgerInfo>>> LedgerTables::all(
    const ReadTxn& txn) const {
    std::vector<base::ScopeId> scopes;
    CHECK_OK(txn.scan(kLedgers, {}, [&](ByteView key, ByteView) -> Result<bool> {
        if (key.size() != base::ScopeId::kSize)
            return fail(Code::Corrupt, "a stored ledger has no scope");
        scopes.push_back(base::ScopeId::from(key));
        return true;
    }));
    std::vector<std::pair<base::ScopeId, LedgerInfo>> out;
    for (const base::ScopeId& scope : scopes) {
        TRY(LedgerInfo one, info(txn, scope));
        out.emplace_back(scope, std::move(one));
    }
    return out;
}

Result<OpenedRecord> openRecord(const StoredRecord& record) {
    TRY(ledger::Record parsed, ledger::parseRecord(record.bytes));
    if (parsed.segment.entries.size() != record.count) {
        return base::fail(base::Code::Corrupt,
                          "a stored record has other entries than its index says");
    }
    OpenedRecord out;
    out.chain = parsed.segment.chain;
    out.at = parsed.at;
    out.first = record.first;
    out.entries.reserve(parsed.segment.entries.size());
    ledger::ChainState state = record.before.state;
    for (ByteView bytes : parsed.segment.entries) {
        TRY(ledger::Entry entry, ledger::advance(state, bytes));
        out.entries.push_back(entry);
    }
    return out;
}

}  // namespace store
