#include "register/register.h"
#include <algorithm>
#include "base/limits.h"
#include "register/verify.h"
#include "session/ledger_check.h"

namespace reg {

static_assert(static_cast<std::uint8_t>(QuarantineReason::NoRight) == wire::kWithoutRight &&
              static_cast<std::uint8_t>(QuarantineReason::Revoked) == wire::kOfRevoked);

using base::Code;
using base::fail;

Result<std::unique_ptr<Register>> Register::open(store::Store& store, const base::Clock& clock,
                                                 const crypto::SigningKey& headKey) {
    std::unique_ptr<Register> out(new Register(store, clock, headKey));
    CHECK_OK(out->load());
    out->m_guard.begin(out->m_lastArrival, out->m_clockMark);
    return out;
}

Status Register::load() {
    TRY(auto txn, m_store.read());
    TRY(auto all, m_tables.all(*txn));
    for (const auto& [scope, info] : all) {
        m_lastArrival = std::max(m_lastArrival, info.lastArrival);
        m_epoch = std::max(m_epoch, info.epoch);
        Ledger ledger;
        ledger.committedRoot = info.frontier.root();
        ledger.committed = ledger.staged = info;
        m_ledgers[scope] = std::move(ledger);
    }
    TRY(auto directory, findDirectory(*txn, m_tables, all));
    if (directory) CHECK_OK(loadDirectory(*txn, *directory));
    return loadState(*txn);
}

Status Register::loadState(const store::ReadTxn& txn) {
    TRY(m_restored, reg::restored(txn));
    TRY(m_clockMark, clockMark(txn));
    TRY(m_heard, reg::heard(txn));
    TRY(m_contradictions, reg::contradictions(txn));
    TRY(m_statement, epochStatement(txn));
    TRY(auto kept, formerKept(txn));
    m_formerKept = kept.size();
    m_formerKeptBytes = 0;
    for (const FormerKept& one : kept) m_formerKeptBytes += one.bytes;
    return m_quarantine.load(txn);
}

Status Register::refresh() {
    TRY(auto txn, m_store.read());
    TRY(m_restored, reg::restored(*txn));
    TRY(m_clockMark, clockMark(*txn));
    m_guard.hear(m_clockMark);
    return {};
}

Status Register::recover() {
    m_txn.reset();
    CHECK_OK(m_store.reopen());
    m_tables.reset();
    m_directory = {};
    m_headsCharter = 0;
    m_ledgers.clear();
    m_stagedChains.clear();
    m_stagedScopes.clear();
    m_stagedEntries = 0;
    m_lastArrival = 0;
    m_epoch = 0;
    CHECK_OK(load());  // the guard stays: the process has not ended, its clock is no new one
    m_failure.reset();
    return {};
}

Status Register::loadDirectory(const store::ReadTxn& txn, const base::ScopeId& scope) {
    CHECK_OK(m_tables.read(txn, scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(store::OpenedRecord record, store::openRecord(stored));
        CHECK_OK(m_directory.append(record.chain, record.entries, record.at));
        return true;
    }));
    const Ledger& ledger = m_ledgers[scope];
    return m_directory.checkWhole(ledger.committed.size(), ledger.committedRoot);
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
    TRY(store::ChainTip tip, m_tables.chain(*txn, m_directory.directory().province(), chain));
    return tip.state;
}

Result<ledger::ChainState> Register::keptChain(const ledger::ChainId& chain) const {
    TRY(auto txn, m_store.read());
    TRY(store::ChainTip tip, m_tables.chain(*txn, m_directory.directory().province(), chain));
    return Quarantine::endOf(*txn, chain, tip.state);
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
    const domain::Charter& charter = m_directory.directory().charter();
    if (charter.version != m_headsCharter) {
        for (auto& [other, ledger] : m_ledgers) ledger.head.clear();
        m_headsCharter = charter.version;
    }
    bool isNewest = size == it->second.committed.size();
    if (isNewest && !it->second.head.empty()) return it->second.head;
    ledger::Head head;
    head.province = m_directory.directory().province();
    head.scope = scope;
    head.epoch = it->second.committed.epoch;
    head.size = size;
    head.root = root;
    head.time = m_lastArrival;
    if (isClockTrusted())
        head.time = std::max(static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival);
    head.charterVersion = charter.version;
    auto key = m_headKeys.find(charter.headKey);
    if (key == m_headKeys.end()) return fail(Code::Corrupt, "the charter's head key is not held");
    head.sign(key->second);
    Bytes bytes = head.encode();
    if (isNewest) it->second.head = bytes;
    return bytes;
}

