#include "domain/calendar.h"

namespace domain {
namespace {

// A calendar without any workday must not loop for ever; no holiday lasts this long.
constexpr int kDaysOffMax = 366;

base::Date plus(base::Date day, int days) {
    return base::Date{day.days + days};
}

}  // namespace

bool WorkCalendar::isWorkday(base::Date day) const {
    if (makeUpDays.contains(day)) return true;
    return !weekend[static_cast<std::size_t>(base::weekdayOf(day))] && !holidays.contains(day);
}

base::Date WorkCalendar::addWorkdays(base::Date from, int count) const {
    int step = count < 0 ? -1 : 1;
    base::Date day = from;
    for (int off = 0; count != 0 && off < kDaysOffMax;) {
        day = plus(day, step);
        if (isWorkday(day)) {
            count -= step;
            off = 0;
        } else {
            ++off;
        }
    }
    return day;
}

int WorkCalendar::workdaysBetween(base::Date from, base::Date to) const {
    if (to < from) return -workdaysBetween(to, from);
    int count = 0;
    for (base::Date day = plus(from, 1); day <= to; day = plus(day, 1)) count += isWorkday(day);
    return count;
}

base::Date WorkCalendar::rollForward(base::Date day) const {
    base::Date rolled = day;
    for (int off = 0; off < kDaysOffMax; ++off, rolled = plus(rolled, 1)) {
        if (isWorkday(rolled)) return rolled;
    }
    return day;
}

base::Date WorkCalendar::endOfTerm(base::Date from, int days) const {
    return rollForward(plus(from, days));
}

bool WorkCalendar::isDueSoon(base::Date deadline, base::Date asOf) const {
    if (deadline < asOf) return false;
    // Beyond this many calendar days no counting is needed, even over a long holiday.
    if (deadline.days - asOf.days > kDaysOffMax) return false;
    return workdaysBetween(asOf, deadline) <= kDueSoonWorkdays;
}

}  // namespace domain
