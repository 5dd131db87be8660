#include "ledger/entry.h"
#include <catch2/catch.hpp>
#include <limits>
#include <set>
#include "base/limits.h"
#include "test_chain.h"

using base::Bytes;
using base::Code;
using ledger::ChainState;
using ledger::Header;
using test::SeededRandom;
using test::TestChain;

namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();

/// A state in the middle of a chain.
ChainState stateAt(std::uint64_t nextSeq, std::int64_t claimed) {
    ChainState state;
    state.nextSeq = nextSeq;
    state.tip.data.fill(0x11);
    state.claimed = claimed;
    state.seen = {1, 20, 30, {}};
    return state;
}

/// First byte ‖ keyVersion 1 ‖ dictionary 0 ‖ step, without any of the optional parts.
Bytes bareHeader(std::uint8_t first, std::int64_t step) {
    Bytes out;
    base::Writer(out).u8(first).varint(1).u8(0).zigzag(step);
    return out;
}

void isRefused(const ChainState& before, const Bytes& bytes) {
    ChainState state = before;
    auto entry = ledger::advance(state, bytes);
    REQUIRE_FALSE(entry);
    CHECK(entry.error().code == Code::Malformed);
    CHECK((state == before));
}

Bytes withSeen(Bytes bytes, std::uint64_t epoch) {
    base::Writer(bytes).varint(epoch).varint(2).varint(3).raw(Bytes(16, 7));
    return bytes;
}

}  // namespace

TEST_CASE("entry: every combination of flags comes back as it was written") {
    SeededRandom random;
    for (unsigned flags = 0; flags < 8; ++flags) {
        for (std::uint64_t seq : {0, 1, 1000}) {
            INFO("flags " << flags << ", seq " << seq);
            ChainState before = seq == 0 ? ChainState() : stateAt(seq, 1'000'000);
            Header header;
            header.keyVersion = random.number() >> random.below(64);
            header.dictionary = static_cast<std::uint8_t>(random.below(256));
            header.claimed = 1'700'000'000'000;
            header.seen = before.seen;
            if ((flags & 1) != 0) {
                header.seen = {7, random.number(), random.number(),
                               random.make<ledger::ShortRoot>()};
            }
            if ((flags & 2) != 0) header.restates = random.make<base::Hash>();
            if ((flags & 4) != 0 && seq == 0) {
                header.continues = ledger::Continues{random.make<base::IncarnationId>(),
                                                     random.number(), random.make<base::Hash>()};
            }
            Bytes bytes = ledger::encodeHeader(header, before);
            std::size_t headerSize = bytes.size();
            base::Writer(bytes).raw(random.bytes(random.below(40)));
            ChainState state = before;
            auto entry = ledger::advance(state, bytes);
            REQUIRE(entry);
            CHECK((entry->header == header));
            CHECK(entry->seq == seq);
            CHECK(entry->headerBytes.size() == headerSize);
            CHECK(entry->body.size() == bytes.size() - headerSize);
            CHECK(state.nextSeq == seq + 1);
            CHECK((state.tip == entry->hash));
            CHECK(state.claimed == header.claimed);
            CHECK((state.seen == header.seen));
        }
    }
}

TEST_CASE("entry: a header has the documented bytes") {
    ChainState start;
    Header header;
    header.keyVersion = 300;
    header.claimed = 1;
    header.seen = {2, 128, 3, {}};
    CHECK(base::toHex(ledger::encodeHeader(header, start)) ==
          "11ac020002028001030000000000000000000000000000"
          "0000");
    ChainState later = stateAt(5, 1000);
    header.claimed = 999;
    header.seen = later.seen;
    CHECK(base::toHex(ledger::encodeHeader(header, later)) == "01ac020001");
}

TEST_CASE("entry: claimed times may go back and far, but not beyond 64 bits") {
    for (std::int64_t claimed : {std::int64_t{-1}, std::int64_t{0}, kEarliest, kLatest}) {
        Header header;
        header.claimed = claimed;
        ChainState state;
        auto entry = ledger::advance(state, ledger::encodeHeader(header, ChainState()));
        REQUIRE(entry);
        CHECK(entry->header.claimed == claimed);
    }
    ChainState late = stateAt(1, kLatest);
    isRefused(late, bareHeader(0x01, 1));
    isRefused(late, bareHeader(0x01, kLatest));
    isRefused(stateAt(1, kEarliest), bareHeader(0x01, -1));
    isRefused(stateAt(1, -2), bareHeader(0x01, kEarliest));
    auto back = ledger::advance(late, bareHeader(0x01, -kLatest));
    REQUIRE(back);
    CHECK(back->header.claimed == 0);
}

TEST_CASE("entry: one header has one encoding") {
    ChainState start;
    ChainState later = stateAt(3, 0);
    isRefused(start, bareHeader(0x01, 5));               // nothing said of what was seen
    isRefused(later, withSeen(bareHeader(0x41, 5), 1));  // continues behind seq 0
    isRefused(start, withSeen(bareHeader(0x10, 5), 1));  // format 0
    isRefused(start, withSeen(bareHeader(0x12, 5), 1));  // format 2
    isRefused(start, withSeen(bareHeader(0x91, 5), 1));  // the bit that is zero
    isRefused(start, withSeen(bareHeader(0x11, 5), std::uint64_t{1} << 32));  // an epoch of 33 bits
    Bytes repeated = bareHeader(0x11, 5);
    base::Writer(repeated).varint(1).varint(20).varint(30).raw(Bytes(16, 0));
    isRefused(later, repeated);  // what was seen, said again
    Bytes longer{0x01, 0x81, 0x00, 0x00, 0x00};
    isRefused(later, longer);  // keyVersion 1 in two bytes
    CHECK(ledger::advance(later, bareHeader(0x01, 5)));
}

