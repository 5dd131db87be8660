#include "replica/identity.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"
#include "base/limits.h"

using base::Bytes;
using replica::Identity;

namespace {

Identity sample(test::SeededRandom& random) {
    Identity out = Identity::generate(random);
    out.province = random.make<base::ProvinceId>();
    out.device = random.make<base::DeviceId>();
    out.serverAddress = "server:7443";
    out.serverKey = random.make<base::ExchangeKey>();
    out.authorityKeys.push_back(crypto::SigningKey::generate(random));
    return out;
}

std::vector<base::PublicKey> publicKeys(const std::vector<crypto::SigningKey>& keys) {
    std::vector<base::PublicKey> out;
    for (const auto& key : keys) out.push_back(key.publicKey);
    return out;
}

}  // namespace

TEST_CASE("identity: every officer's key comes back, in order") {
    test::SeededRandom random(3);
    Identity id = sample(random);
    for (std::size_t count = 1; count <= base::limits::kDeviceOfficersMax; ++count) {
        auto read = Identity::decode(id.encode().view());
        REQUIRE(read);
        CHECK((publicKeys(read->officerKeys) == publicKeys(id.officerKeys)));
        CHECK((publicKeys(read->authorityKeys) == publicKeys(id.authorityKeys)));
        CHECK((read->exchangeKey.publicKey == id.exchangeKey.publicKey));
        CHECK(read->serverAddress == id.serverAddress);
        id.officerKeys.push_back(crypto::SigningKey::generate(random));
    }
    CHECK_FALSE(Identity::decode(id.encode().view()));  // one more than a device has
}

TEST_CASE("identity: a home of the version before has one officer, and is read") {
    test::SeededRandom random(4);
    Identity id = sample(random);
    Bytes old = base::copy(id.encode().view());
    REQUIRE(old.front() == 2);
    REQUIRE(old.back() == 0);  // further officers
    old.front() = 1;
    old.pop_back();
    auto read = Identity::decode(old);
    REQUIRE(read);
    CHECK((publicKeys(read->officerKeys) == publicKeys(id.officerKeys)));
    CHECK((publicKeys(read->authorityKeys) == publicKeys(id.authorityKeys)));
    CHECK((read->deviceKey.publicKey == id.deviceKey.publicKey));
}

TEST_CASE("identity: what is cut off, too long or of a newer version is refused") {
    test::SeededRandom random(6);
    const Bytes whole = base::copy(sample(random).encode().view());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(Identity::decode(base::ByteView(whole).first(size)));
    Bytes longer = whole;
    longer.push_back(0);
    CHECK_FALSE(Identity::decode(longer));
    Bytes newer = whole;
    newer.front() = 3;
    auto read = Identity::decode(newer);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == base::Code::Unsupported);
}
