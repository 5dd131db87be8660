#include "intake/quotas.h"
#include "base/limits.h"

namespace intake {

using namespace base::limits;

Quotas::Used& Quotas::today(Used& used) const {
    const std::int64_t now = m_clock.monotonicMs();
    if (used.entries == 0 || now - used.since >= kQuotaDayMs) used = {now, 0, 0};
    return used;
}

std::optional<std::string> Quotas::reasonAgainst(const base::DeviceId& device,
                                                 const std::string& unit,
                                                 const ledger::Segment& segment) {
    const Used& own = today(m_devices[device]);
    if (own.entries + segment.entries.size() > kDeviceDayEntriesMax ||
        own.bytes + segment.bytes.size() > kDeviceDayBytesMax)
        return "this device has sent as much today as one may";
    const Used& all = today(m_units[unit]);
    if (all.entries + segment.entries.size() > kUnitDayEntriesMax ||
        all.bytes + segment.bytes.size() > kUnitDayBytesMax)
        return "this unit has sent as much today as one may";
    return {};
}

void Quotas::count(const base::DeviceId& device, const std::string& unit,
                   const ledger::Segment& segment) {
    for (Used* used : {&today(m_devices[device]), &today(m_units[unit])}) {
        used->entries += segment.entries.size();
        used->bytes += segment.bytes.size();
    }
}

}  // namespace intake
