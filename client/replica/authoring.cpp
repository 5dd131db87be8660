#include <algorithm>

#include "base/limits.h"
#include "ledger/body.h"
#include "replica/replica.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

Status checkDirectoryRights(const domain::Directory& directory, const base::DeviceId& device,
                            std::span<const domain::Change> changes, base::TimeMs now) {
    for (const domain::Change& change : changes) {
        if (auto reason = directory.reasonNotAdmitted(device, change, now))
            return fail(Code::NotPermitted, "Your roles do not allow this: " + *reason + ".");
    }
    return {};
}

}  // namespace

bool fitsEntry(const domain::Change& change) {
    constexpr std::size_t kEnvelopeBytes = 2048;  // header, seal and writes to displace
    Bytes plain = wire::encodeBody(std::span(&change, 1));
    return wire::compress(plain, wire::kImportLevel, 0).size() + kEnvelopeBytes <=
           base::limits::kEntryBytesMax;
}

std::uint8_t Replica::dictionaryNewest() {
    return wire::kDictionaryNewest;
}

Status Replica::checkRights(const Act& act) const {
    const domain::Directory& directory = m_directory.directory();
    if (const domain::Device* own = ownDevice(); own != nullptr && own->revokedSince) {
        return fail(Code::NotPermitted,
                    "The province has revoked this device: nothing is written here any more, since "
                    "it could not be sent. What waits here is kept.");
    }
    if (act.scope == directory.directoryScopeId()) {
        return checkDirectoryRights(directory, m_identity.device, act.changes, m_clock.nowMs());
    }
    if (directory.rolesAt(m_identity.device, directory.size()) == domain::roles::kAuditor) {
        return fail(Code::NotPermitted,
                    "This device only reads: its officers are auditors. Nothing was written.");
    }
    for (const domain::Change& change : act.changes) {
        auto reason = domain::reasonWithoutEffect(directory, m_identity.device, act.scope,
                                                  directory.size(), change);
        if (reason)
            return fail(Code::NotPermitted, "Your roles do not allow this: " + *reason + ".");
    }
    return {};
}

ledger::Seen Replica::seenNow(const base::ScopeId& scope) const {
    ledger::Seen seen;
    seen.directorySize = m_directory.size();
    auto it = m_ledgers.find(scope);
    if (it == m_ledgers.end() || it->second.size() == 0) return seen;
    seen.epoch = it->second.epoch;
    seen.ledgerSize = it->second.size();
    seen.root = ledger::shortRoot(it->second.frontier.root());
    return seen;
}

/// The newest key of a unit, in which new entries are written; none for the directory.
Result<const crypto::SecretKey*> Replica::writingKey(const base::ScopeId& scope,
                                                     std::uint64_t& version) const {
    version = 0;
    if (scope == domain::directoryScope(m_identity.province)) return nullptr;
    version = m_directory.directory().newestKeyVersion(scope, m_directory.size());
    const crypto::SecretKey* key = m_keys.find(scope, static_cast<std::uint32_t>(version));
    if (key != nullptr) return key;
    return fail(Code::WaitingForKey,
                "This device waits for the unit's key: the office must synchronise once, "
                "then this device.");
}

/// The next entry of the chain: what its header says besides, and its seal.
Result<PendingEntry> Replica::seal(const base::ScopeId& scope, ledger::Header header,
                                   ByteView packed, std::size_t bytesMax,
                                   ledger::ChainState& tip) const {
    TRY(const crypto::SecretKey* key, writingKey(scope, header.keyVersion));
    header.seen = seenNow(scope);
    if (tip.nextSeq == 0) {
        TRY(header.continues, continuesFor(scope));
    }
    PendingEntry out;
    out.bytes = ledger::encodeHeader(header, tip);
    const Bytes headerBytes = out.bytes;
    if (key == nullptr) {
        base::Writer(out.bytes).raw(packed);
    } else {
        ledger::sealBody(*key, tip.tip, headerBytes, packed, out.bytes);
    }
    if (out.bytes.size() > bytesMax) {
        return fail(Code::Limit,
                    "This is more than one entry can hold (64 KiB); write it in parts.");
    }
    TRY(ledger::Entry entry, ledger::advance(tip, out.bytes));
    out.seq = entry.seq;
    out.claimed = entry.header.claimed;
    out.seen = entry.header.seen;
    out.prev = entry.prev;
    out.hash = entry.hash;
    out.act = ledger::actOf(entry);
    Bytes sealed = ledger::sealedBytes(m_identity.province, ownChain(scope), out.seq, out.hash);
    out.seal = crypto::sign(m_identity.deviceKey, crypto::Context::Seal, sealed);
    return out;
}

