#include "ledger/entry.h"
#include "base/limits.h"

namespace ledger {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kSeenBit = 1 << 4;
constexpr std::uint8_t kRestatesBit = 1 << 5;
constexpr std::uint8_t kContinuesBit = 1 << 6;

Seen readSeen(base::Reader& in) {
    Seen seen;
    std::uint64_t epoch = in.varint();
    if (epoch > UINT32_MAX) in.failHere();
    seen.epoch = static_cast<std::uint32_t>(epoch);
    seen.ledgerSize = in.varint();
    seen.directorySize = in.varint();
    seen.root = in.fixed<ShortRoot>();
    return seen;
}

Hash hashOfEntry(std::uint64_t seq, const Header& header, ByteView bytes) {
    return crypto::Hasher("ts-entry")
        .u64(seq)
        .u64(static_cast<std::uint64_t>(header.claimed))
        .u32(header.seen.epoch)
        .u64(header.seen.ledgerSize)
        .u64(header.seen.directorySize)
        .add(header.seen.root.view())
        .add(bytes)
        .finish();
}

/// Returns the header's length in bytes; 0 if it is malformed.
std::size_t readHeader(ByteView bytes, const ChainState& before, Header& out) {
    base::Reader in(bytes);
    std::uint8_t first = in.u8();
    bool isStart = before.nextSeq == 0;
    if ((first & 0x0F) != kFormat || (first & 0x80) != 0) return 0;
    if (isStart && (first & kSeenBit) == 0) return 0;  // seq 0 always says what it saw
    if (!isStart && (first & kContinuesBit) != 0) return 0;
    out.keyVersion = in.varint();
    out.dictionary = in.u8();
    std::int64_t step = in.zigzag();
    if (__builtin_add_overflow(before.claimed, step, &out.claimed)) return 0;
    out.seen = before.seen;
    if ((first & kSeenBit) != 0) {
        out.seen = readSeen(in);
        if (!isStart && out.seen == before.seen) return 0;  // one value, one encoding
    }
    if ((first & kRestatesBit) != 0) out.restates = in.fixed<Hash>();
    if ((first & kContinuesBit) != 0) {
        Continues c;
        c.incarnation = in.fixed<base::IncarnationId>();
        c.seq = in.varint();
        c.tip = in.fixed<Hash>();
        out.continues = c;
    }
    return in.ok() ? in.position() : 0;
}

}  // namespace

Bytes ChainId::key() const {
    Bytes out;
    base::Writer(out).raw(scope.view()).raw(device.view()).raw(incarnation.view());
    return out;
}

Result<ChainId> ChainId::ofKey(ByteView key) {
    base::Reader in(key);
    ChainId out;
    out.scope = in.fixed<base::ScopeId>();
    out.device = in.fixed<base::DeviceId>();
    out.incarnation = in.fixed<base::IncarnationId>();
    if (!in.atEnd()) return base::fail(base::Code::Corrupt, "a stored chain has no name");
    return out;
}

ChainState ChainState::start(const base::ProvinceId& province, const ChainId& chain) {
    ChainState state;
    state.tip = crypto::hash("ts-chain", {province.view(), chain.scope.view(), chain.device.view(),
                                          chain.incarnation.view()});
    return state;
}

Bytes ChainState::encode() const {
    Bytes out;
    base::Writer w(out);
    w.u64(nextSeq).raw(tip.view()).u64(static_cast<std::uint64_t>(claimed)).u32(seen.epoch);
    w.u64(seen.ledgerSize).u64(seen.directorySize).raw(seen.root.view());
    return out;
}

Result<ChainState> ChainState::decode(ByteView bytes) {
    base::Reader in(bytes);
    ChainState s;
    s.nextSeq = in.u64();
    s.tip = in.fixed<Hash>();
    s.claimed = static_cast<base::TimeMs>(in.u64());
    s.seen.epoch = in.u32();
    s.seen.ledgerSize = in.u64();
    s.seen.directorySize = in.u64();
    s.seen.root = in.fixed<ShortRoot>();
    if (!in.atEnd())
        return base::fail(base::Code::Corrupt, "a stored chain state has a wrong length");
    return s;
}

