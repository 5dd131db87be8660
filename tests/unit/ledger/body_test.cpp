#include "ledger/body.h"
#include <catch2/catch.hpp>
#include "test_chain.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using ledger::ChainState;
using ledger::Entry;
using ledger::Header;
using test::SeededRandom;

namespace {

constexpr std::string_view kPlain = "Đã trình Chủ tịch UBND xã ký.";

struct Place {
    explicit Place(std::uint64_t seed) : random(seed), key(crypto::SecretKey::random(random)) {
        state.nextSeq = 4;
        state.tip = random.make<base::Hash>();
    }
    Bytes seal(ByteView plain) const {
        Header header;
        header.keyVersion = 1;
        header.claimed = 1000;
        Bytes bytes = ledger::encodeHeader(header, state);
        std::size_t headerSize = bytes.size();
        Bytes body;
        ledger::sealBody(key, state.tip, ByteView(bytes).first(headerSize), plain, body);
        base::Writer(bytes).raw(body);
        return bytes;
    }
    SeededRandom random;
    crypto::SecretKey key;
    ChainState state;
};

Entry entryOf(ChainState state, ByteView bytes) {
    auto entry = ledger::advance(state, bytes);
    REQUIRE(entry);
    return *entry;
}

void isRefused(const crypto::SecretKey& key, const Entry& entry) {
    Bytes out{1, 2, 3};
    auto status = ledger::openBody(key, entry, out);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::BadSignature);
    CHECK(out == Bytes{1, 2, 3});
}

}  // namespace

TEST_CASE("body: it opens with the scope's key at its place") {
    Place place(1);
    for (std::string_view plain : {kPlain, std::string_view()}) {
        Bytes bytes = place.seal(base::view(plain));
        Bytes out{9};
        REQUIRE(ledger::openBody(place.key, entryOf(place.state, bytes), out));
        CHECK(base::text(ByteView(out).subspan(1)) == plain);
    }
}

TEST_CASE("body: one text at one place has one form, and another text another nonce") {
    Place place(2);
    CHECK(place.seal(base::view(kPlain)) == place.seal(base::view(kPlain)));
    Bytes one = place.seal(base::view("100%"));
    Bytes two = place.seal(base::view("90%!"));
    std::size_t header = entryOf(place.state, one).headerBytes.size();
    CHECK((Bytes(one.begin() + static_cast<std::ptrdiff_t>(header),
                 one.begin() + static_cast<std::ptrdiff_t>(header + 12)) !=
           Bytes(two.begin() + static_cast<std::ptrdiff_t>(header),
                 two.begin() + static_cast<std::ptrdiff_t>(header + 12))));
}

TEST_CASE("body: another key, another place and another header are refused") {
    Place place(3);
    Bytes bytes = place.seal(base::view(kPlain));
    isRefused(crypto::SecretKey::random(place.random), entryOf(place.state, bytes));
    ChainState moved = place.state;
    moved.tip.data[0] ^= 1;
    isRefused(place.key, entryOf(moved, bytes));
    Entry entry = entryOf(place.state, bytes);
    Bytes header = base::copy(entry.headerBytes);
    test::forEachBitFlip(header, [&](const Bytes& changed, std::size_t) {
        Entry other = entry;
        other.headerBytes = changed;
        isRefused(place.key, other);
    });
}

TEST_CASE("body: no single changed bit and no cut passes") {
    Place place(4);
    Bytes bytes = place.seal(base::view(kPlain));
    Entry entry = entryOf(place.state, bytes);
    Bytes body = base::copy(entry.body);
    test::forEachBitFlip(body, [&](const Bytes& changed, std::size_t bit) {
        INFO("bit " << bit);
        Entry other = entry;
        other.body = changed;
        isRefused(place.key, other);
    });
    for (std::size_t size = 0; size < body.size(); ++size) {
        Entry other = entry;
        other.body = ByteView(body).first(size);
        isRefused(place.key, other);
    }
}

TEST_CASE("body: a nonce that is not the one of its text is refused though the tag verifies") {
    Place place(5);
    Bytes bytes = place.seal(base::view(kPlain));
    Entry entry = entryOf(place.state, bytes);
    crypto::Secret<64> keys =
        crypto::keyedHash64(place.key.view(), {base::view("ts-body"), place.state.tip.view()});
    Bytes nonce = base::copy(entry.body.first(12));
    nonce[0] ^= 1;
    Bytes body = nonce;
    crypto::seal(keys.view().first(32), nonce, entry.headerBytes, base::view(kPlain), body);
    Bytes opened;
    REQUIRE(crypto::open(keys.view().first(32), nonce, entry.headerBytes,
                         ByteView(body).subspan(12), opened));
    entry.body = body;
    isRefused(place.key, entry);
}

TEST_CASE("key commitment: each input changes it") {
    SeededRandom random(6);
    auto province = random.make<base::ProvinceId>();
    auto scope = random.make<base::ScopeId>();
    auto key = crypto::SecretKey::random(random);
    base::Hash made = ledger::keyCommitment(province, scope, 1, key);
    CHECK((made == ledger::keyCommitment(province, scope, 1, key)));
    CHECK((made != ledger::keyCommitment(province, scope, 2, key)));
    CHECK((made != ledger::keyCommitment(random.make<base::ProvinceId>(), scope, 1, key)));
    CHECK((made != ledger::keyCommitment(province, random.make<base::ScopeId>(), 1, key)));
    CHECK((made != ledger::keyCommitment(province, scope, 1, crypto::SecretKey::random(random))));
}
