#include "wire/compress.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"
#include "base/limits.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using test::SeededRandom;

namespace {

constexpr std::size_t kMax = base::limits::kPlainBodyBytesMax;

Code codeOf(const base::Result<Bytes>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
}

}  // namespace

TEST_CASE("compress: what was packed is unpacked, at both levels, from nothing to a mebibyte") {
    SeededRandom random;
    for (std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{70'000}, kMax}) {
        for (int level : {wire::kBodyLevel, wire::kImportLevel}) {
            for (const Bytes& plain : {random.bytes(size), Bytes(size, 'a')}) {
                auto read = wire::decompress(wire::compress(plain, level, 0), 0, kMax);
                REQUIRE(read);
                CHECK(*read == plain);
            }
        }
    }
}

TEST_CASE("compress: the frame has no magic number, and says its size") {
    Bytes frame = wire::compress(Bytes(300, 'a'), wire::kBodyLevel, 0);
    REQUIRE(frame.size() > 4);
    CHECK((frame[0] & 0x03) == 0);  // no dictionary id
    CHECK((frame[0] & 0x04) == 0);  // no checksum
    CHECK(base::toHex(ByteView(frame).first(4)) != "28b52ffd");
    Bytes standard{0x28, 0xB5, 0x2F, 0xFD};
    base::Writer(standard).raw(frame);
    CHECK_FALSE(wire::decompress(standard, 0, kMax));
}

TEST_CASE("decompress: a bomb is refused by what it says, before memory is taken") {
    Bytes bomb = wire::compress(Bytes(kMax + 1, 0), wire::kBodyLevel, 0);
    CHECK(bomb.size() < 1000);
    CHECK(codeOf(wire::decompress(bomb, 0, kMax)) == Code::Limit);
    CHECK(codeOf(wire::decompress(wire::compress(Bytes(101, 0), 3, 0), 0, 100)) == Code::Limit);
    CHECK(wire::decompress(wire::compress(Bytes(100, 0), 3, 0), 0, 100));
    Bytes huge{0xE0};  // a single segment whose size takes eight bytes
    base::Writer(huge).u64(UINT64_MAX - 2).raw(Bytes(20, 0));
    CHECK_FALSE(wire::decompress(huge, 0, kMax));
}

TEST_CASE("decompress: a frame that lies about its size or says none is refused") {
    Bytes frame = wire::compress(base::view("Xã Bến Trăng đã báo cáo"), wire::kBodyLevel, 0);
    REQUIRE((frame[0] & 0xE0) == 0x20);  // single segment, size in one byte
    for (int wrong : {0, 1, 25, 255}) {
        Bytes lying = frame;
        lying[1] = static_cast<std::uint8_t>(lying[1] + wrong);
        CHECK(wire::decompress(lying, 0, kMax).has_value() == (wrong == 0));
    }
    Bytes unknown{0x00, 0x50, 0x01, 0x00, 0x00};  // a window and no size, then an empty last block
    CHECK(codeOf(wire::decompress(unknown, 0, kMax)) == Code::Malformed);
}

TEST_CASE("decompress: a dictionary that is not known here asks for an update") {
    Bytes frame = wire::compress(base::view("a"), wire::kBodyLevel, 0);
    for (unsigned dictionary = wire::kDictionaryNewest + 1U; dictionary < 256; ++dictionary) {
        CHECK(codeOf(wire::decompress(frame, static_cast<std::uint8_t>(dictionary), kMax)) ==
              Code::Unsupported);
    }
}

TEST_CASE("decompress: cut, damaged and random frames never unpack beyond the limit") {
    SeededRandom random(2);
    Bytes plain = random.bytes(200);
    plain.resize(900, 'b');
    Bytes good = wire::compress(plain, wire::kBodyLevel, 0);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(wire::decompress(ByteView(good).first(size), 0, kMax));
    }
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = i % 4 == 0 ? random.bytes(random.below(64)) : good;
        for (std::size_t n = 1 + random.below(3); n > 0 && !bytes.empty(); --n) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.number());
        }
        auto read = wire::decompress(bytes, 0, 4096);
        if (read) CHECK(read->size() <= 4096);
    }
}
