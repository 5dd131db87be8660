#include "ledger/record.h"
#include "ledger/merkle.h"

namespace ledger {

Bytes FormerPlace::encode() const {
    Bytes out = head.encode();
    base::Writer w(out);
    w.u64(position).u64(at.arrival).u64(at.directorySize).u64(at.firstArrival);
    w.raw(directoryRoot.view()).u8(static_cast<std::uint8_t>(path.size()));
    for (const Hash& hash : path) w.raw(hash.view());
    return out;
}

Result<FormerPlace> FormerPlace::decode(ByteView bytes) {
    auto malformed = [] {
        return base::fail(base::Code::Malformed, "where a record stood before cannot be read");
    };
    base::Reader in(bytes);
    const ByteView head = in.raw(kHeadBytes);
    if (!in.ok()) return malformed();
    FormerPlace out;
    TRY(out.head, Head::decode(head));
    out.position = in.u64();
    out.at.arrival = in.u64();
    out.at.directorySize = in.u64();
    out.at.firstArrival = in.u64();
    out.directoryRoot = in.fixed<Hash>();
    const std::size_t count = in.u8();
    if (count > base::limits::kAuditPathMax) return malformed();
    for (std::size_t i = 0; i < count && in.ok(); ++i) out.path.push_back(in.fixed<Hash>());
    if (!in.atEnd()) return malformed();
    return out;
}

bool FormerPlace::holds(const base::ProvinceId& province, const base::ScopeId& scope,
                        const Hash& entryHash) const {
    return head.province == province && head.scope == scope &&
           verifyInclusion<LedgerHash>(leafHash(entryHash, at, directoryRoot), position, head.size,
                                       head.root, path);
}

Result<Record> parseRecord(ByteView bytes) {
    if (bytes.size() < kArrivalBytes) {
        return base::fail(base::Code::Malformed, "a record is too short");
    }
    Record record;
    ByteView before = bytes.first(bytes.size() - kArrivalBytes);
    base::Reader in(bytes.last(kArrivalBytes));
    record.at.arrival = in.u64();
    record.at.directorySize = in.u64();
    record.at.firstArrival = in.u64();
    if (record.at.firstArrival != record.at.arrival) {
        constexpr std::size_t kLengthBytes = 2;
        const std::size_t length =
            before.size() < kLengthBytes ? 0 : base::Reader(before.last(kLengthBytes)).u16();
        if (length == 0 || length > before.size() - kLengthBytes)
            return base::fail(base::Code::Malformed, "a record whose first arrival is not proven");
        before = before.first(before.size() - kLengthBytes);
        TRY(record.former, FormerPlace::decode(before.last(length)));
        before = before.first(before.size() - length);
    }
    TRY(record.segment, parseSegment(before));
    record.bytes = bytes;
    return record;
}

void encodeArrival(const Arrival& at, Bytes& out) {
    base::Writer(out).u64(at.arrival).u64(at.directorySize).u64(at.firstArrival);
}

void encodeArrival(const Arrival& at, const FormerPlace& former, Bytes& out) {
    const Bytes place = former.encode();
    base::Writer(out).raw(place).u16(static_cast<std::uint16_t>(place.size()));
    encodeArrival(at, out);
}

Hash leafHash(const Hash& entryHash, const Arrival& at, const Hash& directoryRoot) {
    return crypto::Hasher("")
        .u8(0)
        .add(entryHash.view())
        .u64(at.arrival)
        .u64(at.directorySize)
        .add(directoryRoot.view())
        .u64(at.firstArrival)
        .finish();
}

bool mayHaveArrived(const Head& head, const Arrival& at) {
    const bool isFirst = head.epoch > 0 || at.firstArrival == at.arrival;
    return isFirst && at.firstArrival <= at.arrival && at.arrival <= head.time;
}

}  // namespace ledger
