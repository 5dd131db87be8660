#include "ledger/segment.h"
#include <catch2/catch.hpp>
#include "base/limits.h"
#include "test_chain.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using base::Status;
using ledger::ChainState;
using ledger::Entry;
using test::TestChain;

namespace {

/// What a receiver does who holds nothing of the chain that the segment names.
Status receive(const TestChain& chain, ByteView bytes) {
    TRY(ledger::Segment segment, ledger::parseSegment(bytes));
    ChainState state = ChainState::start(chain.province, segment.chain);
    std::vector<Entry> entries;
    return ledger::verifySegment(chain.province, chain.key.publicKey, segment, state, entries);
}

Code codeOf(const Status& status) {
    REQUIRE_FALSE(status);
    return status.error().code;
}

}  // namespace

TEST_CASE("segment: what was encoded is parsed and verified") {
    TestChain chain;
    for (std::size_t size : {0, 1, 127, 128, 16'384}) chain.append(size);
    Bytes bytes = chain.segment();
    auto segment = ledger::parseSegment(bytes);
    REQUIRE(segment);
    CHECK((segment->chain == chain.id));
    CHECK(segment->firstSeq == 0);
    CHECK(segment->endSeq() == 5);
    std::size_t size = ledger::kSegmentFixedBytes;
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(base::copy(segment->entries[i]) == chain.entries[i]);
        size += ledger::entryBytesInSegment(chain.entries[i].size());
    }
    CHECK(bytes.size() == size);
    ChainState state = chain.states[0];
    std::vector<Entry> entries;
    REQUIRE(ledger::verifySegment(chain.province, chain.key.publicKey, *segment, state, entries));
    CHECK((state == chain.states.back()));
    REQUIRE(entries.size() == 5);
    CHECK((entries[4].hash == chain.states[5].tip));
    CHECK((entries[4].prev == chain.states[4].tip));
}

TEST_CASE("segment: a suffix continues the chain and nothing else does") {
    TestChain chain;
    for (int i = 0; i < 6; ++i) chain.append();
    Bytes bytes = chain.segment(3, 6);
    auto segment = ledger::parseSegment(bytes);
    REQUIRE(segment);
    std::vector<Entry> entries;
    for (std::size_t held = 0; held <= 6; ++held) {
        ChainState state = chain.states[held];
        auto status =
            ledger::verifySegment(chain.province, chain.key.publicKey, *segment, state, entries);
        if (held == 3) {
            REQUIRE(status);
            CHECK((state == chain.states[6]));
            CHECK(entries.size() == 3);
            CHECK(entries[0].seq == 3);
            entries.clear();
        } else {
            CHECK(codeOf(status) == Code::Forked);
            CHECK((state == chain.states[held]));
            CHECK(entries.empty());
        }
    }
    ChainState forked = chain.states[3];
    forked.tip.data[0] ^= 1;
    CHECK(codeOf(ledger::verifySegment(chain.province, chain.key.publicKey, *segment, forked,
                                       entries)) == Code::Forked);
}

TEST_CASE("segment: one seal vouches for every entry before it") {
    TestChain chain;
    for (int i = 0; i < 4; ++i) chain.append();
    for (std::size_t changed = 0; changed < 4; ++changed) {
        std::vector<Bytes> entries = chain.entries;
        entries[changed].back() ^= 1;
        std::vector<ByteView> views(entries.begin(), entries.end());
        Bytes bytes;
        ledger::encodeSegment(chain.id, 0, chain.states[0].tip, views, chain.seal(4), bytes);
        CHECK(codeOf(receive(chain, bytes)) == Code::BadSignature);
    }
}

TEST_CASE("segment: a seal of another chain, province, place, device or context is refused") {
    TestChain chain(1);
    TestChain other(2);
    chain.append();
    chain.append();
    std::vector<ByteView> views(chain.entries.begin(), chain.entries.end());
    auto refusedWith = [&](const base::Signature& seal) {
        Bytes bytes;
        ledger::encodeSegment(chain.id, 0, chain.states[0].tip, views, seal, bytes);
        CHECK(codeOf(receive(chain, bytes)) == Code::BadSignature);
    };
    auto sealOver = [&](const base::ProvinceId& province, const ledger::ChainId& id,
                        std::uint64_t seq) {
        return crypto::sign(chain.key, crypto::Context::Seal,
                            ledger::sealedBytes(province, id, seq, chain.states[2].tip));
    };
    ledger::ChainId id = chain.id;
    refusedWith(sealOver(other.province, id, 1));
    refusedWith(sealOver(chain.province, id, 2));
    id.scope = other.id.scope;
    refusedWith(sealOver(chain.province, id, 1));
    id = chain.id;
    id.device = other.id.device;
    refusedWith(sealOver(chain.province, id, 1));
    id = chain.id;
    id.incarnation = other.id.incarnation;
    refusedWith(sealOver(chain.province, id, 1));
    refusedWith(chain.seal(1));
    Bytes sealed = ledger::sealedBytes(chain.province, chain.id, 1, chain.states[2].tip);
    refusedWith(crypto::sign(chain.key, crypto::Context::Statement, sealed));
    refusedWith(crypto::sign(other.key, crypto::Context::Seal, sealed));

    Bytes bytes = chain.segment();
    auto segment = ledger::parseSegment(bytes);
    REQUIRE(segment);
    ChainState state = chain.states[0];
    std::vector<Entry> entries;
    CHECK(codeOf(ledger::verifySegment(other.province, chain.key.publicKey, *segment, state,
                                       entries)) == Code::BadSignature);
    CHECK((state == chain.states[0]));
}

TEST_CASE("segment: no single changed bit and no cut passes") {
    TestChain chain;
    chain.append(3);
    chain.append(130);
    Bytes bytes = chain.segment();
    REQUIRE(receive(chain, bytes));
    test::forEachBitFlip(bytes, [&](const Bytes& changed, std::size_t bit) {
        INFO("bit " << bit);
        CHECK_FALSE(receive(chain, changed));
    });
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        INFO("first " << size << " bytes");
        CHECK_FALSE(ledger::parseSegment(ByteView(bytes).first(size)));
    }
    bytes.push_back(0);
    CHECK_FALSE(ledger::parseSegment(bytes));
}

