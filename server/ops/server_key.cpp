#include "ops/server_key.h"

#include "store/private_file.h"

namespace ops {
namespace {

using base::ByteView;
using base::Code;
using base::fail;

constexpr std::string_view kMagic{"TSSERVER\0", 9};
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kCheckBytes = 32;
constexpr std::size_t kFileBytes = kMagic.size() + 2 + 32 + 32 + 16 + 32 + kCheckBytes;
static_assert(kFileBytes == 155);

base::Hash checkOf(ByteView bytes) {
    return crypto::hash("ts-server-key", {bytes});
}

base::Error damaged(const Path& path) {
    return {Code::Corrupt, "The server's key file '" + path.string() +
                               "' is damaged; put back a copy of it from a backup."};
}

}  // namespace

ServerKey ServerKey::generate(base::Random& random) {
    ServerKey key;
    key.noise = crypto::ExchangeKeyPair::generate(random);
    key.headSeed = crypto::SecretKey::random(random);
    key.head = crypto::SigningKey::fromSeed(key.headSeed);
    key.bootstrap = crypto::Secret<16>::random(random);
    key.storeKey = crypto::SecretKey::random(random);
    return key;
}

ServerKey ServerKey::successor(base::Random& random) const {
    ServerKey key = generate(random);
    key.bootstrap = bootstrap;
    key.storeKey = storeKey;
    return key;
}

Result<ServerKey> ServerKey::load(const Path& path) {
    auto read = store::readSecretFile(path, 2 * kFileBytes);
    if (!read) {
        if (read.error().code == Code::Limit) return tl::unexpected(damaged(path));
        return tl::unexpected(std::move(read).error());
    }
    const crypto::SecretBytes file = std::move(*read);
    base::Reader in(file.view());
    if (base::text(in.raw(kMagic.size())) != kMagic) return tl::unexpected(damaged(path));
    std::uint16_t version = in.u16();
    if (in.ok() && version > kVersion) {
        return fail(Code::Unsupported,
                    "The server's key file '" + path.string() +
                        "' was written by a newer version of this program; update this one.");
    }
    if (version != kVersion || file.size() != kFileBytes) {
        return tl::unexpected(damaged(path));
    }
    ServerKey key;
    CHECK_OK(store::checkPrivate(path, "The server's key file"));
    key.noise = crypto::ExchangeKeyPair::fromSecret(crypto::SecretKey::from(in.raw(32)));
    key.headSeed = crypto::SecretKey::from(in.raw(32));
    key.head = crypto::SigningKey::fromSeed(key.headSeed);
    key.bootstrap = crypto::Secret<16>::from(in.raw(16));
    key.storeKey = crypto::SecretKey::from(in.raw(32));
    base::Hash check = checkOf(file.view().first(in.position()));
    if (!crypto::equalConstantTime(in.raw(kCheckBytes), check.view()) || !in.atEnd()) {
        return tl::unexpected(damaged(path));
    }
    return key;
}

Status ServerKey::save(const Path& path) const {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        return fail(Code::InvalidInput,
                    "The key file '" + path.string() + "' exists already; it is never replaced.");
    }
    auto file = crypto::SecretBytes::withRoom(kFileBytes);
    base::Writer out(file.bytes());
    out.raw(base::view(kMagic)).u16(kVersion);
    out.raw(noise.secret.view()).raw(headSeed.view()).raw(bootstrap.view()).raw(storeKey.view());
    base::Hash check = checkOf(file.view());
    out.raw(check.view());
    return store::writeFileDurably(path, file.view(), 0600);
}

domain::BootstrapToken ServerKey::token(std::string address) const {
    domain::BootstrapToken token;
    token.noiseKey = noise.publicKey;
    token.headKey = head.publicKey;
    token.secret = bootstrap;
    token.address = std::move(address);
    return token;
}

base::Hash ServerKey::fingerprint() const {
    return crypto::hash("ts-server", {noise.publicKey.view(), head.publicKey.view()});
}

}  // namespace ops
