#include "transport/message_stream.h"

#include <catch2/catch.hpp>

using base::Bytes;
using base::ByteView;
using base::Code;
using transport::End;
using transport::FragmentRoom;
using transport::packFragment;
using transport::Padding;
using transport::Reassembler;

namespace {

base::Result<std::optional<Bytes>> give(Reassembler& reassembler, const Bytes& plain) {
    Bytes& buffer = reassembler.buffer();
    buffer.insert(buffer.end(), plain.begin(), plain.end());
    return reassembler.accept();
}

Bytes fragment(std::uint8_t flags, std::uint16_t size, const Bytes& rest) {
    Bytes plain;
    base::Writer(plain).u8(flags).u16(size).raw(rest);
    return plain;
}

std::optional<Code> codeOf(const Bytes& plain) {
    Reassembler reassembler;
    auto result = give(reassembler, plain);
    return result ? std::optional<Code>{} : result.error().code;
}

}  // namespace

TEST_CASE("fragments: what is packed comes back, whatever the room") {
    Bytes message(1000);
    for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>(i);
    for (std::size_t room : {256UL, 300UL, 512UL, 1003UL, 1002UL, FragmentRoom::kPlainBytesMax}) {
        for (Padding padding : {Padding::None, Padding::Control}) {
            Reassembler reassembler;
            ByteView rest = message;
            Bytes plain;
            std::optional<Bytes> result;
            while (!rest.empty()) {
                CHECK_FALSE(result);
                packFragment(rest, padding, End::Yes, room, plain);
                CHECK(plain.size() <= room);
                if (padding == Padding::Control) CHECK(plain.size() % 256 == 0);
                auto given = give(reassembler, plain);
                REQUIRE(given);
                result = *given;
            }
            CHECK(result == message);
            CHECK(reassembler.ended());
        }
    }
}

TEST_CASE("fragments: impossible layouts are refused") {
    CHECK(codeOf({}) == Code::Malformed);
    CHECK(codeOf({0, 1}) == Code::Malformed);
    CHECK(codeOf(fragment(0, 2, {1})) == Code::Malformed);
    CHECK(codeOf(fragment(3, 1, {1})) == Code::Malformed);
    CHECK(codeOf(fragment(4, 1, {1})) == Code::Malformed);
    CHECK(codeOf(fragment(0, 0, {})) == Code::Malformed);
    CHECK(codeOf(fragment(1, 0, {})) == Code::Malformed);
    CHECK(codeOf(fragment(2, 0, {})) == std::nullopt);
    CHECK(codeOf(fragment(2, 0, {0, 0})) == std::nullopt);
    CHECK(codeOf(fragment(0, 1, {1})) == std::nullopt);
}

TEST_CASE("fragments: padding that is not zero is refused") {
    CHECK(codeOf(fragment(0, 1, {9, 0, 0})) == std::nullopt);
    CHECK(codeOf(fragment(0, 1, {9, 1, 0})) == Code::Malformed);
    CHECK(codeOf(fragment(0, 1, {9, 0, 1})) == Code::Malformed);
}

TEST_CASE("fragments: a bare end within a message is refused") {
    Reassembler reassembler;
    REQUIRE(give(reassembler, fragment(1, 1, {1})));
    CHECK_FALSE(give(reassembler, fragment(2, 0, {})));
}

TEST_CASE("fragments: a message is bounded by the limit in force") {
    Reassembler reassembler;
    reassembler.setMessageBytesMax(5);
    REQUIRE(give(reassembler, fragment(1, 3, {1, 2, 3})));
    SECTION("as much as allowed") {
        auto result = give(reassembler, fragment(0, 2, {4, 5}));
        REQUIRE(result);
        CHECK(**result == Bytes{1, 2, 3, 4, 5});
    }
    SECTION("one byte more") {
        auto result = give(reassembler, fragment(0, 3, {4, 5, 6}));
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Code::Limit);
    }
}
