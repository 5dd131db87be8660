#include "ledger/record.h"
#include <catch2/catch.hpp>
#include "test_chain.h"

using base::Bytes;
using base::ByteView;
using ledger::Arrival;
using test::TestChain;

namespace {

constexpr Arrival kArrival{1'756'600'000'000, 42, 1'756'600'000'000};
constexpr Arrival kAgain{1'756'600'000'000, 42, 1'756'500'000'000};

Bytes recordOf(const TestChain& chain) {
    Bytes bytes = chain.segment();
    ledger::encodeArrival(kArrival, bytes);
    return bytes;
}

}  // namespace

TEST_CASE("record: a segment and three numbers") {
    TestChain chain;
    chain.append();
    chain.append();
    Bytes bytes = recordOf(chain);
    CHECK(bytes.size() == chain.segment().size() + ledger::kArrivalBytes);
    auto record = ledger::parseRecord(bytes);
    REQUIRE(record);
    CHECK((record->at == kArrival));
    CHECK(record->segment.entries.size() == 2);
    CHECK(record->bytes.size() == bytes.size());
    CHECK(base::copy(record->segment.bytes) == chain.segment());
}

TEST_CASE("record: ordered again, it says where it had stood, and is refused without") {
    TestChain chain;
    chain.append();
    ledger::FormerPlace former;
    former.position = 7;
    former.head.size = 9;
    former.at = {kAgain.firstArrival, 3, kAgain.firstArrival};
    former.path.resize(4);
    Bytes bytes = chain.segment();
    ledger::encodeArrival(kAgain, former, bytes);
    auto record = ledger::parseRecord(bytes);
    REQUIRE(record);
    CHECK((record->at == kAgain));
    REQUIRE(record->former);
    CHECK((*record->former == former));
    CHECK(base::copy(record->segment.bytes) == chain.segment());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(ledger::parseRecord(ByteView(bytes).first(size)));
    Bytes without = chain.segment();
    ledger::encodeArrival(kAgain, without);
    CHECK_FALSE(ledger::parseRecord(without));
}

TEST_CASE("record: a changed bit is refused or changes the leaf") {
    TestChain chain;
    chain.append();
    Bytes bytes = recordOf(chain);
    base::Hash directoryRoot = crypto::hash("", {base::view("directory")});
    base::Hash leaf = ledger::leafHash(chain.states[1].tip, kArrival, directoryRoot);
    test::forEachBitFlip(bytes, [&](const Bytes& changed, std::size_t bit) {
        INFO("bit " << bit);
        auto record = ledger::parseRecord(changed);
        if (!record) return;
        auto state = ledger::ChainState::start(chain.province, record->segment.chain);
        std::vector<ledger::Entry> entries;
        if (!ledger::verifySegment(chain.province, chain.key.publicKey, record->segment, state,
                                   entries)) {
            return;
        }
        CHECK(bit / 8 >= bytes.size() - ledger::kArrivalBytes);
        CHECK((ledger::leafHash(entries[0].hash, record->at, directoryRoot) != leaf));
    });
}

TEST_CASE("record: cut or lengthened it is refused") {
    TestChain chain;
    chain.append();
    Bytes bytes = recordOf(chain);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(ledger::parseRecord(ByteView(bytes).first(size)));
    }
    bytes.push_back(0);
    CHECK_FALSE(ledger::parseRecord(bytes));
}

TEST_CASE("leaf: it is the hash of the formula, and no node can pass for one") {
    base::Hash entry = crypto::hash("", {base::view("entry")});
    base::Hash root = crypto::hash("", {base::view("root")});
    Bytes plain;
    base::Writer(plain).u8(0).raw(entry.view()).u64(kArrival.arrival).u64(kArrival.directorySize);
    base::Writer(plain).raw(root.view()).u64(kArrival.firstArrival);
    CHECK((ledger::leafHash(entry, kArrival, root) == crypto::hash("", {plain})));
    base::Hash other = root;
    other.data[0] ^= 1;
    CHECK((ledger::leafHash(entry, kArrival, other) != ledger::leafHash(entry, kArrival, root)));
    CHECK((ledger::leafHash(other, kArrival, root) != ledger::leafHash(entry, kArrival, root)));
}