Status Register::failed(const base::Error& error) {
    base::Error own = error;
    // Whatever it was, it is no verdict on what a peer sent: memory has changed.
    if (own.code != Code::Io && own.code != Code::Corrupt) own.code = Code::Internal;
    if (!m_failure) m_failure = own;
    return tl::unexpected(own);
}

Result<store::ChainTip> Register::stagedChain(const base::ProvinceId& province,
                                              const ledger::ChainId& chain) {
    auto it = m_stagedChains.find(chain);
    if (it != m_stagedChains.end()) return it->second;
    TRY(auto txn, m_store.read());
    return m_tables.chain(*txn, province, chain);
}

Result<std::uint64_t> Register::nextSeq(const ledger::ChainId& chain) {
    TRY(store::ChainTip tip, stagedChain(m_directory.directory().province(), chain));
    return tip.state.nextSeq;
}

/// The chain before `seq`, which it has reached, staged entries included.
Result<std::optional<ledger::ChainState>> Register::stateBefore(const ledger::ChainId& chain,
                                                                store::ChainTip tip,
                                                                std::uint64_t seq,
                                                                std::size_t recordsMax) {
    std::unique_ptr<store::ReadTxn> committed;
    if (!m_txn) {
        TRY(committed, m_store.read());
    }
    const store::ReadTxn& txn = m_txn ? *m_txn : *committed;
    return m_tables.chainAt(txn, chain.scope, tip, seq, recordsMax);
}

Result<Register::Appended> Register::append(const ledger::Segment& segment, const Admit& admit) {
    if (m_failure) return tl::unexpected(*m_failure);
    base::ProvinceId province = m_directory.directory().province();
    if (!m_directory.directory().hasGenesis()) {
        TRY(province, provinceOfGenesis(segment));
    }
    TRY(store::ChainTip tip, stagedChain(province, segment.chain));
    if (segment.firstSeq > tip.state.nextSeq) return Appended::Gap;
    if (segment.firstSeq < tip.state.nextSeq) return appendUnseen(segment, tip, admit);
    if (segment.firstSeq == 0) CHECK_OK(checkIncarnations(segment.chain));
    if (segment.prev != tip.state.tip) return Appended::Forked;
    CHECK_OK(stage(segment, province, tip, admit));
    return Appended::Yes;
}

/// Whether the device may begin one more chain in this ledger.
Status Register::checkIncarnations(const ledger::ChainId& chain) const {
    TRY(auto txn, m_store.read());
    TRY(auto chains, m_tables.chainsOf(*txn, chain.scope, chain.device));
    std::size_t held = chains.size();
    for (const auto& [staged, tip] : m_stagedChains) {
        bool isNew = std::none_of(chains.begin(), chains.end(),
                                  [&](const auto& one) { return one.first == staged; });
        if (isNew && staged.scope == chain.scope && staged.device == chain.device) ++held;
    }
    if (held < base::limits::kIncarnationsMax) return {};
    return fail(Code::NotPermitted,
                "the device has begun anew more often than a device may; it must be enrolled anew");
}

