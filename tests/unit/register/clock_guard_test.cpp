#include "register/clock_guard.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"

using base::limits::kClockForwardMs;
using base::limits::kClockJumpMs;

namespace {

constexpr base::TimeMs kYearMs = 365LL * 24 * 3600 * 1000;

struct Guarded {
    test::ManualClock clock;
    reg::ClockGuard guard{clock};
    void start(base::TimeMs lastArrival, const std::optional<reg::ClockMark>& mark = {}) {
        guard.begin(static_cast<std::uint64_t>(lastArrival), mark);
    }
};

}  // namespace

TEST_CASE("clock guard: a clock that keeps pace is trusted, one that jumps is not") {
    Guarded g;
    g.start(0);
    REQUIRE(g.guard.isTrusted());
    g.clock.now += 3 * kYearMs;  // three quiet years
    CHECK(g.guard.isTrusted());
    const base::TimeMs jump =
        GENERATE(kClockJumpMs + 1, -kClockJumpMs - 1, 20 * kYearMs, -20 * kYearMs);
    g.clock.jump(jump);
    CHECK_FALSE(g.guard.isTrusted());
    g.clock.now += 1000;
    CHECK_FALSE(g.guard.isTrusted());
    g.clock.jump(-jump);  // somebody puts it right
    CHECK(g.guard.isTrusted());
}

TEST_CASE("clock guard: an hour is no jump, and many small steps are one") {
    Guarded g;
    g.start(0);
    REQUIRE(g.guard.isTrusted());
    g.clock.jump(kClockJumpMs);
    CHECK(g.guard.isTrusted());
    g.clock.jump(1);
    CHECK_FALSE(g.guard.isTrusted());
}

TEST_CASE("clock guard: at a start the clock is compared with the last arrival") {
    Guarded g;
    const base::TimeMs now = g.clock.now;
    g.start(now - kClockForwardMs);
    CHECK(g.guard.isTrusted());
    g.start(now - kClockForwardMs - 1);
    CHECK_FALSE(g.guard.isTrusted());
    g.start(now + kClockJumpMs);
    CHECK(g.guard.isTrusted());
    g.start(now + kClockJumpMs + 1);
    CHECK_FALSE(g.guard.isTrusted());
}

TEST_CASE("clock guard: what somebody confirms counts once, and not for the next jump") {
    Guarded g;
    const base::TimeMs before = g.clock.now;
    g.start(before);
    REQUIRE(g.guard.isTrusted());
    g.clock.jump(kYearMs);
    REQUIRE_FALSE(g.guard.isTrusted());
    const reg::ClockMark confirmed{g.clock.now, static_cast<std::uint64_t>(before), 1};
    g.guard.hear(confirmed);
    CHECK(g.guard.isTrusted());
    g.clock.jump(2 * kClockJumpMs);
    CHECK_FALSE(g.guard.isTrusted());
    g.guard.hear(confirmed);
    CHECK_FALSE(g.guard.isTrusted());
    g.guard.hear(reg::ClockMark{g.clock.now, static_cast<std::uint64_t>(before), 2});
    CHECK(g.guard.isTrusted());
}

TEST_CASE("clock guard: a confirmation outlasts a restart as long as nothing has arrived since") {
    Guarded g;
    const base::TimeMs ahead =
        g.clock.now + 2 * kYearMs;  // it once ran ahead, and arrivals with it
    const reg::ClockMark confirmed{g.clock.now, static_cast<std::uint64_t>(ahead), 4};
    g.start(ahead);
    CHECK_FALSE(g.guard.isTrusted());
    g.start(ahead, confirmed);
    CHECK(g.guard.isTrusted());
    g.start(ahead + 1, confirmed);
    CHECK_FALSE(g.guard.isTrusted());
}