TEST_CASE("entry: a header cut anywhere is refused, and an empty entry") {
    SeededRandom random;
    Header header;
    header.keyVersion = 1 << 20;
    header.claimed = 1'700'000'000'000;
    header.seen = {3, 1 << 20, 1 << 14, random.make<ledger::ShortRoot>()};
    header.restates = random.make<base::Hash>();
    header.continues =
        ledger::Continues{random.make<base::IncarnationId>(), 1 << 20, random.make<base::Hash>()};
    Bytes bytes = ledger::encodeHeader(header, ChainState());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        INFO("first " << size << " bytes");
        isRefused(ChainState(),
                  Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    }
}

TEST_CASE("entry: 64 KiB are an entry, one byte more is over the limit") {
    Bytes bytes = ledger::encodeHeader(Header(), ChainState());
    bytes.resize(base::limits::kEntryBytesMax);
    ChainState state;
    CHECK(ledger::advance(state, bytes));
    bytes.push_back(0);
    ChainState untouched;
    auto entry = ledger::advance(untouched, bytes);
    REQUIRE_FALSE(entry);
    CHECK(entry.error().code == Code::Limit);
    CHECK((untouched == ChainState()));
}

TEST_CASE("entry: hostile headers never run over their end") {
    SeededRandom random(7);
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = random.bytes(random.below(90));
        if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>(bytes[0] & 0x71) | 1;
        ChainState state = random.below(2) == 0 ? ChainState() : stateAt(9, 0);
        ChainState before = state;
        auto entry = ledger::advance(state, bytes);
        if (!entry) {
            CHECK((state == before));
            continue;
        }
        CHECK(entry->headerBytes.size() + entry->body.size() == bytes.size());
        Bytes again = ledger::encodeHeader(entry->header, before);
        CHECK(again == base::copy(entry->headerBytes));
    }
}

TEST_CASE("chain: its hashes are those of the formulas") {
    TestChain chain;
    Header header;
    header.keyVersion = 1;
    header.claimed = 1'756'600'000'000;
    header.seen = {1, 12, 34, {}};
    header.seen.root.data.fill(5);
    chain.append(header, base::view("body"));
    base::Hash first =
        crypto::hash("ts-chain", {chain.province.view(), chain.id.scope.view(),
                                  chain.id.device.view(), chain.id.incarnation.view()});
    CHECK((chain.states[0].tip == first));
    Bytes resolved;
    base::Writer w(resolved);
    w.u64(0).u64(1'756'600'000'000).u32(1).u64(12).u64(34).raw(Bytes(16, 5)).raw(chain.entries[0]);
    base::Hash entryHash = crypto::hash("ts-entry", {resolved});
    CHECK((chain.states[1].tip == crypto::hash("ts-link", {first.view(), entryHash.view()})));
}

TEST_CASE("chain: each input of the hash changes it") {
    TestChain chain(3);
    chain.append();
    chain.append();
    Bytes bytes = chain.entries[1];
    std::set<base::Hash> hashes;
    auto add = [&](ChainState state, const Bytes& entry) {
        REQUIRE(ledger::advance(state, entry));
        CHECK(hashes.insert(state.tip).second);
    };
    ChainState before = chain.states[1];
    add(before, bytes);
    ChainState other = before;
    other.nextSeq += 1;
    add(other, bytes);
    other = before;
    other.tip.data[31] ^= 1;
    add(other, bytes);
    other = before;
    other.claimed += 1;
    add(other, bytes);
    other = before;
    other.seen.epoch += 1;
    add(other, bytes);
    other = before;
    other.seen.ledgerSize += 1;
    add(other, bytes);
    other = before;
    other.seen.directorySize += 1;
    add(other, bytes);
    other = before;
    other.seen.root.data[0] ^= 1;
    add(other, bytes);
    bytes.push_back(0);
    add(before, bytes);

    std::set<base::Hash> starts{ChainState::start(chain.province, chain.id).tip};
    auto province = chain.province;
    province.data[0] ^= 1;
    CHECK(starts.insert(ChainState::start(province, chain.id).tip).second);
    for (int part = 0; part < 3; ++part) {
        ledger::ChainId id = chain.id;
        if (part == 0) id.scope.data[0] ^= 1;
        if (part == 1) id.device.data[0] ^= 1;
        if (part == 2) id.incarnation.data[0] ^= 1;
        CHECK(starts.insert(ChainState::start(chain.province, id).tip).second);
    }
}

TEST_CASE("chain state: comes back as it was stored, and of its own length only") {
    TestChain chain(4);
    Header header;
    header.claimed = -5;
    header.seen = {9, 8, 7, {}};
    chain.append(header, {});
    Bytes bytes = chain.states[1].encode();
    auto read = ChainState::decode(bytes);
    REQUIRE(read);
    CHECK((*read == chain.states[1]));
    bytes.push_back(0);
    CHECK_FALSE(ChainState::decode(bytes));
    bytes.resize(bytes.size() - 2);
    CHECK_FALSE(ChainState::decode(bytes));
}

TEST_CASE("write id: the first eight bytes of the hash, little-endian") {
    base::Hash hash;
    for (std::size_t i = 0; i < 32; ++i) hash.data[i] = static_cast<std::uint8_t>(i + 1);
    CHECK(ledger::writeIdOf(hash) == 0x0807060504030201);
}