Result<PendingEntry> Replica::build(const base::ScopeId& scope,
                                    std::span<const domain::Change> changes, Cost cost,
                                    ledger::ChainState& tip) const {
    ledger::Header header;
    CHECK_OK(writingKey(scope, header.keyVersion));
    header.claimed = m_clock.nowMs();
    if (scope != domain::directoryScope(m_identity.province)) {
        header.dictionary = std::min(m_directory.directory().dictionaryAllowed(m_directory.size()),
                                     wire::kDictionaryNewest);
    }
    Bytes plain = wire::encodeBody(changes);
    // What no replica could read must not be written.
    if (auto readable = wire::decodeBody(plain); !readable) {
        return fail(Code::Limit,
                    "This is more than one act may hold: at most 64 fields, 32 KiB a text and "
                    "1,024 changes.");
    }
    Bytes packed = wire::compress(
        plain, cost == Cost::Small ? wire::kBodyLevel : wire::kImportLevel, header.dictionary);
    if (plain.size() > base::limits::kPlainBodyBytesMax) {
        return fail(Code::Limit,
                    "This is more than one entry can hold (64 KiB); write it in parts.");
    }
    constexpr std::size_t kBytesMax = base::limits::kEntryBytesMax - base::limits::kRestatingBytes;
    return seal(scope, std::move(header), packed, kBytesMax, tip);
}

Status Replica::put(store::WriteTxn& txn, const base::ScopeId& scope, const PendingEntry& entry) {
    Bytes value;
    base::Writer(value).raw(scope.view()).raw(entry.seal.view()).raw(entry.bytes);
    return txn.append(kPending, store::orderedKey(entry.ordinal), value);
}

Status Replica::store(std::vector<std::pair<base::ScopeId, PendingEntry>> entries) {
    TRY(auto txn, m_store.write());
    for (auto& [scope, p] : entries) {
        p.ordinal = m_nextOrdinal++;
        CHECK_OK(put(*txn, scope, p));
    }
    CHECK_OK(txn->commit());
    for (auto& [scope, p] : entries) m_pending[scope].push_back(std::move(p));
    return {};
}

Status Replica::addToOverlay(std::span<const Act> acts) {
    TRY(auto txn, m_store.read());
    std::map<base::ScopeId, std::size_t> counts;
    for (const Act& act : acts) ++counts[act.scope];
    for (const Act& act : acts) {
        const auto& pending = m_pending[act.scope];
        const PendingEntry& entry = pending[pending.size() - counts[act.scope]--];
        CHECK_OK(m_overlay.add(m_view, *txn, act.scope, entry, act.changes));
    }
    return {};
}

Result<domain::Change> Replica::state(const base::ScopeId& scope, domain::Written written,
                                      const base::PublicKey& officer) const {
    const auto& keys = m_identity.officerKeys;
    auto key = std::find_if(keys.begin(), keys.end(),
                            [&](const auto& one) { return one.publicKey == officer; });
    if (key == keys.end()) {
        return fail(Code::NotPermitted,
                    "The key of this officer is not on this machine, so nothing can be signed in "
                    "his name here.");
    }
    const Bytes statement = domain::statementOf(written, m_identity.province, scope);
    return domain::Stated{std::move(written), domain::officerNumber(officer),
                          crypto::sign(*key, crypto::Context::Statement, statement)};
}