/// For a segment that overlaps what is held: the overlap must be the same bytes, and only what
/// follows is new.
Result<Register::Appended> Register::appendUnseen(const ledger::Segment& segment,
                                                  const store::ChainTip& tip, const Admit& admit) {
    TRY(auto before,
        stateBefore(segment.chain, tip, segment.firstSeq, base::limits::kOverlapRecordsMax));
    if (!before) return Appended::Gap;  // the sender asks again and goes on at the chain's end
    ledger::ChainState sent = *before;
    if (sent.tip != segment.prev) return Appended::Forked;
    std::size_t overlap = static_cast<std::size_t>(
        std::min<std::uint64_t>(tip.state.nextSeq - segment.firstSeq, segment.entries.size()));
    for (std::size_t i = 0; i < overlap; ++i) CHECK_OK(ledger::advance(sent, segment.entries[i]));
    TRY(auto held, stateBefore(segment.chain, tip, sent.nextSeq, base::limits::kOverlapRecordsMax));
    if (!held) return Appended::Gap;
    if (held->tip != sent.tip) return Appended::Forked;
    if (overlap == segment.entries.size()) return Appended::Duplicate;
    Bytes rest;
    ledger::encodeSegment(segment.chain, held->nextSeq, held->tip,
                          std::span(segment.entries).subspan(overlap), segment.seal, rest);
    TRY(ledger::Segment unseen, ledger::parseSegment(rest));
    CHECK_OK(stage(unseen, m_directory.directory().province(), tip, admit));
    return Appended::Yes;
}

Status Register::stage(const ledger::Segment& segment, const base::ProvinceId& province,
                       const store::ChainTip& before, const Admit& admit) {
    bool ofDirectory = session::isDirectory(m_directory, segment.chain.scope);
    auto present = m_ledgers.find(segment.chain.scope);
    std::uint64_t arrival = std::max(static_cast<std::uint64_t>(m_clock.nowMs()), m_lastArrival);
    store::StoredRecord stored;
    stored.first = present == m_ledgers.end() ? 0 : present->second.staged.size();
    stored.count = static_cast<std::uint16_t>(segment.entries.size());
    stored.before = before;
    ledger::Record record;
    record.segment = segment;
    record.at = {arrival, ofDirectory ? stored.first : m_directory.size(), arrival};

    // Admission looks at entries whose seal has been checked, and before anything changes.
    ledger::ChainState after = before.state;
    std::vector<ledger::Entry> entries;
    TRY(base::PublicKey key, m_directory.sealKey(segment));
    CHECK_OK(ledger::verifySegment(province, key, segment, after, entries));
    if (auto reason = admit(entries)) return fail(Code::NotPermitted, *reason);

    stored.bytes.reserve(segment.bytes.size() + ledger::kArrivalBytes);
    base::Writer(stored.bytes).raw(segment.bytes);
    ledger::encodeArrival(record.at, stored.bytes);
    std::uint64_t end = stored.first + stored.count;
    if (auto extended = extend(record, entries, std::move(stored)); !extended)
        return failed(extended.error());
    m_stagedChains[segment.chain] = {after, end};
    return {};
}

/// Changes memory and transaction; after an error they may differ.
Status Register::extend(const ledger::Record& record, std::span<const ledger::Entry> entries,
                        store::StoredRecord stored) {
    CHECK_OK(begin());
    const base::ScopeId& scope = record.segment.chain.scope;
    store::LedgerInfo& staged = m_ledgers[scope].staged;
    session::LedgerTip tip{staged.lastArrival, staged.lastDirectorySize, staged.frontier, 0};
    CHECK_OK(session::extendVerified(record, entries, m_directory, tip));
    stored.rootAfter = tip.frontier.root();
    staged.epoch = m_epoch;
    staged.lastArrival = tip.lastArrival;
    staged.lastDirectorySize = tip.lastDirectorySize;
    staged.frontier = std::move(tip.frontier);
    m_lastArrival = record.at.arrival;
    m_stagedScopes.insert(scope);
    m_stagedEntries += entries.size();
    CHECK_OK(m_tables.append(*m_txn, scope, stored));
    return {};
}

Status Register::begin() {
    if (m_txn) return {};
    TRY(m_txn, m_store.write());
    return {};
}

