#include "clock_model.h"

#include <algorithm>

namespace sim {
namespace {

constexpr base::TimeMs kHourMs = 3600 * 1000;
constexpr base::TimeMs kMonthMs = 30LL * 24 * kHourMs;

}  // namespace

void ClockModel::start(std::uint64_t lastArrival, base::TimeMs wall, base::TimeMs skew) {
    m_skews.clear();
    m_known.clear();
    if (lastArrival == 0) return;
    m_known = {static_cast<base::TimeMs>(lastArrival)};
    if (m_confirmed != 0) m_known.push_back(m_confirmed);
    if (m_lastCommit != 0) m_known.push_back(m_lastCommit);
    if (allows(wall, skew)) m_skews = {skew};  // it may have looked at once
}

void ClockModel::confirm(base::TimeMs wall, base::TimeMs skew) {
    m_confirmed = wall;
    m_skews = {skew};
    m_known = {wall};
}

bool ClockModel::allows(base::TimeMs wall, base::TimeMs skew) const {
    if (!m_skews.empty()) {
        return std::any_of(m_skews.begin(), m_skews.end(), [&](base::TimeMs held) {
            return skew - held <= 2 * kHourMs && held - skew <= 2 * kHourMs;
        });
    }
    return m_known.empty() || std::any_of(m_known.begin(), m_known.end(), [&](base::TimeMs known) {
               return wall >= known - 2 * kHourMs && wall <= known + kMonthMs;
           });
}

void ClockModel::committed(base::TimeMs wall, base::TimeMs skew) {
    m_lastCommit = wall;
    if (m_skews.empty() || m_skews.back() != skew) m_skews.push_back(skew);
}

}  // namespace sim
