#include "line.h"
#include <algorithm>

namespace bench {

using Clock = std::chrono::steady_clock;

Clock::time_point Pace::pass(std::size_t bytes, std::uint64_t& stalls) {
    if (m_line.bytesPerSecond == 0) return Clock::now() + m_line.oneWay;
    m_free = std::max(m_free, Clock::now());
    m_free += std::chrono::microseconds(bytes * 1'000'000 / m_line.bytesPerSecond);
    m_passed += bytes;
    for (; m_line.bytesBetweenStalls > 0 && m_passed >= m_nextStall; ++stalls) {
        m_free += m_line.stall;
        m_nextStall += drawStall();
    }
    return m_free + m_line.oneWay;
}

}  // namespace bench
