#include "ledger/body.h"

namespace ledger {
namespace {

constexpr std::size_t kNonceBytes = 12;

Hash nonceSource(const BodyKeys& keys, ByteView header, ByteView plaintext) {
    return crypto::keyedHash(keys.view().subspan(32), {header, plaintext});
}

}  // namespace

BodyKeys bodyKeys(const crypto::SecretKey& scopeKey, const Hash& prev) {
    return crypto::keyedHash64(scopeKey.view(), {base::view("ts-body"), prev.view()});
}

void sealBody(const crypto::SecretKey& scopeKey, const Hash& prev, ByteView header,
              ByteView plaintext, Bytes& out) {
    BodyKeys keys = bodyKeys(scopeKey, prev);
    Hash source = nonceSource(keys, header, plaintext);
    ByteView nonce = source.view().first(kNonceBytes);
    base::Writer(out).raw(nonce);
    crypto::seal(keys.view().first(32), nonce, header, plaintext, out);
}

Status openBody(const crypto::SecretKey& scopeKey, const Entry& entry, Bytes& out) {
    return openBodyWith(bodyKeys(scopeKey, entry.prev), entry, out);
}

Status openBodyWith(const BodyKeys& keys, const Entry& entry, Bytes& out) {
    auto refuse = [] {
        return base::fail(base::Code::BadSignature,
                          "an entry's body does not open with the scope's key");
    };
    if (entry.body.size() < kNonceBytes + crypto::kTagBytes) return refuse();
    ByteView nonce = entry.body.first(kNonceBytes);
    std::size_t before = out.size();
    if (!crypto::open(keys.view().first(32), nonce, entry.headerBytes,
                      entry.body.subspan(kNonceBytes), out)) {
        return refuse();
    }
    Hash source = nonceSource(keys, entry.headerBytes, ByteView(out).subspan(before));
    if (!crypto::equalConstantTime(source.view().first(kNonceBytes), nonce)) {
        out.resize(before);
        return refuse();
    }
    return {};
}

Hash keyCommitment(const base::ProvinceId& province, const base::ScopeId& scope,
                   std::uint32_t version, const crypto::SecretKey& key) {
    return crypto::Hasher("ts-key")
        .add(province.view())
        .add(scope.view())
        .u32(version)
        .add(key.view())
        .finish();
}

}  // namespace ledger
