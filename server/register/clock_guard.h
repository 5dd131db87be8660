#pragma once
// Whether the server's clock may date what arrives.
//
// Once a reading is trusted, the clock must keep pace with the monotonic one, within kClockJumpMs.
// Before that (at a start) it must lie between kClockJumpMs before and kClockForwardMs after what
// it was known to be last: the last arrival, or what somebody has confirmed since. A clock that is
// put right again is trusted again by itself: nothing was committed meanwhile.
//
// One thread.

#include <optional>
#include "base/clock.h"

namespace reg {

/// What is known of the clock beside the arrivals, and kept in the store.
struct ClockMark {
    base::TimeMs wall = 0;      // what the clock said
    std::uint64_t arrival = 0;  // the last arrival then; a later one says more
    std::uint64_t number = 0;   // of confirmations so far
};

class ClockGuard {
public:
    explicit ClockGuard(const base::Clock& clock) : m_clock(clock) {}

    /// What the store says when it is opened; `lastArrival` 0: nothing has arrived yet.
    void begin(std::uint64_t lastArrival, const std::optional<ClockMark>& mark);
    /// A mark as the store holds it now: it counts if it was confirmed since the last one.
    void hear(const std::optional<ClockMark>& mark);
    bool isTrusted();

private:
    struct Reading {
        base::TimeMs wall;
        std::int64_t monotonic;
    };
    const base::Clock& m_clock;
    std::optional<Reading> m_trusted;
    std::optional<base::TimeMs> m_known;  // what a first reading is compared with
    std::uint64_t m_number = 0;
};

}  // namespace reg
