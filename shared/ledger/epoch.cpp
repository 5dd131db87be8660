#include "ledger/epoch.h"
#include "base/limits.h"

namespace ledger {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kKeptBytes = 16 + 8 + 32;

Bytes bodyOf(const EpochStatement& statement) {
    Bytes out;
    base::Writer w(out);
    w.u8(kFormat).raw(statement.province.view()).u32(statement.epoch).u32(statement.previous);
    w.u64(statement.time).u64(statement.since).u32(statement.sinceCharter);
    w.u32(statement.charterVersion).varint(statement.ledgers.size());
    for (const EpochStatement::Kept& one : statement.ledgers)
        w.raw(one.scope.view()).u64(one.size).raw(one.root.view());
    return out;
}

}  // namespace

Bytes EpochStatement::encode() const {
    Bytes out = bodyOf(*this);
    base::Writer(out).raw(signature.view());
    return out;
}

Result<EpochStatement> EpochStatement::decode(ByteView bytes) {
    base::Reader in(bytes);
    if (in.u8() != kFormat) return fail(Code::Malformed, "an epoch of an unknown format");
    EpochStatement out;
    out.province = in.fixed<base::ProvinceId>();
    out.epoch = in.u32();
    out.previous = in.u32();
    out.time = in.u64();
    out.since = in.u64();
    out.sinceCharter = in.u32();
    out.charterVersion = in.u32();
    const std::uint64_t count = in.varint();
    if (count > base::limits::kWatermarkLedgersMax)
        return fail(Code::Limit, "an epoch of too many ledgers");
    if (!in.ok() || in.remaining() != count * kKeptBytes + base::Signature::kSize)
        return fail(Code::Malformed, "an epoch's statement of a wrong length");
    if (out.epoch == 0 || out.previous != out.epoch - 1)
        return fail(Code::Malformed, "an epoch that does not follow the one before it");
    out.ledgers.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        Kept one;
        one.scope = in.fixed<base::ScopeId>();
        one.size = in.u64();
        one.root = in.fixed<Hash>();
        bool inOrder = out.ledgers.empty() || out.ledgers.back().scope < one.scope;
        if (!inOrder || one.size == 0)
            return fail(Code::Malformed, "an epoch whose ledgers are out of order");
        out.ledgers.push_back(one);
    }
    out.signature = in.fixed<base::Signature>();
    return out;
}

void EpochStatement::sign(const crypto::SigningKey& headKey) {
    signature = crypto::sign(headKey, crypto::Context::Epoch, bodyOf(*this));
}

bool EpochStatement::verify(const base::PublicKey& headKey) const {
    return crypto::verify(headKey, crypto::Context::Epoch, bodyOf(*this), signature);
}

}  // namespace ledger