bool Register::isHearDue(const base::DeviceId& device) const {
    auto last = m_heard.find(device);
    const base::TimeMs now = m_clock.nowMs();
    if (m_restored && last != m_heard.end() &&
        last->second <= static_cast<base::TimeMs>(m_restored->backup.time))
        return true;  // since its backup every device counts
    return last == m_heard.end() || now - last->second >= base::limits::kHeardEveryMs ||
           now < last->second;
}

Status Register::hear(const base::DeviceId& device) {
    if (m_failure) return tl::unexpected(*m_failure);
    if (!isHearDue(device)) return {};
    const base::TimeMs now = m_clock.nowMs();
    Status begun = begin();
    if (begun) begun = putHeard(*m_txn, device, now);
    if (!begun) return failed(begun.error());
    m_heard[device] = now;
    return {};
}

Result<Register::Quarantining> Register::quarantine(const ledger::Segment& segment,
                                                    QuarantineReason why) {
    if (m_failure) return tl::unexpected(*m_failure);
    const base::ProvinceId& province = m_directory.directory().province();
    TRY(store::ChainTip tip, stagedChain(province, segment.chain));
    if (segment.firstSeq != tip.state.nextSeq || segment.prev != tip.state.tip)
        return Quarantining::NotNext;
    std::vector<ledger::Entry> entries;
    TRY(base::PublicKey key, m_directory.sealKey(segment));
    CHECK_OK(ledger::verifySegment(province, key, segment, tip.state, entries));
    if (!m_quarantine.isNew(segment)) return Quarantining::Kept;
    Status begun = begin();
    if (!begun) return tl::unexpected(failed(begun.error()).error());
    auto put = m_quarantine.put(*m_txn, segment, why, m_clock.nowMs());
    if (!put) return tl::unexpected(failed(put.error()).error());
    return *put == Quarantine::Put::Kept ? Quarantining::Kept : Quarantining::Full;
}

Result<std::optional<session::ServerPort::Quarantined>> Register::quarantinedAfter(
    std::uint64_t at) const {
    using Found = std::optional<session::ServerPort::Quarantined>;
    if (m_failure || at > static_cast<std::uint64_t>(INT64_MAX)) return Found();
    const Quarantined* item = m_quarantine.after(static_cast<base::TimeMs>(at));
    if (item == nullptr) return Found();
    TRY(auto txn, m_store.read());
    TRY(Bytes segment, Quarantine::segmentOf(*txn, item->chain));
    if (segment.size() != item->bytes) return Found();  // what is staged is not durable yet
    return Found({item->chain, static_cast<std::uint64_t>(item->at),
                  static_cast<std::uint8_t>(item->why), std::move(segment)});
}

/// Where arrivals stand still because a clock once ran ahead, the next start asks the mark.
Status Register::writeClockMark() {
    const base::TimeMs now = m_clock.nowMs();
    bool standsStill = m_lastArrival > static_cast<std::uint64_t>(now);
    bool isFresh = m_clockMark && m_clockMark->arrival == m_lastArrival &&
                   now - m_clockMark->wall < base::limits::kHeardEveryMs;
    if (!standsStill || isFresh) return {};
    TRY(auto held, clockMark(*m_txn));
    const ClockMark mark{now, m_lastArrival, held ? held->number : 0};
    CHECK_OK(putClockMark(*m_txn, mark));
    m_clockMark = mark;
    return {};
}

Status Register::writeStaged() {
    for (const auto& [chain, tip] : m_stagedChains) {
        CHECK_OK(m_tables.putChain(*m_txn, chain, tip));
        CHECK_OK(m_quarantine.settle(*m_txn, chain, tip.state.nextSeq));
    }
    for (const base::ScopeId& scope : m_stagedScopes)
        CHECK_OK(m_tables.putInfo(*m_txn, scope, m_ledgers[scope].staged));
    return m_stagedScopes.empty() ? Status() : writeClockMark();
}

Status Register::commit() {
    if (m_failure) return tl::unexpected(*m_failure);
    if (!m_txn) return {};
    auto write = [this]() -> Status {
        CHECK_OK(writeStaged());
        return m_txn->commit();
    };
    if (auto written = write(); !written) return failed(written.error());
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
    return {};
}

}  // namespace reg
