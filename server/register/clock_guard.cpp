#include "register/clock_guard.h"
#include <cstdlib>
#include "base/limits.h"

namespace reg {

using base::limits::kClockForwardMs;
using base::limits::kClockJumpMs;

void ClockGuard::begin(std::uint64_t lastArrival, const std::optional<ClockMark>& mark) {
    m_trusted.reset();
    m_known.reset();
    if (lastArrival > 0) m_known = static_cast<base::TimeMs>(lastArrival);
    // After a clock had run ahead, arrivals stand still, and only the mark knows the time.
    if (mark && mark->arrival == lastArrival) m_known = mark->wall;
    m_number = mark ? mark->number : 0;
}

void ClockGuard::hear(const std::optional<ClockMark>& mark) {
    if (!mark || mark->number == m_number) return;
    m_number = mark->number;
    m_known = mark->wall;
    m_trusted.reset();
}

bool ClockGuard::isTrusted() {
    const Reading now{m_clock.nowMs(), m_clock.monotonicMs()};
    if (m_trusted) {
        const std::int64_t ahead =
            (now.wall - m_trusted->wall) - (now.monotonic - m_trusted->monotonic);
        return std::abs(ahead) <= kClockJumpMs;
    }
    bool fits =
        !m_known || (now.wall >= *m_known - kClockJumpMs && now.wall <= *m_known + kClockForwardMs);
    if (fits) m_trusted = now;
    return fits;
}

}  // namespace reg