std::uint64_t writeIdOf(const Hash& hash) {
    base::Reader in(hash.view());
    return in.u64();
}

Bytes encodeHeader(const Header& header, const ChainState& before) {
    bool isStart = before.nextSeq == 0;
    bool seen = isStart || !(header.seen == before.seen);
    Bytes out;
    base::Writer w(out);
    w.u8(static_cast<std::uint8_t>(kFormat | (seen ? kSeenBit : 0) |
                                   (header.restates ? kRestatesBit : 0) |
                                   (isStart && header.continues ? kContinuesBit : 0)));
    w.varint(header.keyVersion)
        .u8(header.dictionary)
        .zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(header.claimed) -
                                          static_cast<std::uint64_t>(before.claimed)));
    if (seen) {
        w.varint(header.seen.epoch).varint(header.seen.ledgerSize);
        w.varint(header.seen.directorySize).raw(header.seen.root.view());
    }
    if (header.restates) w.raw(header.restates->view());
    if (isStart && header.continues) {
        w.raw(header.continues->incarnation.view()).varint(header.continues->seq);
        w.raw(header.continues->tip.view());
    }
    return out;
}

Result<Entry> advance(ChainState& state, ByteView bytes) {
    if (bytes.size() > base::limits::kEntryBytesMax) {
        return base::fail(base::Code::Limit, "an entry is longer than 64 KiB");
    }
    Entry entry;
    std::size_t headerSize = readHeader(bytes, state, entry.header);
    if (headerSize == 0)
        return base::fail(base::Code::Malformed, "an entry's header cannot be read");
    entry.seq = state.nextSeq;
    entry.bytes = bytes;
    entry.headerBytes = bytes.first(headerSize);
    entry.body = bytes.subspan(headerSize);
    entry.prev = state.tip;
    entry.entryHash = hashOfEntry(entry.seq, entry.header, bytes);
    entry.hash = linkHash(entry.prev, entry.entryHash);
    state.nextSeq += 1;
    state.tip = entry.hash;
    state.claimed = entry.header.claimed;
    state.seen = entry.header.seen;
    return entry;
}

Result<Entry> readAlone(std::uint64_t seq, const Hash& prev, base::TimeMs claimed, const Seen& seen,
                        ByteView bytes) {
    auto malformed = [] {
        return base::fail(base::Code::Malformed,
                          "an entry's header says other times than its proof");
    };
    base::Reader in(bytes);
    bool hasSeen = (in.u8() & kSeenBit) != 0;
    in.varint();
    in.u8();
    std::int64_t step = in.zigzag();
    ChainState before;
    before.nextSeq = seq;
    before.tip = prev;
    if (__builtin_sub_overflow(claimed, step, &before.claimed)) return malformed();
    if (seq == 0 && before.claimed != 0) return malformed();
    before.seen = seen;
    if (hasSeen) before.seen.epoch ^= 1;  // any other one: the entry before is not known here
    TRY(Entry entry, advance(before, bytes));
    if (entry.header.claimed != claimed || !(entry.header.seen == seen)) return malformed();
    return entry;
}

Hash linkHash(const Hash& prev, const Hash& entryHash) {
    return crypto::hash("ts-link", {prev.view(), entryHash.view()});
}

Bytes sealedBytes(const base::ProvinceId& province, const ChainId& chain, std::uint64_t seq,
                  const Hash& hash) {
    Bytes out;
    base::Writer w(out);
    w.raw(province.view()).raw(chain.scope.view()).raw(chain.device.view());
    w.raw(chain.incarnation.view()).u64(seq).raw(hash.view());
    return out;
}

}  // namespace ledger
