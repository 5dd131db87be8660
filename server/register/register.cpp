#include "register/register.h"
#include "domain/names.h"
#include "session/ledger_check.h"

namespace reg {
namespace {

using base::Code;
using base::fail;

constexpr store::Table kTables[] = {store::kLedgers, store::kRecords, store::kBlobs,
                                    store::kChains};

/// P of a segment on an empty server comes from the genesis that it holds.
Result<base::ProvinceId> provinceOfGenesis(const ledger::Segment& segment) {
    ledger::ChainState start;
    TRY(ledger::Entry entry, ledger::advance(start, segment.entries.front()));
    TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
    auto* genesis = changes.size() == 1 ? std::get_if<domain::SignedGenesis>(&changes[0]) : nullptr;
    if (genesis == nullptr) return fail(Code::Refused, "an empty server takes genesis only");
    return domain::provinceIdOf(genesis->body);
}

}  // namespace

std::span<const store::Table> tables() {
    return kTables;
}

Result<std::unique_ptr<Register>> Register::open(store::Store& store, const base::Clock& clock,
                                                 const crypto::SigningKey& headKey) {
    std::unique_ptr<Register> out(new Register(store, clock, headKey));
    CHECK_OK(out->load());
    return out;
}

Status Register::load() {
    TRY(auto txn, m_store.read());
    TRY(auto all, m_tables.all(*txn));
    for (auto& [scope, info] : all) {
        m_lastArrival = std::max(m_lastArrival, info.lastArrival);
        Ledger ledger;
        ledger.committedRoot = info.frontier.root();
        ledger.committed = ledger.staged = std::move(info);
        m_ledgers[scope] = std::move(ledger);
    }
    if (m_ledgers.empty()) return {};
    // The directory is the ledger that holds genesis at position 0; every other scope is derived
    // from its P.
    for (auto& [scope, unused] : m_ledgers) {
        TRY(auto first, m_tables.recordAt(*txn, scope, 0));
        if (!first) return fail(Code::Corrupt, "a ledger's first record is missing");
        TRY(ledger::Record record, ledger::parseRecord(first->bytes));
        auto province = provinceOfGenesis(record.segment);
        if (!province || domain::directoryScope(*province) != scope) continue;
        return m_tables.read(*txn, scope, 0,
                             [&](const store::StoredRecord& stored) -> Result<bool> {
                                 TRY(ledger::Record r, ledger::parseRecord(stored.bytes));
                                 ledger::ChainState state = stored.before;
                                 std::vector<ledger::Entry> entries;
                                 for (ByteView bytes : r.segment.entries) {
                                     TRY(ledger::Entry entry, ledger::advance(state, bytes));
                                     entries.push_back(entry);
                                 }
                                 CHECK_OK(m_directory.append(r.segment.chain, entries, r.at));
                                 noteRootChanges(entries);
                                 return true;
                             });
    }
    return fail(Code::Corrupt, "the store holds ledgers but no directory");
}

void Register::noteRootChanges(std::span<const ledger::Entry> entries) {
    for (const ledger::Entry& entry : entries) {
        auto changes = session::directoryChanges(entry);
        if (!changes) continue;
        for (domain::Change& change : *changes) {
            bool isRoot = std::holds_alternative<domain::SignedGenesis>(change) ||
                          std::holds_alternative<domain::SignedCharter>(change) ||
                          std::holds_alternative<domain::SignedAuthoritySet>(change);
            if (isRoot) m_rootChanges.push_back(std::move(change));
        }
    }
}

wire::LedgerState Register::state(const base::ScopeId& scope) const {
    wire::LedgerState out;
    out.scope = scope;
    auto it = m_ledgers.find(scope);
    if (it == m_ledgers.end() || it->second.committed.size() == 0) return out;
    out.epoch = it->second.committed.epoch;
    out.size = it->second.committed.size();
    out.root = ledger::shortRoot(it->second.committedRoot);
    return out;
}

std::uint64_t Register::entries() const {
    std::uint64_t sum = 0;
    for (const auto& [scope, ledger] : m_ledgers) sum += ledger.committed.size();
    return sum;
}

Result<ledger::ChainState> Register::chain(const ledger::ChainId& chain) const {
    TRY(auto txn, m_store.read());
    return m_tables.chain(*txn, m_directory.directory().province(), chain);
}

Status Register::read(
    const base::ScopeId& scope, std::uint64_t from,
    const std::function<Result<bool>(const session::ServerPort::RecordView&)>& visit) const {
    TRY(auto txn, m_store.read());
    return m_tables.read(*txn, scope, from, [&](const store::StoredRecord& r) {
        return visit({r.first, r.end(), r.rootAfter, r.bytes});
    });
}

Result<Bytes> Register::signHead(const base::ScopeId& scope, std::uint64_t size,
                                 const base::Hash& root) {
    auto it = m_ledgers.find(scope);
    if (it == m_ledgers.end() || size > it->second.committed.size()) {
        return fail(Code::Internal, "a head beyond what is durable");
    }
    bool isNewest = size == it->second.committed.size();
    if (isNewest && !it->second.head.empty()) return it->second.head;
    ledger::Head head;
    head.province = m_directory.directory().province();
    head.scope = scope;
    head.epoch = it->second.committed.epoch;
    head.size = size;
    head.root = root;
    head.time = std::max(static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival);
    head.charterVersion = m_directory.directory().charter().version;
    head.sign(m_headKey);
    Bytes bytes = head.encode();
    if (isNewest) it->second.head = bytes;
    return bytes;
}

Result<ledger::ChainState> Register::stagedChain(const ledger::ChainId& chainId) {
    auto it = m_stagedChains.find(chainId);
    if (it != m_stagedChains.end()) return it->second;
    TRY(auto txn, m_store.read());
    return m_tables.chain(*txn, m_directory.directory().province(), chainId);
}

/// The chain before `seq`, found among the records of its ledger; nothing if no record boundary or
/// entry matches. Only for segments that overlap what is held, after a connection was cut: a walk
/// through the ledger is acceptable there.
Result<std::optional<ledger::ChainState>> Register::stateAt(const ledger::ChainId& chainId,
                                                            std::uint64_t seq) {
    std::optional<ledger::ChainState> found;
    if (seq == 0) {
        return std::optional(
            ledger::ChainState::start(m_directory.directory().province(), chainId));
    }
    auto visit = [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(ledger::Record r, ledger::parseRecord(stored.bytes));
        if (r.segment.chain != chainId || seq < r.segment.firstSeq || seq >= r.segment.endSeq())
            return true;
        ledger::ChainState state = stored.before;
        for (std::size_t i = 0; state.nextSeq < seq; ++i) {
            CHECK_OK(ledger::advance(state, r.segment.entries[i]));
        }
        found = state;
        return false;
    };
    if (m_txn) {
        CHECK_OK(m_tables.read(*m_txn, chainId.scope, 0, visit));
    } else {
        TRY(auto txn, m_store.read());
        CHECK_OK(m_tables.read(*txn, chainId.scope, 0, visit));
    }
    return found;
}

Result<Register::Appended> Register::append(ByteView bytes, const Admit& admit,
                                            std::uint64_t& nextSeq) {
    if (m_failed) return fail(Code::Io, "the store failed and must be opened again");
    TRY(ledger::Segment segment, ledger::parseSegment(bytes));
    ledger::ChainState chain;
    if (m_directory.directory().hasGenesis()) {
        TRY(chain, stagedChain(segment.chain));
    } else {
        TRY(base::ProvinceId province, provinceOfGenesis(segment));
        chain = ledger::ChainState::start(province, segment.chain);
    }
    nextSeq = chain.nextSeq;
    if (segment.firstSeq > chain.nextSeq) return Appended::Gap;
    Bytes record;
    if (segment.firstSeq == chain.nextSeq) {
        if (segment.prev != chain.tip) return Appended::Forked;
        record = base::copy(bytes);
    } else {
        // It overlaps what is held: the overlap must be the same bytes, and only the unseen suffix
        // is new.
        TRY(std::optional<ledger::ChainState> held, stateAt(segment.chain, segment.firstSeq));
        if (!held || held->tip != segment.prev) return Appended::Forked;
        std::size_t overlap = static_cast<std::size_t>(chain.nextSeq - segment.firstSeq);
        if (overlap > segment.entries.size()) overlap = segment.entries.size();
        for (std::size_t i = 0; i < overlap; ++i) {
            CHECK_OK(ledger::advance(*held, segment.entries[i]));
        }
        if (overlap == segment.entries.size()) {
            TRY(std::optional<ledger::ChainState> after,
                held->nextSeq == chain.nextSeq ? Result<std::optional<ledger::ChainState>>(chain)
                                               : stateAt(segment.chain, held->nextSeq));
            return after && after->tip == held->tip ? Appended::Duplicate : Appended::Forked;
        }
        if (held->tip != chain.tip) return Appended::Forked;
        auto rest = std::span<const ByteView>(segment.entries).subspan(overlap);
        ledger::encodeSegment(segment.chain, chain.nextSeq, chain.tip, rest, segment.seal, record);
    }
    auto staged = stage(record, chain, admit);
    if (staged) return Appended::Yes;
    if (m_failed) m_failure = staged.error();
    return tl::unexpected(staged.error());
}

Status Register::stage(const Bytes& segmentBytes, const ledger::ChainState& before,
                       const Admit& admit) {
    TRY(ledger::Segment segment, ledger::parseSegment(segmentBytes));
    base::ProvinceId province = m_directory.directory().province();
    if (!m_directory.directory().hasGenesis()) {
        TRY(province, provinceOfGenesis(segment));
    }
    const base::ScopeId scope = segment.chain.scope;
    bool isDirectory = scope == domain::directoryScope(province);
    auto present = m_ledgers.find(scope);
    Ledger ledger = present == m_ledgers.end() ? Ledger() : present->second;
    std::uint64_t arrival = std::max(static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival);
    store::StoredRecord stored;
    stored.first = ledger.staged.size();
    stored.count = static_cast<std::uint16_t>(segment.entries.size());
    stored.before = before;
    stored.bytes = segmentBytes;
    ledger::encodeArrival({arrival, isDirectory ? stored.first : m_directory.size(), arrival},
                          stored.bytes);
    TRY(ledger::Record record, ledger::parseRecord(stored.bytes));

    // Admission looks at entries whose seal has been checked, and before anything changes.
    ledger::ChainState after = before;
    std::vector<ledger::Entry> entries;
    TRY(base::PublicKey key, m_directory.sealKey(record.segment));
    CHECK_OK(ledger::verifySegment(province, key, record.segment, after, entries));
    if (auto reason = admit(entries)) return fail(Code::NotPermitted, *reason);

    if (!m_txn) {
        auto txn = m_store.write();
        if (!txn) {
            m_failed = true;
            return tl::unexpected(txn.error());
        }
        m_txn = std::move(*txn);
    }
    m_failed = true;  // until memory and transaction agree again
    session::LedgerTip tip{ledger.staged.lastArrival, ledger.staged.lastDirectorySize,
                           ledger.staged.frontier};
    CHECK_OK(session::extendVerified(record, entries, m_directory, isDirectory, tip));
    stored.rootAfter = tip.frontier.root();
    ledger.staged.lastArrival = tip.lastArrival;
    ledger.staged.lastDirectorySize = tip.lastDirectorySize;
    ledger.staged.frontier = tip.frontier;
    m_lastArrival = arrival;
    m_stagedScopes.insert(scope);
    m_stagedChains[segment.chain] = after;
    m_stagedEntries += entries.size();
    m_ledgers[scope] = std::move(ledger);
    CHECK_OK(m_tables.append(*m_txn, scope, stored));
    if (isDirectory) noteRootChanges(entries);
    m_failed = false;
    return {};
}

Status Register::commit() {
    if (m_failed) return tl::unexpected(m_failure);
    if (!m_txn) return {};
    m_failed = true;  // until the commit has returned
    m_failure = {Code::Io, "the commit failed"};
    for (const auto& [chainId, state] : m_stagedChains)
        CHECK_OK(m_tables.putChain(*m_txn, chainId, state));
    for (const base::ScopeId& scope : m_stagedScopes) {
        CHECK_OK(m_tables.putInfo(*m_txn, scope, m_ledgers[scope].staged));
    }
    CHECK_OK(m_txn->commit());
    m_txn.reset();
    for (const base::ScopeId& scope : m_stagedScopes) {
        Ledger& ledger = m_ledgers[scope];
        ledger.committed = ledger.staged;
        ledger.committedRoot = ledger.committed.frontier.root();
        ledger.head.clear();
    }
    m_stagedScopes.clear();
    m_stagedChains.clear();
    m_stagedEntries = 0;
    m_failed = false;
    return {};
}

}  // namespace reg
