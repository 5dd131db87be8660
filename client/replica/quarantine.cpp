// What lies in the server's quarantine, as an office takes it: verified like all that is received,
// and kept until somebody has decided.

#include "replica/quarantine.h"
#include <algorithm>
#include "base/limits.h"
#include "replica/replica.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kStateBytesMax = 256;  // of a chain's state, encoded
constexpr std::uint64_t kTimeMax = static_cast<std::uint64_t>(INT64_MAX) - 1;

Bytes timeBytes(std::uint64_t at) {
    Bytes out;
    base::Writer(out).u64(at);
    return out;
}

}  // namespace

Bytes HeldSegment::encode() const {
    Bytes out;
    base::Writer w(out);
    w.u64(at).sized(before.encode()).raw(segment);
    return out;
}

Result<HeldSegment> HeldSegment::decode(ByteView bytes) {
    base::Reader in(bytes);
    HeldSegment out;
    out.at = in.u64();
    const ByteView state = in.sized(kStateBytesMax);
    out.segment = base::copy(in.raw(in.remaining()));
    if (!in.ok()) return fail(Code::Corrupt, "what is kept for the office cannot be read");
    TRY(out.before, ledger::ChainState::decode(state));
    return out;
}

Result<HeldSegment::Opened> HeldSegment::open() const {
    TRY(ledger::Segment parsed, ledger::parseSegment(segment));
    Opened out{parsed.chain, {}};
    ledger::ChainState state = before;
    for (ByteView one : parsed.entries) {
        TRY(ledger::Entry entry, ledger::advance(state, one));
        out.entries.push_back(entry);
    }
    return out;
}

Status Replica::loadQuarantine() {
    m_quarantined.clear();
    TRY(auto txn, m_store.read());
    return txn->scan(kQuarantined, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        TRY(HeldSegment held, HeldSegment::decode(value));
        TRY(ledger::Segment segment, ledger::parseSegment(held.segment));
        if (key.size() != base::Hash::kSize)
            return fail(Code::Corrupt, "what is kept for the office cannot be read");
        m_quarantined[base::Hash::from(key)] = {segment.chain, held.segment.size(), {}};
        return true;
    });
}

/// Room for one more, however long it is.
bool Replica::hasQuarantineRoom() const {
    using namespace base::limits;
    std::size_t bytes = kSegmentBytesMax;
    for (const auto& [last, held] : m_quarantined) bytes += held.bytes;
    return m_quarantined.size() < kQuarantineItemsMax && bytes <= kQuarantineBytesMax;
}

/// For the hello: 1 + the newest that was heard, or 0 where none is wanted.
Result<std::uint64_t> Replica::quarantineWanted() const {
    if (!decidesHere() || !hasQuarantineRoom()) return 0;
    TRY(std::optional<Bytes> heard, setting(kQuarantineHeardName));
    if (!heard) return 1;
    base::Reader in(*heard);
    const std::uint64_t at = in.u64();
    if (!in.atEnd() || at > kTimeMax)
        return fail(Code::Corrupt, "This home's place in the server's quarantine cannot be read.");
    return at + 1;
}

/// The chain before the entry with this seq, as it is ordered here; nothing if it ends before that.
Result<std::optional<ledger::ChainState>> Replica::stateAt(const store::ReadTxn& txn,
                                                           const ledger::ChainId& chain,
                                                           std::uint64_t seq) const {
    using Found = std::optional<ledger::ChainState>;
    TRY(store::ChainTip tip, m_tables.chain(txn, m_identity.province, chain));
    if (seq > tip.state.nextSeq) return Found();
    return m_tables.chainAt(txn, chain.scope, tip, seq, SIZE_MAX);
}

/// Whether this very entry stands in the ledger by now.
Result<bool> Replica::isOrdered(const store::ReadTxn& txn, const ledger::ChainId& chain,
                                const ledger::Entry& entry) const {
    TRY(auto after, stateAt(txn, chain, entry.seq + 1));
    return after && after->tip == entry.hash;
}

/// All that a device has written in a ledger, under whatever incarnation.
Result<std::set<base::Hash>> Replica::entriesOf(const store::ReadTxn& txn,
                                                const base::ScopeId& scope,
                                                const base::DeviceId& device) const {
    std::set<base::Hash> out;
    TRY(auto chains, m_tables.chainsOf(txn, scope, device));
    for (const auto& [chain, tip] : chains) {
        for (std::uint64_t end = tip.recordEnd; end > 0;) {
            TRY(auto stored, m_tables.recordAt(txn, scope, end - 1));
            if (!stored || stored->before.recordEnd >= end)
                return fail(Code::Corrupt, "a chain's record is missing");
            TRY(store::OpenedRecord record, store::openRecord(*stored));
            for (const ledger::Entry& entry : record.entries) out.insert(entry.hash);
            end = stored->before.recordEnd;
        }
    }
    return out;
}

/// Whether the entry's act stands in the ledger, by this entry or another: an author chooses what
/// his entry says to restate.
Result<bool> Replica::isActOrdered(const store::ReadTxn& txn, const ledger::ChainId& chain,
                                   const ledger::Entry& entry, EntriesOf& known) const {
    TRY(const bool isHere, isOrdered(txn, chain, entry));
    if (isHere) return true;
    const base::Hash act = ledger::actOf(entry);
    if (m_view.mayRestate(chain.scope, chain.device))
        return View::isActHeld(txn, {chain.scope, chain.device, act});
    if (!entry.header.restates) return false;
    auto [it, isNew] = known.try_emplace({chain.scope, chain.device});
    if (isNew) {
        TRY(it->second, entriesOf(txn, chain.scope, chain.device));
    }
    return it->second.contains(act);
}

