#include "transport/clear_client.h"

#include <catch2/catch.hpp>
#include "channel_pair.h"

using namespace transport_test;
using base::Code;
using base::limits::kMessageBytesMax;
using transport::ClearClient;
using transport::RequestKind;

TEST_CASE("clear client: an answer arrives whole, byte by byte") {
    ChannelPair pair;
    ClearClient client({RequestKind::AuthorityChanges, 7});
    REQUIRE(pair.server->feed(client.takeOutput()));
    REQUIRE(pair.server->clearRequest());
    CHECK(pair.server->clearRequest()->kind == RequestKind::AuthorityChanges);
    CHECK(pair.server->clearRequest()->argument == 7);
    CHECK_FALSE(pair.server->isClosing());

    Bytes answer = pair.random.bytes(5000);
    REQUIRE(pair.server->answerClear(answer));
    CHECK(pair.server->isClosing());
    CHECK(pair.server->finish());
    CHECK_FALSE(pair.server->answerClear(answer));
    for (std::uint8_t byte : pair.server->takeOutput()) {
        CHECK(client.finish().error().code == Code::Cut);
        REQUIRE(client.feed({&byte, 1}));
    }
    CHECK(client.answer() == answer);
    CHECK(client.finish());
    CHECK_FALSE(client.feed(Bytes(1)));
}

TEST_CASE("clear client: the longest answer is 1 MiB") {
    ChannelPair pair;
    ClearClient client({RequestKind::Genesis, 0});
    REQUIRE(pair.server->feed(client.takeOutput()));
    Bytes answer(kMessageBytesMax + 1);
    CHECK(pair.server->answerClear(answer).error().code == Code::Limit);
    answer.pop_back();
    REQUIRE(pair.server->answerClear(answer));
    REQUIRE(client.feed(pair.server->takeOutput()));
    CHECK(client.answer() == answer);

    Bytes header;
    base::Writer(header).u8(1).u32(static_cast<std::uint32_t>(kMessageBytesMax) + 1);
    CHECK(ClearClient({RequestKind::Genesis, 0}).feed(header).error().code == Code::Limit);
}

TEST_CASE("clear client: an empty answer is an answer") {
    ChannelPair pair;
    ClearClient client({RequestKind::AuthorityChanges, 0});
    REQUIRE(pair.server->feed(client.takeOutput()));
    REQUIRE(pair.server->answerClear({}));
    REQUIRE(client.feed(pair.server->takeOutput()));
    CHECK(client.answer() == Bytes{});
}

TEST_CASE("clear client: refusals and wrong answers are errors") {
    auto code = [](std::uint8_t kind, ByteView payload) {
        ClearClient client({RequestKind::Genesis, 0});
        Bytes frame;
        base::Writer(frame).u8(kind).u32(static_cast<std::uint32_t>(payload.size())).raw(payload);
        auto status = client.feed(frame);
        return status ? std::optional<Code>{} : status.error().code;
    };
    CHECK(code(0, Bytes(49)) == Code::Malformed);
    CHECK(code(2, {}) == Code::Refused);
    CHECK(code(3, Bytes{2, 3}) == Code::Unsupported);
    CHECK(code(4, {}) == Code::Refused);
    CHECK(code(9, {}) == Code::Malformed);
}
