#include "base/bytes.h"
#include <catch2/catch.hpp>
#include <limits>
#include "seeded_random.h"

using base::Bytes;
using base::ByteView;
using base::Reader;
using base::Writer;
using test::SeededRandom;

namespace {

Bytes varint(std::uint64_t value) {
    Bytes out;
    Writer(out).varint(value);
    return out;
}

}  // namespace

TEST_CASE("hex: bytes come back, in either case, and nothing else is read") {
    SeededRandom random;
    for (std::size_t size = 0; size < 70; ++size) {
        Bytes bytes = random.bytes(size);
        auto read = base::fromHex(base::toHex(bytes));
        REQUIRE(read);
        CHECK(*read == bytes);
    }
    CHECK(base::toHex(Bytes{0x00, 0xFF, 0x1a}) == "00ff1a");
    CHECK(base::fromHex("00FF1a").value() == Bytes{0x00, 0xFF, 0x1A});
    for (const char* text : {"0", "000", "0g", "g0", " 00", "0x00", "00 ", "-1", "đđ"}) {
        CHECK_FALSE(base::fromHex(text));
    }
}

TEST_CASE("base32: bytes of every length come back, however people write them") {
    SeededRandom random(2);
    for (std::size_t size = 0; size < 70; ++size) {
        Bytes bytes = random.bytes(size);
        std::string code = base::toBase32(bytes);
        CHECK(code.size() == (size * 8 + 4) / 5);
        CHECK(code.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
        std::string typed;
        for (char c : code) {
            if (typed.size() % 6 == 5) typed += typed.size() % 12 == 5 ? "-" : " ";
            typed += c == '0' ? 'o' : c == '1' ? 'I' : static_cast<char>(std::tolower(c));
        }
        for (const std::string& text : {code, typed}) {
            auto read = base::fromBase32(text);
            REQUIRE(read);
            CHECK(*read == bytes);
        }
    }
    CHECK(base::fromBase32("lL1iI0oO").value() == base::fromBase32("11111000").value());
}

TEST_CASE("base32: other letters and left-over bits are refused") {
    for (const char* text : {"U", "AU", "A*", "A=", "A.", "đ", "ZZ\x01"})
        CHECK_FALSE(base::fromBase32(text));
    CHECK(base::fromBase32("00"));
    CHECK_FALSE(base::fromBase32("0"));    // five bits are no byte
    CHECK_FALSE(base::fromBase32("01"));   // two bits left over, not zero
    CHECK_FALSE(base::fromBase32("000"));  // seven bits left over: a letter too many
    CHECK(base::fromBase32("ZW"));
    CHECK_FALSE(base::fromBase32("ZX"));
}

TEST_CASE("varint: every value has one, shortest form") {
    for (unsigned bits = 0; bits < 64; ++bits) {
        for (std::uint64_t value :
             {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1, UINT64_MAX >> bits}) {
            Bytes bytes = varint(value);
            Reader in(bytes);
            CHECK(in.varint() == value);
            CHECK(in.atEnd());
            if (bytes.size() == 10) continue;
            bytes.back() |= 0x80;
            bytes.push_back(0);
            Reader longer(bytes);
            CHECK(longer.varint() == 0);
            CHECK_FALSE(longer.ok());
        }
    }
    CHECK(varint(127) == Bytes{0x7F});
    CHECK(varint(128) == Bytes{0x80, 0x01});
    CHECK(varint(300) == Bytes{0xAC, 0x02});
    CHECK(varint(UINT64_MAX).size() == 10);
}

TEST_CASE("varint: more than 64 bits, and no end, are refused") {
    Bytes tooMuch(9, 0xFF);
    tooMuch.push_back(0x02);
    Bytes endless(11, 0x80);
    for (const Bytes& bytes : {tooMuch, endless, Bytes{0x80}, Bytes{}, Bytes(10, 0xFF)}) {
        Reader in(bytes);
        CHECK(in.varint() == 0);
        CHECK_FALSE(in.ok());
    }
}

TEST_CASE("zigzag: small magnitudes are short, and the extremes come back") {
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t value :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{-64}, std::int64_t{64},
          kMin, kMin + 1, kMax, kMax - 1}) {
        Bytes bytes;
        Writer(bytes).zigzag(value);
        Reader in(bytes);
        CHECK(in.zigzag() == value);
        CHECK(in.atEnd());
        if (value >= -64 && value < 64) CHECK(bytes.size() == 1);
    }
}

TEST_CASE("writer: integers are little-endian") {
    Bytes bytes;
    Writer(bytes).u8(1).u16(0x0203).u32(0x04050607).u64(0x08090A0B0C0D0E0F).sized(Bytes{9, 9});
    CHECK(base::toHex(bytes) ==
          "010302"
          "07060504"
          "0f0e0d0c0b0a0908"
          "020909");
    Reader in(bytes);
    CHECK(in.u8() == 1);
    CHECK(in.u16() == 0x0203);
    CHECK(in.u32() == 0x04050607);
    CHECK(in.u64() == 0x08090A0B0C0D0E0F);
    CHECK(in.sized(2).size() == 2);
    CHECK(in.atEnd());
}

TEST_CASE("reader: after the first failure everything is zero and nothing moves") {
    Bytes bytes{1, 2, 3};
    Reader in(bytes);
    CHECK(in.u32() == 0);
    CHECK_FALSE(in.ok());
    CHECK(in.u8() == 0);
    CHECK(in.varint() == 0);
    CHECK(in.zigzag() == 0);
    CHECK(in.raw(1).empty());
    CHECK(in.fixed<base::Hash>().isZero());
    CHECK_FALSE(in.atEnd());
    CHECK(in.position() == 0);
    Reader limited(bytes);
    CHECK(limited.sized(0).empty());
    CHECK_FALSE(limited.ok());
    Reader stopped(bytes);
    stopped.failHere();
    CHECK(stopped.u8() == 0);
}

TEST_CASE("reader: whatever is asked in whatever order, it stays within its bytes") {
    SeededRandom random(4);
    for (int i = 0; i < 5000; ++i) {
        Bytes bytes = random.bytes(random.below(60));
        Reader in(bytes);
        for (int step = 0; step < 20; ++step) {
            std::size_t before = in.position();
            switch (random.below(8)) {
                case 0:
                    in.u8();
                    break;
                case 1:
                    in.u16();
                    break;
                case 2:
                    in.u32();
                    break;
                case 3:
                    in.u64();
                    break;
                case 4:
                    in.varint();
                    break;
                case 5:
                    in.raw(random.below(3) == 0 ? SIZE_MAX - random.below(3) : random.below(20));
                    break;
                case 6:
                    in.sized(random.below(2) == 0 ? SIZE_MAX : 8);
                    break;
                default:
                    in.fixed<base::DeviceId>();
                    break;
            }
            REQUIRE(in.position() >= before);
            REQUIRE(in.position() <= bytes.size());
            REQUIRE(in.remaining() == bytes.size() - in.position());
        }
    }
}
