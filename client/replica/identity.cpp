#include "replica/identity.h"
#include "base/limits.h"

namespace replica {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kOneOfficer =
    1;  // the version before: no keys behind those of the authority

constexpr std::size_t kSeedBytes = 32;

/// The first half of libsodium's secret key is the seed.
ByteView seedOf(const crypto::SigningKey& key) {
    return key.secret.view().first(kSeedBytes);
}

/// Zeros where the input has ended, which decode() finds at its end.
crypto::SecretKey readSeed(base::Reader& in) {
    const ByteView seed = in.raw(kSeedBytes);
    return seed.size() == kSeedBytes ? crypto::SecretKey::from(seed) : crypto::SecretKey();
}

crypto::SigningKey readSigningKey(base::Reader& in) {
    return crypto::SigningKey::fromSeed(readSeed(in));
}

}  // namespace

Identity Identity::generate(base::Random& random) {
    Identity out;
    out.incarnation = random.make<base::IncarnationId>();
    out.deviceKey = crypto::SigningKey::generate(random);
    out.exchangeKey = crypto::ExchangeKeyPair::generate(random);
    out.officerKeys.push_back(crypto::SigningKey::generate(random));
    return out;
}

crypto::SecretBytes Identity::encode() const {
    constexpr std::size_t kRoom = 512;  // beside the lists of keys
    auto out = crypto::SecretBytes::withRoom(
        kRoom + serverAddress.size() + (authorityKeys.size() + officerKeys.size()) * kSeedBytes);
    base::Writer w(out.bytes());
    w.u8(kVersion).raw(province.view()).raw(device.view()).raw(incarnation.view());
    w.raw(seedOf(deviceKey)).raw(exchangeKey.secret.view()).raw(seedOf(officerKeys.front()));
    w.sized(base::view(serverAddress)).raw(serverKey.view());
    w.u8(static_cast<std::uint8_t>(authorityKeys.size()));
    for (const crypto::SigningKey& key : authorityKeys) w.raw(seedOf(key));
    w.u8(static_cast<std::uint8_t>(officerKeys.size() - 1));
    for (std::size_t i = 1; i < officerKeys.size(); ++i) w.raw(seedOf(officerKeys[i]));
    return out;
}

Result<Identity> Identity::decode(ByteView bytes) {
    base::Reader in(bytes);
    const std::uint8_t version = in.u8();
    if (version != kVersion && version != kOneOfficer)
        return base::fail(base::Code::Unsupported, "This home was written by a newer version.");
    Identity out;
    out.province = in.fixed<base::ProvinceId>();
    out.device = in.fixed<base::DeviceId>();
    out.incarnation = in.fixed<base::IncarnationId>();
    out.deviceKey = readSigningKey(in);
    out.exchangeKey = crypto::ExchangeKeyPair::fromSecret(readSeed(in));
    out.officerKeys.push_back(readSigningKey(in));
    out.serverAddress = base::text(in.sized(base::limits::kAddressBytesMax));
    out.serverKey = in.fixed<base::ExchangeKey>();
    std::uint8_t count = in.u8();
    for (std::uint8_t i = 0; i < count && i < base::limits::kAuthorityKeysMax && in.ok(); ++i) {
        out.authorityKeys.push_back(readSigningKey(in));
    }
    const std::uint8_t further = version == kOneOfficer ? std::uint8_t{0} : in.u8();
    for (std::uint8_t i = 0; i < further && in.ok(); ++i) {
        if (out.officerKeys.size() == base::limits::kDeviceOfficersMax) break;
        out.officerKeys.push_back(readSigningKey(in));
    }
    if (!in.atEnd()) return base::fail(base::Code::Corrupt, "This home's identity cannot be read.");
    return out;
}

}  // namespace replica
