#include "ledger/exported.h"

namespace ledger {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kLedgerMagic = "TSLG";
constexpr std::string_view kOpeningsMagic = "TSOP";
constexpr std::uint8_t kVersion = 1;

Status readMark(base::Reader& in, std::string_view magic) {
    if (base::text(in.raw(magic.size())) != magic)
        return fail(Code::InvalidInput, "this file is no exported ledger");
    std::uint8_t version = in.u8();
    if (!in.ok()) return fail(Code::Malformed, "an exported file is cut short");
    if (version != kVersion) return fail(Code::Unsupported, "an exported file of another version");
    return {};
}

}  // namespace

Bytes encodeLedgerFileHead(const Head& head) {
    Bytes out;
    base::Writer(out).raw(base::view(kLedgerMagic)).u8(kVersion).raw(head.encode());
    return out;
}

Result<Head> decodeLedgerFileHead(ByteView bytes) {
    base::Reader in(bytes);
    CHECK_OK(readMark(in, kLedgerMagic));
    return Head::decode(in.raw(in.remaining()));
}

Bytes encodeOpeningsFileHead(const base::ScopeId& scope) {
    Bytes out;
    base::Writer(out).raw(base::view(kOpeningsMagic)).u8(kVersion).raw(scope.view());
    return out;
}

Result<base::ScopeId> decodeOpeningsFileHead(ByteView bytes) {
    base::Reader in(bytes);
    CHECK_OK(readMark(in, kOpeningsMagic));
    auto scope = in.fixed<base::ScopeId>();
    if (!in.atEnd()) return fail(Code::Malformed, "an exported file is cut short");
    return scope;
}

}  // namespace ledger