TEST_CASE("segment: its limits are 256 entries, 128 KiB and 64 KiB an entry") {
    TestChain chain;
    Bytes empty;
    ledger::encodeSegment(chain.id, 0, chain.states[0].tip, {}, base::Signature(), empty);
    CHECK_FALSE(ledger::parseSegment(empty));

    for (std::size_t i = 0; i < 257; ++i) chain.append(1);
    Bytes full = chain.segment(0, 256);
    CHECK(receive(chain, full));
    CHECK_FALSE(receive(chain, chain.segment(0, 257)));

    auto sized = [&](std::vector<std::size_t> sizes) {
        std::vector<Bytes> entries;
        for (std::size_t size : sizes) entries.emplace_back(size, std::uint8_t{1});
        std::vector<ByteView> views(entries.begin(), entries.end());
        Bytes out;
        ledger::encodeSegment(chain.id, 0, chain.states[0].tip, views, base::Signature(), out);
        return out;
    };
    CHECK(ledger::parseSegment(sized({base::limits::kEntryBytesMax})));
    CHECK_FALSE(ledger::parseSegment(sized({base::limits::kEntryBytesMax + 1})));
    std::size_t rest = base::limits::kSegmentBytesMax - ledger::kSegmentFixedBytes -
                       ledger::entryBytesInSegment(base::limits::kEntryBytesMax) - 3;
    Bytes largest = sized({base::limits::kEntryBytesMax, rest});
    CHECK(largest.size() == base::limits::kSegmentBytesMax);
    CHECK(ledger::parseSegment(largest));
    auto tooLarge = ledger::parseSegment(sized({base::limits::kEntryBytesMax, rest + 1}));
    REQUIRE_FALSE(tooLarge);
    CHECK(tooLarge.error().code == Code::Limit);
}

TEST_CASE("segment: a sequence number that would overflow is refused") {
    TestChain chain;
    chain.append();
    std::vector<ByteView> views(chain.entries.begin(), chain.entries.end());
    for (std::uint64_t first : {UINT64_MAX, UINT64_MAX - 1}) {
        Bytes bytes;
        ledger::encodeSegment(chain.id, first, chain.states[0].tip, views, base::Signature(),
                              bytes);
        CHECK(ledger::parseSegment(bytes).has_value() == (first == UINT64_MAX - 1));
    }
}

TEST_CASE("segment: hostile bytes never run over their end") {
    test::SeededRandom random(11);
    TestChain chain;
    for (int i = 0; i < 5; ++i) chain.append(10);
    Bytes good = chain.segment();
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = good;
        for (std::size_t n = 1 + random.below(4); n > 0; --n) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.number());
        }
        if (bytes != good) CHECK_FALSE(receive(chain, bytes));
        CHECK_FALSE(receive(chain, random.bytes(random.below(600))));
    }
}
