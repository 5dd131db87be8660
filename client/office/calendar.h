#pragma once
// The work calendar as an administrator keeps it: read from a csv that a person can write, changed
// year by year.

#include <map>
#include "domain/calendar.h"
#include "replica/replica.h"

namespace office {

using base::Result;
using base::Status;

enum class DayKind : std::uint8_t { Holiday, Workday };
using CalendarDays = std::map<base::Date, DayKind>;

/// Days from a csv with the header day,kind: YYYY-MM-DD or DD/MM/YYYY, holiday or workday.
/// InvalidInput names the cell.
Result<CalendarDays> readCalendarDays(base::ByteView csv);
/// Days of the week from "sat,sun" or "none". Usage.
Result<std::array<bool, 7>> readWeekend(std::string_view text);
/// "sat", "sun"; Monday first.
std::vector<std::string> weekendNames(const std::array<bool, 7>& weekend);

/// The days of years that occur in `days` are replaced, all others stay. Limit: too many days.
Result<domain::WorkCalendar> withDays(domain::WorkCalendar calendar, const CalendarDays& days);

/// What a calendar says of single days.
CalendarDays daysOf(const domain::WorkCalendar& calendar);

/// As it is with what was written here and not sent yet.
Result<domain::WorkCalendar> calendarOf(const replica::Replica& replica);
/// Writes the calendar if it differs; whether it did. NotPermitted.
Result<bool> setCalendar(replica::Replica& replica, const domain::WorkCalendar& calendar);

}  // namespace office
