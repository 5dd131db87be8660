#include "ledger/head.h"

namespace ledger {
namespace {

constexpr std::uint8_t kFormat = 1;

Bytes bodyOf(const Head& head) {
    Bytes out;
    out.reserve(kHeadBytes);
    base::Writer w(out);
    w.u8(kFormat).raw(head.province.view()).raw(head.scope.view()).u32(head.epoch).u64(head.size);
    w.raw(head.root.view()).u64(head.time).u32(head.charterVersion);
    return out;
}

}  // namespace

Bytes Head::encode() const {
    Bytes out = bodyOf(*this);
    base::Writer(out).raw(signature.view());
    return out;
}

Result<Head> Head::decode(ByteView bytes) {
    base::Reader in(bytes);
    if (in.u8() != kFormat) return base::fail(base::Code::Malformed, "a head of an unknown format");
    Head h;
    h.province = in.fixed<base::ProvinceId>();
    h.scope = in.fixed<base::ScopeId>();
    h.epoch = in.u32();
    h.size = in.u64();
    h.root = in.fixed<Hash>();
    h.time = in.u64();
    h.charterVersion = in.u32();
    h.signature = in.fixed<base::Signature>();
    if (!in.atEnd()) return base::fail(base::Code::Malformed, "a head of a wrong length");
    return h;
}

void Head::sign(const crypto::SigningKey& headKey) {
    signature = crypto::sign(headKey, crypto::Context::Head, bodyOf(*this));
}

bool Head::verify(const base::PublicKey& headKey) const {
    return crypto::verify(headKey, crypto::Context::Head, bodyOf(*this), signature);
}

}  // namespace ledger
