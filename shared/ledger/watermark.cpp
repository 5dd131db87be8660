#include "ledger/watermark.h"
#include "base/limits.h"

namespace ledger {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t kFormat = 1;

Bytes bodyOf(const Watermark& mark) {
    Bytes out;
    out.reserve(kWatermarkFixedBytes + 5 + mark.ledgers.size() * kWatermarkLedgerBytes);
    base::Writer w(out);
    w.u8(kFormat).raw(mark.province.view()).u64(mark.time).u32(mark.charterVersion);
    w.u64(mark.dataBytes).raw(mark.dataHash.view()).varint(mark.ledgers.size());
    for (const Watermark::Ledger& one : mark.ledgers)
        w.raw(one.scope.view()).u32(one.epoch).u64(one.size).raw(one.root.view());
    return out;
}

}  // namespace

Bytes Watermark::encode() const {
    Bytes out = bodyOf(*this);
    base::Writer(out).raw(signature.view());
    return out;
}

Result<Watermark> Watermark::decode(ByteView bytes) {
    base::Reader in(bytes);
    if (in.u8() != kFormat) return fail(Code::Malformed, "a watermark of an unknown format");
    Watermark out;
    out.province = in.fixed<base::ProvinceId>();
    out.time = in.u64();
    out.charterVersion = in.u32();
    out.dataBytes = in.u64();
    out.dataHash = in.fixed<Hash>();
    const std::uint64_t count = in.varint();
    if (count > base::limits::kWatermarkLedgersMax)
        return fail(Code::Limit, "a watermark of too many ledgers");
    if (!in.ok() || in.remaining() != count * kWatermarkLedgerBytes + base::Signature::kSize)
        return fail(Code::Malformed, "a watermark of a wrong length");
    out.ledgers.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        Ledger one;
        one.scope = in.fixed<base::ScopeId>();
        one.epoch = in.u32();
        one.size = in.u64();
        one.root = in.fixed<Hash>();
        bool inOrder = out.ledgers.empty() || out.ledgers.back().scope < one.scope;
        if (!inOrder || one.size == 0)
            return fail(Code::Malformed, "a watermark whose ledgers are out of order");
        out.ledgers.push_back(one);
    }
    out.signature = in.fixed<base::Signature>();
    return out;
}

void Watermark::sign(const crypto::SigningKey& headKey) {
    signature = crypto::sign(headKey, crypto::Context::Watermark, bodyOf(*this));
}

bool Watermark::verify(const base::PublicKey& headKey) const {
    return crypto::verify(headKey, crypto::Context::Watermark, bodyOf(*this), signature);
}

std::uint64_t Watermark::entries() const {
    std::uint64_t sum = 0;
    for (const Ledger& one : ledgers) sum += one.size;
    return sum;
}

}  // namespace ledger
