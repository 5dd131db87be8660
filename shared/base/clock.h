#pragma once
// Time and randomness come in from outside, so that the core can be replayed from a seed.

#include <cstdint>
#include <span>

namespace base {

/// Milliseconds since 1970-01-01T00:00:00Z.
using TimeMs = std::int64_t;

class Clock {
public:
    virtual ~Clock() = default;
    virtual TimeMs nowMs() const = 0;
    /// Milliseconds since some moment of this process; nobody can set it, and it never goes back.
    virtual std::int64_t monotonicMs() const = 0;
};

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    template <class Id>
    Id make() {
        Id id;
        fill(id.mutableView());
        return id;
    }
};

}  // namespace base