Result<std::vector<base::Hash>> Replica::appendAll(std::span<const Act> acts, Cost cost) {
    std::map<base::ScopeId, ledger::ChainState> tips;
    std::vector<std::pair<base::ScopeId, PendingEntry>> entries;
    std::vector<base::Hash> hashes;
    for (const Act& act : acts) {
        CHECK_OK(checkRights(act));
        if (!tips.contains(act.scope)) {
            TRY(tips[act.scope], ownTip(act.scope));
        }
        TRY(PendingEntry entry, build(act.scope, act.changes, cost, tips[act.scope]));
        hashes.push_back(entry.hash);
        entries.emplace_back(act.scope, std::move(entry));
    }
    std::uint64_t ordinal = m_nextOrdinal;
    if (auto stored = store(std::move(entries)); !stored) {
        m_nextOrdinal = ordinal;
        return tl::unexpected(stored.error());
    }
    for (auto& [scope, tip] : tips) m_tips[scope] = tip;
    // The entries are durable: a failure from here on only means that the overlay is derived anew.
    if (m_overlayFresh) m_overlayFresh = addToOverlay(acts).has_value();
    return hashes;
}

Result<base::Hash> Replica::append(const Act& act) {
    TRY(std::vector<base::Hash> hashes, appendAll(std::span(&act, 1), Cost::Small));
    return hashes.front();
}

Result<Bytes> Replica::introductionSegment() const {
    base::ScopeId scope = domain::directoryScope(m_identity.province);
    auto segmentOf = [&](const base::IncarnationId& incarnation, const PendingEntry& first) {
        Bytes segment;
        ByteView view = first.bytes;
        ledger::encodeSegment({scope, m_identity.device, incarnation}, first.seq, first.prev,
                              std::span(&view, 1), first.seal, segment);
        return segment;
    };
    for (const auto& [ordinal, s] : m_stranded) {
        if (s.scope == scope && s.entry.seq == 0) return segmentOf(s.incarnation, s.entry);
    }
    auto it = m_pending.find(scope);
    bool isHeld = it != m_pending.end() && !it->second.empty() && it->second.front().seq == 0;
    if (!isHeld || !m_former.empty())
        return fail(Code::NotFound, "This device has no introduction waiting.");
    return segmentOf(m_identity.incarnation, it->second.front());
}

Status Replica::reintroduce(std::span<const domain::Change> changes) {
    const base::ScopeId scope = domain::directoryScope(m_identity.province);
    auto it = m_pending.find(scope);
    bool isUnseen = m_ledgers.empty() && m_former.empty() && pendingEntries() == 1 &&
                    it != m_pending.end() && it->second.size() == 1 && it->second.front().seq == 0;
    if (!isUnseen) {
        return fail(
            Code::InvalidInput,
            "This device has introduced itself to the server already; nothing was changed.");
    }
    auto tip = ledger::ChainState::start(m_identity.province, ownChain(scope));
    TRY(PendingEntry entry, build(scope, changes, Cost::Small, tip));
    TRY(auto txn, m_store.write());
    CHECK_OK(txn->erase(kPending, store::orderedKey(it->second.front().ordinal)));
    entry.ordinal = m_nextOrdinal;
    CHECK_OK(put(*txn, scope, entry));
    CHECK_OK(txn->commit());
    ++m_nextOrdinal;
    m_tips[scope] = tip;
    it->second.front() = std::move(entry);
    m_overlayFresh = false;
    return {};
}

std::uint64_t Replica::pendingEntries() const {
    std::uint64_t sum = 0;
    for (const auto& [scope, entries] : m_pending) sum += entries.size();
    for (const auto& [ordinal, s] : m_stranded) sum += s.kept.empty() ? 1 : 0;
    return sum;
}

std::vector<base::Hash> Replica::pendingActs() const {
    std::vector<base::Hash> out;
    for (const auto& [ordinal, s] : m_stranded) out.push_back(s.entry.act);
    for (const auto& [scope, entries] : m_pending) {
        for (const PendingEntry& p : entries) out.push_back(p.act);
    }
    return out;
}

std::uint64_t Replica::pendingBytes() const {
    std::uint64_t sum = 0;
    for (const auto& [ordinal, s] : m_stranded) {
        if (s.kept.empty()) sum += s.entry.bytes.size();
    }
    for (const auto& [scope, entries] : m_pending) {
        for (const PendingEntry& p : entries) sum += p.bytes.size();
    }
    return sum;
}

}  // namespace replica
