#include <atomic>
#include <catch2/catch.hpp>
#include <new>
#include "base/limits.h"
#include "replica/portion.h"

using replica::Portion;
using replica::PortionsAhead;
using Stopped = replica::Portion::Stopped;

namespace {

/// A portion of one position; `bytes` is what it says of itself.
Portion portionAt(std::uint64_t from, Stopped stopped = Stopped::Full, std::size_t bytes = 1) {
    Portion out;
    out.end = from + 1;
    out.stopped = stopped;
    out.bytes = bytes;
    return out;
}

/// How many portions were opened, and whether ever more than was allowed at that moment.
struct Opened {
    std::atomic<std::size_t> count = 0;
    std::atomic<std::size_t> allowed = 0;
    std::atomic<bool> isTooMany = false;

    void one() {
        if (++count > allowed) isTooMany = true;
        count.notify_all();
    }
    void reaches(std::size_t wanted) const {
        for (std::size_t now = count; now < wanted; now = count) count.wait(now);
    }
};

}  // namespace

TEST_CASE("replica: portions come in order, whoever opened them") {
    constexpr std::uint64_t kWithoutKey = 40, kEnd = 60;
    PortionsAhead portions(
        [](std::uint64_t from) -> base::Result<Portion> {
            if (from == kWithoutKey) return portionAt(from, Stopped::KeyMissing);
            return portionAt(from, from == kEnd ? Stopped::AtEnd : Stopped::Full);
        },
        7);
    for (std::uint64_t at = 7; at <= kEnd; ++at) {
        auto portion = portions.next();
        REQUIRE(portion);
        REQUIRE(portion->end == at + 1);
    }
}

TEST_CASE("replica: behind a portion that is not full nothing is opened before it is wanted") {
    Opened opened;
    const auto open = [&](std::uint64_t from) -> base::Result<Portion> {
        opened.one();
        return portionAt(from, from == 2 ? Stopped::KeyMissing : Stopped::Full);
    };
    opened.allowed = 1;
    {
        PortionsAhead portions(open, 2);
        REQUIRE(portions.next());
    }  // a thread opens at least once before it ends
    CHECK(opened.count == 1);
    opened.allowed = opened.count + 2 + base::limits::kPortionsAhead + 1;
    {
        PortionsAhead portions(open, 2);
        REQUIRE(portions.next());
        REQUIRE(portions.next());
        opened.reaches(opened.allowed);
    }
    CHECK_FALSE(opened.isTooMany);
}

TEST_CASE("replica: what is opened ahead is bounded in bytes") {
    Opened opened;
    {
        PortionsAhead portions(
            [&](std::uint64_t from) -> base::Result<Portion> {
                opened.one();
                return portionAt(from, Stopped::Full, base::limits::kPortionsAheadBytes);
            },
            0);
        for (std::size_t taken = 1; taken <= 200; ++taken) {
            opened.allowed = taken + 2;  // one is ready, one waits for room
            REQUIRE(portions.next());
            opened.reaches(taken + 2);
        }
    }
    CHECK_FALSE(opened.isTooMany);
}

TEST_CASE("replica: an error and an exception of a portion opened ahead come out in their turn") {
    bool throws = GENERATE(false, true);
    PortionsAhead portions(
        [&](std::uint64_t from) -> base::Result<Portion> {
            if (from < 3) return portionAt(from);
            if (throws) throw std::bad_alloc();
            return base::fail(base::Code::Corrupt, "a stored ledger has a gap");
        },
        0);
    for (int i = 0; i < 3; ++i) REQUIRE(portions.next());
    for (int again = 0; again < 2; ++again) {
        if (throws) {
            CHECK_THROWS_AS(portions.next(), std::bad_alloc);
        } else {
            auto portion = portions.next();
            REQUIRE_FALSE(portion);
            CHECK(portion.error().code == base::Code::Corrupt);
        }
    }
}
