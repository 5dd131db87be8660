// A revoked device: what it leaves with the server before its home is destroyed.

#include <algorithm>
#include "base/limits.h"
#include "replica/replica.h"

namespace replica {
namespace {

/// Whether one segment holds all of these.
bool fitsSegment(const std::deque<PendingEntry>& pending) {
    std::size_t bytes = ledger::kSegmentFixedBytes;
    for (const PendingEntry& p : pending) bytes += ledger::entryBytesInSegment(p.bytes.size());
    return pending.size() <= base::limits::kSegmentEntriesMax &&
           bytes <= base::limits::kSegmentBytesMax;
}

}  // namespace

/// What is ordered already needs no place in the parcel. Chains that differ are not sent: at the
/// end the server names another tip for them than this device's, and nothing is destroyed.
Status Replica::beginParcel(std::span<const wire::KeptChain> chains) {
    m_isParcel = true;
    for (const wire::KeptChain& chain : chains)
        m_pushFrom[chain.scope] = std::max(m_pushFrom[chain.scope], chain.nextSeq);
    return {};
}

Status Replica::parcelKept(std::span<const wire::KeptChain> chains,
                           std::span<const wire::LedgerState> held) {
    m_lastWord = LastWord{{chains.begin(), chains.end()}, {held.begin(), held.end()}};
    return {};
}

/// Whether the server, by its last word, still holds all that was ordered by then, of this device's
/// own chains and of others': one that was put back may need from here what is nowhere else.
Result<bool> Replica::isHeldByServer() const {
    const auto& held = m_lastWord->held;
    for (const auto& [scope, info] : m_ledgers) {
        auto named = std::find_if(m_named.begin(), m_named.end(),
                                  [&, of = scope](const auto& one) { return one.scope == of; });
        if (named == m_named.end()) continue;  // it came in this session, from this server
        if (std::find(held.begin(), held.end(), *named) == held.end()) return false;
    }
    return true;
}

Replica::Leaving Replica::leaving() const {
    const domain::Device* own = ownDevice();
    if (own == nullptr || !own->revokedSince) return Leaving::NotRevoked;
    if (!m_stranded.empty()) return Leaving::Stranded;
    std::size_t chains = 0;
    bool isKept = m_lastWord.has_value();
    bool isTooMuch = false;
    for (const auto& [scope, pending] : m_pending) {
        if (pending.empty()) continue;
        ++chains;
        const wire::KeptChain wanted{scope, pending.back().seq + 1, pending.back().hash};
        const bool isThere =
            m_lastWord && std::find(m_lastWord->chains.begin(), m_lastWord->chains.end(), wanted) !=
                              m_lastWord->chains.end();
        if (isThere) continue;
        isKept = false;
        isTooMuch = isTooMuch || !fitsSegment(pending);
    }
    const bool hasTooMany = chains > base::limits::kQuarantineDeviceItemsMax;
    if (!isKept && (isTooMuch || hasTooMany)) return Leaving::TooMuch;
    const auto former = formerRecords();
    if (former && former->records > 0) return Leaving::EarlierEpoch;
    if (!isKept || !former) return Leaving::NotKept;
    const auto isHeld = isHeldByServer();
    if (!isHeld) return Leaving::NotKept;
    if (!*isHeld) return Leaving::Lacking;
    return holdsAuthorityKey() ? Leaving::HoldsAuthority : Leaving::Ready;
}

}  // namespace replica
