#include "replica/identity.h"
#include "base/limits.h"

namespace replica {
namespace {

constexpr std::uint8_t kVersion = 1;

using Seed = base::Fixed<struct SeedTag, 32>;

/// The first half of libsodium's secret key is the seed.
ByteView seedOf(const crypto::SigningKey& key) {
    return key.secret.view().first(32);
}

crypto::SigningKey readSigningKey(base::Reader& in) {
    return crypto::SigningKey::fromSeed(crypto::SecretKey::from(in.fixed<Seed>().view()));
}

}  // namespace

Identity Identity::generate(base::Random& random) {
    Identity out;
    out.incarnation = random.make<base::IncarnationId>();
    out.deviceKey = crypto::SigningKey::generate(random);
    out.exchangeKey = crypto::ExchangeKeyPair::generate(random);
    out.officerKey = crypto::SigningKey::generate(random);
    return out;
}

Bytes Identity::encode() const {
    Bytes out;
    base::Writer w(out);
    w.u8(kVersion).raw(province.view()).raw(device.view()).raw(incarnation.view());
    w.raw(seedOf(deviceKey)).raw(exchangeKey.secret.view()).raw(seedOf(officerKey));
    w.sized(base::view(serverAddress)).raw(serverKey.view());
    w.u8(static_cast<std::uint8_t>(authorityKeys.size()));
    for (const crypto::SigningKey& key : authorityKeys) w.raw(seedOf(key));
    return out;
}

Result<Identity> Identity::decode(ByteView bytes) {
    base::Reader in(bytes);
    if (in.u8() != kVersion)
        return base::fail(base::Code::Unsupported, "This home was written by a newer version.");
    Identity out;
    out.province = in.fixed<base::ProvinceId>();
    out.device = in.fixed<base::DeviceId>();
    out.incarnation = in.fixed<base::IncarnationId>();
    out.deviceKey = readSigningKey(in);
    out.exchangeKey =
        crypto::ExchangeKeyPair::fromSecret(crypto::SecretKey::from(in.fixed<Seed>().view()));
    out.officerKey = readSigningKey(in);
    out.serverAddress = base::text(in.sized(base::limits::kAddressBytesMax));
    out.serverKey = in.fixed<base::ExchangeKey>();
    std::uint8_t count = in.u8();
    for (std::uint8_t i = 0; i < count && i < base::limits::kAuthorityKeysMax && in.ok(); ++i) {
        out.authorityKeys.push_back(readSigningKey(in));
    }
    if (!in.atEnd()) return base::fail(base::Code::Corrupt, "This home's identity cannot be read.");
    return out;
}

}  // namespace replica
