#pragma once
// The work calendar: weekends, holidays and make-up workdays, as dated data of the directory.

#include <array>
#include <set>
#include "base/time.h"

namespace domain {

/// A value: two offices with equal calendars count the same days.
struct WorkCalendar {
    /// Days off every week, Monday first; Saturday and Sunday unless the directory says otherwise.
    std::array<bool, 7> weekend{false, false, false, false, false, true, true};
    std::set<base::Date> holidays;
    /// Days worked in exchange for others; they win over weekends and holidays.
    std::set<base::Date> makeUpDays;

    bool operator==(const WorkCalendar&) const = default;

    bool isWorkday(base::Date day) const;
    /// The count-th workday after `from` (before it, for a negative count); the first day is left
    /// out.
    base::Date addWorkdays(base::Date from, int count) const;
    /// Workdays in (from, to]; negative if `to` lies before `from`.
    int workdaysBetween(base::Date from, base::Date to) const;
    /// `day` itself, or the next workday if it is a day off.
    base::Date rollForward(base::Date day) const;
    /// End of a term of calendar days: the first day is left out, a last day off rolls forward
    /// (Civil Code 2015, articles 147 and 148).
    base::Date endOfTerm(base::Date from, int days) const;
    /// The deadline is today or at most kDueSoonWorkdays workdays away; false once it has passed.
    bool isDueSoon(base::Date deadline, base::Date asOf) const;
};

inline constexpr int kDueSoonWorkdays = 3;

}  // namespace domain
