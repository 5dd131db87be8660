// Files of the work calendar, and the names of weekends.

#include "office/calendar.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    if (auto weekend = office::readWeekend(base::text(bytes))) {
        must(office::weekendNames(*weekend).size() < 7, "a week without a workday");
    }
    auto days = office::readCalendarDays(bytes);
    if (!days) return 0;
    must(!days->empty(), "a calendar file without days");
    auto calendar = office::withDays(domain::WorkCalendar(), *days);
    if (!calendar) return 0;
    must(office::daysOf(*calendar) == *days, "a calendar says something else than its file");
    auto again = office::withDays(*calendar, *days);
    must(again && *again == *calendar, "the same file twice changes something");
    return 0;
}
