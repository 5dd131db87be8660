#include "ledger/segment.h"
#include "base/limits.h"

namespace ledger {

using base::Code;
using base::fail;

Result<Segment> parseSegment(ByteView bytes) {
    if (bytes.size() > base::limits::kSegmentBytesMax) {
        return fail(Code::Limit, "a segment is longer than 128 KiB");
    }
    base::Reader in(bytes);
    Segment s;
    s.chain.scope = in.fixed<base::ScopeId>();
    s.chain.device = in.fixed<base::DeviceId>();
    s.chain.incarnation = in.fixed<base::IncarnationId>();
    s.firstSeq = in.u64();
    std::size_t count = in.u16();
    s.prev = in.fixed<Hash>();
    if (!in.ok() || count == 0 || count > base::limits::kSegmentEntriesMax ||
        s.firstSeq > UINT64_MAX - count) {
        return fail(Code::Malformed, "a segment's head cannot be read");
    }
    s.entries.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        s.entries.push_back(in.sized(base::limits::kEntryBytesMax));
    }
    s.seal = in.fixed<base::Signature>();
    if (!in.atEnd()) return fail(Code::Malformed, "a segment's entries do not fit its length");
    s.bytes = bytes;
    return s;
}

void encodeSegment(const ChainId& chain, std::uint64_t firstSeq, const Hash& prev,
                   std::span<const ByteView> entries, const base::Signature& seal, Bytes& out) {
    base::Writer w(out);
    w.raw(chain.scope.view()).raw(chain.device.view()).raw(chain.incarnation.view());
    w.u64(firstSeq).u16(static_cast<std::uint16_t>(entries.size())).raw(prev.view());
    for (ByteView entry : entries) w.sized(entry);
    w.raw(seal.view());
}

std::size_t entryBytesInSegment(std::size_t entrySize) {
    return entrySize + (entrySize < 0x80 ? 1 : entrySize < 0x4000 ? 2 : 3);
}

Status verifySegment(const base::ProvinceId& province, const base::PublicKey& deviceKey,
                     const Segment& segment, ChainState& state, std::vector<Entry>& out) {
    if (segment.firstSeq != state.nextSeq || segment.prev != state.tip) {
        return fail(Code::Forked, "a segment does not follow the chain that is held");
    }
    ChainState next = state;
    std::vector<Entry> entries;
    entries.reserve(segment.entries.size());
    for (ByteView bytes : segment.entries) {
        TRY(Entry entry, advance(next, bytes));
        entries.push_back(std::move(entry));
    }
    Bytes sealed = sealedBytes(province, segment.chain, next.nextSeq - 1, next.tip);
    if (!crypto::verify(deviceKey, crypto::Context::Seal, sealed, segment.seal)) {
        return fail(Code::BadSignature, "a segment's seal does not verify");
    }
    state = next;
    out = std::move(entries);
    return {};
}

}  // namespace ledger
