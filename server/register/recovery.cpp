// What this server had signed and holds no more: records come back with their old times, and count
// once they lead to a head of its own.

#include <algorithm>
#include "register/register.h"
#include "session/ledger_check.h"

namespace reg {
namespace {

using base::Code;
using base::fail;
using Standing = session::ServerPort::Standing;

}  // namespace

/// A ledger as it grows again, beside the one that is held.
struct Register::Extension {
    base::ScopeId scope;
    base::ProvinceId province;
    session::DirectoryLedger directory;  // a copy: what is refused must leave no trace
    session::LedgerTip tip;
    std::map<ledger::ChainId, store::ChainTip> chains;
    std::vector<store::StoredRecord> records;
};

/// A key that the province has replaced may be in other hands: what it signs counts only where it
/// was in force as the histories parted.
bool Register::isOwn(const ledger::Head& head) const {
    const domain::Directory& directory = m_directory.directory();
    auto isSignedBy = [&](const auto& key) { return head.verify(key.first); };
    if (head.epoch == UINT32_MAX) return false;  // no epoch could follow it
    if (!directory.hasGenesis())
        return std::any_of(m_headKeys.begin(), m_headKeys.end(), isSignedBy);
    if (head.province != directory.province()) return false;
    const domain::Charter& inForce = directory.charter();
    std::uint32_t since = m_restored ? m_restored->backup.charterVersion : inForce.version;
    if (head.epoch < m_epoch) since = m_statement ? m_statement->sinceCharter : inForce.version;
    if (head.charterVersion < since) return false;
    // Of a charter that was lost with what this head covers the key alone may be there.
    auto isHeld = [&](const auto& key) {
        return !directory.authority().hasReplaced(key.first, since) && isSignedBy(key);
    };
    if (std::any_of(m_headKeys.begin(), m_headKeys.end(), isHeld)) return true;
    const domain::Charter* charter = directory.charterVersion(head.charterVersion);
    return charter != nullptr && head.epoch <= m_epoch + 1 && head.verify(charter->headKey);
}

Result<session::ServerPort::Examined> Register::examine(const ledger::Head& head) const {
    if (!isOwn(head)) return session::ServerPort::Examined{Standing::NotOurs, 0};
    const domain::Directory& directory = m_directory.directory();
    auto it = m_ledgers.find(head.scope);
    const std::uint64_t size = it == m_ledgers.end() ? 0 : it->second.committed.size();
    // A server that had nothing left goes on in the newest epoch of what it gets back: a ledger to
    // which nothing was added since may still have a head of the one before.
    const bool hadNothing =
        !directory.hasGenesis() || (m_restored && m_restored->backup.charterVersion == 0);
    const std::uint32_t epoch = hadNothing ? std::max(m_epoch, head.epoch) : m_epoch;
    if (head.epoch < epoch) return session::ServerPort::Examined{Standing::Former, 0};
    if (head.epoch > epoch) return session::ServerPort::Examined{Standing::Contradicts, 0};
    if (head.size > size) return session::ServerPort::Examined{Standing::Longer, size};
    TRY(std::optional<base::Hash> root, rootAt(head.scope, head.size));
    return session::ServerPort::Examined{root == head.root ? Standing::Held : Standing::Contradicts,
                                         0};
}

Status Register::beginRecovery() {
    if (m_restored) return {};
    Restored mark;
    mark.at = m_clock.nowMs();
    mark.backup.province = m_directory.directory().province();
    mark.backup.time = m_lastArrival;
    const bool hasGenesis = m_directory.directory().hasGenesis();
    mark.cause = hasGenesis ? RestoredCause::FoundOut : RestoredCause::Nothing;
    if (hasGenesis) mark.backup.charterVersion = m_directory.directory().charter().version;
    for (const auto& [scope, ledger] : m_ledgers) {
        const store::LedgerInfo& held = ledger.committed;
        if (held.size() == 0) continue;
        mark.backup.ledgers.push_back({scope, held.epoch, held.size(), ledger.committedRoot});
    }
    mark.backup.sign(m_headKeys.begin()->second);
    TRY(auto txn, m_store.write());
    CHECK_OK(putRestored(*txn, mark));
    CHECK_OK(txn->commit());
    m_restored = std::move(mark);
    return {};
}

Result<std::optional<base::Hash>> Register::rootAt(const base::ScopeId& scope,
                                                   std::uint64_t size) const {
    if (size == 0) return std::optional(ledger::LedgerHash::empty());
    TRY(auto txn, m_store.read());
    return m_tables.rootAt(*txn, scope, size);
}

Status Register::extend(Extension& x, ByteView bytes) const {
    TRY(ledger::Record record, ledger::parseRecord(bytes));
    const ledger::ChainId& chain = record.segment.chain;
    if (chain.scope != x.scope) return fail(Code::Malformed, "a record of another ledger");
    if (!x.chains.contains(chain)) {
        TRY(auto txn, m_store.read());
        TRY(x.chains[chain], m_tables.chain(*txn, x.province, chain));
    }
    store::ChainTip& tip = x.chains[chain];
    store::StoredRecord stored;
    stored.first = x.tip.frontier.size();
    stored.count = static_cast<std::uint16_t>(record.segment.entries.size());
    stored.before = tip;
    stored.bytes = base::copy(bytes);
    std::vector<ledger::Entry> entries;
    CHECK_OK(session::extendLedger(record, x.province, x.directory, x.tip, tip.state, entries));
    tip.recordEnd = stored.end();
    stored.rootAfter = x.tip.frontier.root();
    x.records.push_back(std::move(stored));
    return {};
}

/// Whether a unit's record that arrived later than this one of the directory names a directory
/// without it: then both cannot stand in one history.
bool Register::isOvertaken(const base::ScopeId& scope, const ledger::Arrival& at) const {
    if (!session::isDirectory(m_directory, scope)) return false;
    return std::any_of(m_ledgers.begin(), m_ledgers.end(), [&](const auto& one) {
        const store::LedgerInfo& held = one.second.committed;
        return one.first != scope && held.size() > 0 && held.lastArrival > at.arrival &&
               held.lastDirectorySize <= at.directorySize;
    });
}

Status Register::takeBack(const ledger::Head& head, std::uint64_t first,
                          std::span<const ByteView> records, const HoldsKeys& holdsKeys) {
    if (m_failure) return tl::unexpected(*m_failure);
    if (m_txn) return fail(Code::Internal, "records come back while others are staged");
    TRY(auto examined, examine(head));
    if (examined.standing == Standing::Held) return {};  // another device was faster
    if (examined.standing != Standing::Longer || records.empty())
        return fail(Code::Refused, "a head that this server has not signed");
    Extension x;
    x.scope = head.scope;
    x.province = head.province;
    x.directory = m_directory;
    auto held = m_ledgers.find(head.scope);
    if (held != m_ledgers.end()) {
        const store::LedgerInfo& info = held->second.committed;
        x.tip = {info.lastArrival, info.lastDirectorySize, info.frontier, 0};
    }
    std::vector<ledger::Arrival> arrivals;
    for (ByteView bytes : records) {
        TRY(ledger::Record record, ledger::parseRecord(bytes));
        first += record.segment.entries.size();
        bool isHeld = first <= examined.from;  // another device was faster with this part
        if (isHeld) continue;
        CHECK_OK(extend(x, bytes));
        arrivals.push_back(record.at);
    }
    if (x.tip.frontier.size() != head.size || x.tip.frontier.root() != head.root)
        return fail(Code::Malformed, "records that do not lead to the head that was shown");
    // Only what the head was seen to cover tells of two histories.
    if (std::any_of(arrivals.begin(), arrivals.end(),
                    [&](const ledger::Arrival& at) { return isOvertaken(head.scope, at); }))
        return fail(Code::Forked, "the server has signed for work since that does not know it");
    // Without them it could never sign again.
    const domain::Charter& charter = x.directory.directory().charter();
    if (!m_headKeys.contains(charter.headKey) && !holdsKeys(charter))
        return fail(
            Code::Refused,
            "the server has changed its keys since: put it back with its newest server.key");
    if (auto stored = store(head, std::move(x)); !stored) return failed(stored.error());
    return {};
}

Status Register::store(const ledger::Head& head, Extension x) {
    TRY(auto txn, m_store.write());
    for (const store::StoredRecord& record : x.records)
        CHECK_OK(m_tables.append(*txn, x.scope, record));
    for (const auto& [chain, tip] : x.chains) CHECK_OK(m_tables.putChain(*txn, chain, tip));
    const std::uint32_t epoch = std::max(m_epoch, head.epoch);
    Ledger& ledger = m_ledgers[x.scope];
    ledger.staged.epoch = epoch;
    ledger.staged.lastArrival = x.tip.lastArrival;
    ledger.staged.lastDirectorySize = x.tip.lastDirectorySize;
    ledger.staged.frontier = std::move(x.tip.frontier);
    CHECK_OK(m_tables.putInfo(*txn, x.scope, ledger.staged));
    for (auto& [scope, other] : m_ledgers) {  // they came first, and are all of one epoch
        if (other.committed.size() == 0 || other.committed.epoch == epoch) continue;
        other.staged.epoch = epoch;
        CHECK_OK(m_tables.putInfo(*txn, scope, other.staged));
    }
    CHECK_OK(txn->commit());
    for (auto& [scope, other] : m_ledgers) {
        if (other.committed.epoch != other.staged.epoch) other.head.clear();
        other.committed.epoch = other.staged.epoch;
    }
    ledger.committed = ledger.staged;
    ledger.committedRoot = head.root;
    ledger.head.clear();
    m_lastArrival = std::max(m_lastArrival, ledger.committed.lastArrival);
    m_directory = std::move(x.directory);
    m_epoch = epoch;
    return {};
}

Status Register::keepContradiction(const ledger::Head& head) {
    auto held = m_contradictions.find(head.scope);
    bool isKnown =
        held != m_contradictions.end() &&
        std::pair(held->second.epoch, held->second.size) >= std::pair(head.epoch, head.size);
    if (isKnown) return {};
    TRY(auto txn, m_store.write());
    CHECK_OK(putContradiction(*txn, head));
    CHECK_OK(txn->commit());
    m_contradictions[head.scope] = head;
    return {};
}

}  // namespace reg
