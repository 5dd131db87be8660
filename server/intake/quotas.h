#pragma once
// How much of one device, and of all devices of one unit, is ordered in a day: the limits
// kDeviceDay… and kUnitDay… of base/limits.h. Days are counted from the first entry of each, by the
// monotonic clock, and end with the process. What is over waits at its sender.
//
// One thread. Takes some 100 bytes for each device and unit that wrote something.

#include <map>
#include <optional>
#include <string>
#include "base/clock.h"
#include "ledger/segment.h"

namespace intake {

class Quotas {
public:
    explicit Quotas(const base::Clock& clock) : m_clock(clock) {}

    /// Why the segment has to wait; nothing if it does not.
    std::optional<std::string> reasonAgainst(const base::DeviceId& device, const std::string& unit,
                                             const ledger::Segment& segment);
    /// It was taken.
    void count(const base::DeviceId& device, const std::string& unit,
               const ledger::Segment& segment);

private:
    struct Used {
        std::int64_t since = 0;  // monotonic
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;
    };
    Used& today(Used& used) const;

    const base::Clock& m_clock;
    std::map<base::DeviceId, Used> m_devices;
    std::map<std::string, Used> m_units;
};

}  // namespace intake
