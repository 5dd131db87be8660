#pragma once
// The simulated province's only sources of chance and time: both follow from the seed.

#include "base/clock.h"

namespace sim {

/// splitmix64 (Steele, Lea, Flood 2014): a small generator whose whole state is one number. Not for
/// real keys.
class SeededRandom final : public base::Random {
public:
    explicit SeededRandom(std::uint64_t seed) : m_state(seed) {}
    void fill(std::span<std::uint8_t> out) override;
    std::uint64_t next();
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool chance(unsigned permille) { return below(1000) < permille; }
    /// An independent generator.
    SeededRandom fork() { return SeededRandom(next()); }

private:
    std::uint64_t m_state;
};

/// A node's clock: the province's time, off by what this machine's battery lost.
class NodeClock final : public base::Clock {
public:
    NodeClock(const base::TimeMs& time, base::TimeMs skewMs) : m_time(time), m_skewMs(skewMs) {}
    base::TimeMs nowMs() const override { return m_time + m_skewMs; }
    std::int64_t monotonicMs() const override { return m_time; }
    base::TimeMs skew() const { return m_skewMs; }
    void setSkew(base::TimeMs skewMs) { m_skewMs = skewMs; }

private:
    const base::TimeMs& m_time;
    base::TimeMs m_skewMs;
};

}  // namespace sim
