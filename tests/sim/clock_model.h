#pragma once
// When a server may date what arrives, said without the product's clock guard: only ever too
// lenient, never too strict.

#include <vector>
#include "base/clock.h"

namespace sim {

class ClockModel {
public:
    /// The process starts; before anything has arrived any clock will do.
    void start(std::uint64_t lastArrival, base::TimeMs wall, base::TimeMs skew);
    /// Somebody says that the clock is right.
    void confirm(base::TimeMs wall, base::TimeMs skew);
    /// Whether a commit may be dated by a clock that stands so and is off by so much.
    bool allows(base::TimeMs wall, base::TimeMs skew) const;
    void committed(base::TimeMs wall, base::TimeMs skew);

private:
    std::vector<base::TimeMs> m_known;  // what it may be compared with before its first commit
    std::vector<base::TimeMs> m_skews;  // that may be trusted since it started
    base::TimeMs m_confirmed = 0;
    base::TimeMs m_lastCommit = 0;
};

}  // namespace sim
