#pragma once
// A line that is slower than loopback: how late bytes arrive that are given to it.

#include <chrono>
#include <cstdint>
#include <random>

namespace bench {

/// What the way between client and server is like, the same in both directions, over all
/// connections together.
struct Line {
    std::chrono::milliseconds oneWay{0};
    /// TCP payload; 0: no limit. With a limit the opening of a connection costs a round trip too.
    std::uint64_t bytesPerSecond = 0;
    /// Now and then nothing moves for so long, as while a lost packet is sent again: in each
    /// direction after so many bytes on average, at places that only the seed decides. 0: never.
    std::uint64_t bytesBetweenStalls = 0;
    std::chrono::milliseconds stall{0};
    std::uint64_t seed = 1;
};

/// When bytes that are given to the line now will have passed it. One direction.
class Pace {
public:
    explicit Pace(const Line& line, std::uint64_t direction)
        : m_line(line), m_random(line.seed * 2 + direction), m_nextStall(drawStall()) {}

    /// Adds to `stalls` how often nothing moved meanwhile.
    std::chrono::steady_clock::time_point pass(std::size_t bytes, std::uint64_t& stalls);

private:
    std::uint64_t drawStall() { return 1 + m_random() % (2 * m_line.bytesBetweenStalls + 1); }

    Line m_line;
    std::mt19937_64 m_random;
    std::uint64_t m_passed = 0;
    std::uint64_t m_nextStall;
    std::chrono::steady_clock::time_point m_free;
};

}  // namespace bench
