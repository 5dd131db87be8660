#include "register/quarantine.h"
#include <algorithm>
#include "base/limits.h"

namespace reg {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 1 + 1 + 8;  // before the segment

Quarantined itemOf(const ledger::Segment& segment, QuarantineReason why, base::TimeMs at) {
    return {segment.chain, segment.firstSeq, segment.entries.size(), segment.bytes.size(), at, why};
}

}  // namespace

Status Quarantine::load(const store::ReadTxn& txn) {
    m_items.clear();
    m_bytes = 0;
    return txn.scan(kQuarantine, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        base::Reader in(value);
        const std::uint8_t format = in.u8();
        const std::uint8_t why = in.u8();
        const auto at = static_cast<base::TimeMs>(in.u64());
        auto segment = ledger::parseSegment(in.raw(in.remaining()));
        bool fits = in.ok() && format == kFormat && (why == 1 || why == 2) && segment &&
                    base::copy(key) == segment->chain.key();
        if (!fits) return fail(Code::Corrupt, "what is stored in the quarantine cannot be read");
        m_items[segment->chain] = itemOf(*segment, static_cast<QuarantineReason>(why), at);
        m_bytes += segment->bytes.size();
        m_lastAt = std::max(m_lastAt, at);
        return true;
    });
}

base::TimeMs Quarantine::newest() const {
    base::TimeMs out = 0;
    for (const auto& [chain, item] : m_items) out = std::max(out, item.at);
    return out;
}

const Quarantined* Quarantine::after(base::TimeMs at) const {
    const Quarantined* out = nullptr;
    for (const auto& [chain, item] : m_items) {
        if (item.at > at && (out == nullptr || item.at < out->at)) out = &item;
    }
    return out;
}

Result<Bytes> Quarantine::segmentOf(const store::ReadTxn& txn, const ledger::ChainId& chain) {
    Bytes value;
    TRY(bool found, txn.get(kQuarantine, chain.key(), value));
    if (!found) return Bytes();
    if (value.size() < kHeaderBytes)
        return fail(Code::Corrupt, "what is stored in the quarantine cannot be read");
    return base::copy(ByteView(value).subspan(kHeaderBytes));
}

bool Quarantine::isNew(const ledger::Segment& segment) const {
    auto held = m_items.find(segment.chain);
    return held == m_items.end() || segment.endSeq() > held->second.endSeq();
}

bool Quarantine::hasRoomFor(const ledger::Segment& segment) const {
    using namespace base::limits;
    std::size_t items = 1;
    std::uint64_t bytes = segment.bytes.size();
    auto held = m_items.find(segment.chain);
    const std::uint64_t freed = held == m_items.end() ? 0 : held->second.bytes;
    const bool isMore = held == m_items.end();
    for (const auto& [chain, item] : m_items) {
        if (chain.device != segment.chain.device || chain == segment.chain) continue;
        ++items;
        bytes += item.bytes;
    }
    return items <= kQuarantineDeviceItemsMax && bytes <= kQuarantineDeviceBytesMax &&
           m_items.size() + (isMore ? 1 : 0) <= kQuarantineItemsMax &&
           m_bytes - freed + segment.bytes.size() <= kQuarantineBytesMax;
}

Result<Quarantine::Put> Quarantine::put(store::WriteTxn& txn, const ledger::Segment& segment,
                                        QuarantineReason why, base::TimeMs at) {
    if (!isNew(segment)) return Put::Kept;
    if (!hasRoomFor(segment)) return Put::Full;
    at = std::max(at, m_lastAt + 1);
    Bytes value;
    base::Writer w(value);
    w.u8(kFormat).u8(static_cast<std::uint8_t>(why)).u64(static_cast<std::uint64_t>(at));
    w.raw(segment.bytes);
    CHECK_OK(txn.put(kQuarantine, segment.chain.key(), value));
    Quarantined& item = m_items[segment.chain];
    m_bytes = m_bytes - item.bytes + segment.bytes.size();
    item = itemOf(segment, why, at);
    m_lastAt = at;
    return Put::Kept;
}

Result<ledger::ChainState> Quarantine::endOf(const store::ReadTxn& txn,
                                             const ledger::ChainId& chain,
                                             const ledger::ChainState& ordered) {
    TRY(const Bytes bytes, segmentOf(txn, chain));
    if (bytes.empty()) return ordered;
    TRY(ledger::Segment segment, ledger::parseSegment(bytes));
    if (segment.firstSeq != ordered.nextSeq || segment.prev != ordered.tip) return ordered;
    ledger::ChainState end = ordered;
    for (ByteView entry : segment.entries) CHECK_OK(ledger::advance(end, entry));
    return end;
}

Status Quarantine::settle(store::WriteTxn& txn, const ledger::ChainId& chain,
                          std::uint64_t nextSeq) {
    auto held = m_items.find(chain);
    if (held == m_items.end() || held->second.endSeq() > nextSeq) return {};
    CHECK_OK(txn.erase(kQuarantine, chain.key()));
    m_bytes -= held->second.bytes;
    m_items.erase(held);
    return {};
}

}  // namespace reg
