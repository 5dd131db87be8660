#include "register/quarantine.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"

using base::Bytes;
using reg::Quarantine;
using reg::QuarantineReason;

namespace {

Bytes segmentOf(test::SeededRandom& random, const base::DeviceId& device, std::size_t bytes,
                std::size_t count = 1) {
    const ledger::ChainId chain{random.make<base::ScopeId>(), device,
                                random.make<base::IncarnationId>()};
    std::vector<Bytes> entries(count, Bytes(bytes, 0x11));
    std::vector<base::ByteView> views(entries.begin(), entries.end());
    Bytes out;
    ledger::encodeSegment(chain, 0, {}, views, {}, out);
    return out;
}

struct Held {
    store::MemoryStore store;
    Quarantine quarantine;
    test::SeededRandom random;

    Quarantine::Put put(const Bytes& bytes) {
        auto segment = ledger::parseSegment(bytes);
        REQUIRE(segment);
        auto txn = store.write();
        REQUIRE(txn);
        auto done = quarantine.put(**txn, *segment, QuarantineReason::NoRight, 7);
        REQUIRE(done);
        REQUIRE((*txn)->commit());
        return *done;
    }
    void reload() {
        auto txn = store.read();
        REQUIRE(txn);
        REQUIRE(quarantine.load(**txn));
    }
};

}  // namespace

TEST_CASE("quarantine: what was put there is there after a restart, and only once") {
    Held h;
    const Bytes one = segmentOf(h.random, h.random.make<base::DeviceId>(), 100, 3);
    REQUIRE(h.put(one) == Quarantine::Put::Kept);
    REQUIRE(h.put(one) == Quarantine::Put::Kept);
    h.reload();
    REQUIRE(h.quarantine.items().size() == 1);
    const reg::Quarantined& item = h.quarantine.items().begin()->second;
    CHECK(item.count == 3);
    CHECK(item.bytes == one.size());
    CHECK(item.at == 7);
    CHECK(item.why == QuarantineReason::NoRight);
}

TEST_CASE("quarantine: one device cannot fill it, and all together cannot either") {
    using namespace base::limits;
    Held h;
    const auto flooder = h.random.make<base::DeviceId>();
    std::size_t kept = 0;
    for (int i = 0; i < 40; ++i)
        kept += h.put(segmentOf(h.random, flooder, 200)) == Quarantine::Put::Kept ? 1 : 0;
    CHECK(kept == kQuarantineDeviceItemsMax);
    const auto fat = h.random.make<base::DeviceId>();
    std::uint64_t bytes = 0;
    for (int i = 0; i < 14; ++i) {
        const Bytes segment = segmentOf(h.random, fat, 60'000, 2);
        if (h.put(segment) == Quarantine::Put::Kept) bytes += segment.size();
    }
    CHECK(bytes <= kQuarantineDeviceBytesMax);
    CHECK(bytes > kQuarantineDeviceBytesMax / 2);
    CHECK(h.put(segmentOf(h.random, h.random.make<base::DeviceId>(), 200)) ==
          Quarantine::Put::Kept);
    for (std::size_t i = 0; i < 80 * 8; ++i)  // eight segments of some 120 KB each
        h.put(
            segmentOf(h.random, base::DeviceId{{static_cast<std::uint8_t>(i / 8), 1}}, 60'000, 2));
    std::uint64_t all = 0;
    for (const auto& [chain, item] : h.quarantine.items()) all += item.bytes;
    CHECK(all <= kQuarantineBytesMax);
    CHECK(all > kQuarantineBytesMax - kSegmentBytesMax);
}

TEST_CASE("quarantine: what the ledger holds by now leaves it") {
    Held h;
    const Bytes bytes = segmentOf(h.random, h.random.make<base::DeviceId>(), 100, 3);
    REQUIRE(h.put(bytes) == Quarantine::Put::Kept);
    auto segment = ledger::parseSegment(bytes);
    for (std::uint64_t ordered : {2, 3}) {
        auto txn = h.store.write();
        REQUIRE(txn);
        REQUIRE(h.quarantine.settle(**txn, segment->chain, ordered));
        REQUIRE((*txn)->commit());
        h.reload();
        CHECK(h.quarantine.items().size() == (ordered == 2 ? 1 : 0));
    }
}

TEST_CASE(
    "quarantine: of two segments the later one has the greater time, whatever the clock says") {
    Held h;
    auto putOne = [&] {
        const Bytes one = segmentOf(h.random, h.random.make<base::DeviceId>(), 40);
        REQUIRE(h.put(one) == Quarantine::Put::Kept);
        return one;
    };
    CHECK(h.quarantine.newest() == 0);
    const Bytes first = putOne();
    putOne();
    putOne();
    CHECK(h.quarantine.newest() == 9);
    REQUIRE(h.quarantine.after(0) != nullptr);
    CHECK(h.quarantine.after(0)->at == 7);
    REQUIRE(h.quarantine.after(7) != nullptr);
    CHECK(h.quarantine.after(7)->at == 8);
    CHECK(h.quarantine.after(9) == nullptr);
    h.reload();
    putOne();
    CHECK(h.quarantine.newest() == 10);
    auto txn = h.store.read();
    REQUIRE(txn);
    auto read = Quarantine::segmentOf(**txn, h.quarantine.after(0)->chain);
    REQUIRE(read);
    CHECK(*read == first);
    auto nothing = Quarantine::segmentOf(**txn, {});
    REQUIRE(nothing);
    CHECK(nothing->empty());
}

TEST_CASE("quarantine: what cannot be read is damage") {
    Held h;
    REQUIRE(h.put(segmentOf(h.random, h.random.make<base::DeviceId>(), 100)) ==
            Quarantine::Put::Kept);
    auto key = h.quarantine.items().begin()->first.key();
    auto txn = h.store.write();
    REQUIRE(txn);
    REQUIRE((*txn)->put(reg::kQuarantine, key, Bytes{1, 9, 0}));
    REQUIRE((*txn)->commit());
    txn->reset();
    auto read = h.store.read();
    REQUIRE(read);
    auto loaded = h.quarantine.load(**read);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == base::Code::Corrupt);
}