Result<std::vector<HeldSegment::Waiting>> Replica::waitingIn(const store::ReadTxn& txn,
                                                             const HeldSegment& held,
                                                             const HeldSegment::Opened& opened,
                                                             EntriesOf& known) const {
    const ledger::ChainId& chain = opened.chain;
    const bool begins = held.before.nextSeq == 0 && !opened.entries.empty();
    const bool mayRestate = chain.scope == m_directory.directory().directoryScopeId() ||
                            m_view.continues(chain) ||
                            (begins && session::beginsContinuing(chain, opened.entries.front()));
    std::vector<HeldSegment::Waiting> out;
    for (std::size_t i = 0; i < opened.entries.size(); ++i) {
        const ledger::Entry& entry = opened.entries[i];
        const bool isFalse = entry.header.restates && !mayRestate;
        const Judgeable what = judgeableOf(chain, isFalse ? entry.hash : ledger::actOf(entry));
        TRY(const bool isDecided, View::isDecided(txn, what));
        if (isDecided) continue;
        TRY(const bool isThere,
            isFalse ? isOrdered(txn, chain, entry) : isActOrdered(txn, chain, entry, known));
        if (!isThere) out.push_back({i, what, isFalse});
    }
    return out;
}

bool Replica::decidesHere() const {
    const domain::Directory& directory = m_directory.directory();
    return directory.hasGenesis() &&
           domain::mayJudge(directory, m_identity.device, directory.size());
}

/// Whether this replica's own directory knows no reason to keep the chain apart.
bool Replica::isHeldBack(const ledger::ChainId& chain) const {
    const domain::Directory& directory = m_directory.directory();
    const domain::Device* device = directory.device(chain.device);
    if (device == nullptr || device->revokedSince) return false;
    return chain.scope == directory.directoryScopeId() ||
           directory.mayAppend(chain.device, chain.scope, directory.size());
}

/// An act of the directory, or of a unit that nobody knows, is decided about in the ledger of its
/// device's unit.
Judgeable Replica::judgeableOf(const ledger::ChainId& chain, const base::Hash& act) const {
    const domain::Directory& directory = m_directory.directory();
    const domain::Unit* unit = directory.unitOfScope(chain.scope);
    const domain::Device* device = directory.device(chain.device);
    if (unit == nullptr && device != nullptr) unit = directory.unit(device->unit);
    return {unit == nullptr ? chain.scope : unit->scope, chain.device, act};
}

Status Replica::quarantined(const wire::Quarantined& message) {
    if (!decidesHere()) return fail(Code::Malformed, "The server sent what only the office gets.");
    if (message.at == 0 || message.at > kTimeMax)
        return fail(Code::Malformed, "The server dates work without right at no time.");
    // What there is no room for stays at the server, and is asked for again.
    m_quarantineOverflow = m_quarantineOverflow || !hasQuarantineRoom();
    if (m_quarantineOverflow) return {};
    TRY(ledger::Segment segment, ledger::parseSegment(message.segment));
    const domain::Device* device = m_directory.directory().device(segment.chain.device);
    if (device == nullptr)
        return fail(Code::Malformed, "The server sent work of a device that it has not enrolled.");
    TRY(auto txn, m_store.write());
    TRY(auto before, stateAt(*txn, segment.chain, segment.firstSeq));
    if (!before || before->tip != segment.prev)
        return fail(Code::Malformed, "The server sent work that goes on from no chain held here.");
    ledger::ChainState state = *before;
    std::vector<ledger::Entry> entries;
    CHECK_OK(ledger::verifySegment(m_identity.province, device->key, segment, state, entries));
    // A longer one of the same chain takes the place of what it goes on from.
    std::vector<base::Hash> replaced;
    for (const auto& [last, held] : m_quarantined) {
        const bool isIn = held.chain == segment.chain && last != state.tip &&
                          std::any_of(entries.begin(), entries.end(),
                                      [&](const ledger::Entry& e) { return e.hash == last; });
        if (isIn) replaced.push_back(last);
    }
    for (const base::Hash& last : replaced) CHECK_OK(txn->erase(kQuarantined, last.view()));
    const HeldSegment held{message.at, *before, base::copy(message.segment)};
    CHECK_OK(txn->put(kQuarantined, state.tip.view(), held.encode()));
    CHECK_OK(txn->put(kSettings, base::view(kQuarantineHeardName), timeBytes(message.at)));
    CHECK_OK(txn->commit());
    for (const base::Hash& last : replaced) m_quarantined.erase(last);
    m_quarantined[state.tip] = {segment.chain, held.segment.size(), {}};
    m_viewBehind = true;  // some of it may be decided about already
    return {};
}

/// Notes what waits, and drops what needs no decision any more.
Status Replica::settleQuarantine() {
    std::vector<base::Hash> done;
    {
        TRY(auto txn, m_store.read());
        EntriesOf known;
        for (auto& [last, summary] : m_quarantined) {
            Bytes value;
            TRY(bool found, txn->get(kQuarantined, last.view(), value));
            if (!found) return fail(Code::Corrupt, "what is kept for the office is missing");
            TRY(HeldSegment held, HeldSegment::decode(value));
            TRY(HeldSegment::Opened opened, held.open());
            TRY(auto waiting, waitingIn(*txn, held, opened, known));
            summary.waiting.clear();
            for (const HeldSegment::Waiting& one : waiting) summary.waiting.push_back(one.what);
            if (waiting.empty()) done.push_back(last);
        }
    }
    if (done.empty()) return {};
    TRY(auto txn, m_store.write());
    for (const base::Hash& last : done) CHECK_OK(txn->erase(kQuarantined, last.view()));
    CHECK_OK(txn->commit());
    for (const base::Hash& last : done) m_quarantined.erase(last);
    return {};
}

}  // namespace replica
