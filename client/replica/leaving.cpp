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

Status Replica::parcelKept(std::span<const wire::KeptChain> chains) {
    m_kept.assign(chains.begin(), chains.end());
    return {};
}

/// Whether the server, by its last word, still holds of this device's chains what it had ordered:
/// one that was put back may need from this device what is nowhere else.
Result<bool> Replica::isStillOrdered() const {
    for (const auto& [scope, info] : m_ledgers) {
        TRY(ledger::ChainState ordered, orderedTip(scope));
        if (ordered.nextSeq == 0) continue;
        auto kept = std::find_if(m_kept.begin(), m_kept.end(),
                                 [of = scope](const auto& one) { return one.scope == of; });
        if (kept == m_kept.end() || kept->nextSeq < ordered.nextSeq) return false;
    }
    return true;
}

Replica::Leaving Replica::leaving() const {
    const domain::Device* own = ownDevice();
    if (own == nullptr || !own->revokedSince) return Leaving::NotRevoked;
    if (!m_stranded.empty()) return Leaving::Stranded;
    std::size_t chains = 0;
    bool isKept = !m_kept.empty();
    bool isTooMuch = false;
    for (const auto& [scope, pending] : m_pending) {
        if (pending.empty()) continue;
        ++chains;
        const wire::KeptChain wanted{scope, pending.back().seq + 1, pending.back().hash};
        if (std::find(m_kept.begin(), m_kept.end(), wanted) != m_kept.end()) continue;
        isKept = false;
        isTooMuch = isTooMuch || !fitsSegment(pending);
    }
    const bool hasTooMany = chains > base::limits::kQuarantineDeviceItemsMax;
    if (!isKept && (isTooMuch || hasTooMany)) return Leaving::TooMuch;
    auto former = formerRecords();
    if (former && former->records > 0) return Leaving::EarlierEpoch;
    auto isStill = isStillOrdered();
    if (!isKept || !former || !isStill) return Leaving::NotKept;
    return *isStill ? Leaving::Ready : Leaving::Lacking;
}

}  // namespace replica
