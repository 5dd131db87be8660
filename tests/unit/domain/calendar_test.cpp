#include "domain/calendar.h"
#include <catch2/catch.hpp>

using base::Date;
using domain::WorkCalendar;

namespace {

Date day(int year, int month, int dayOfMonth) {
    auto date = base::dateOf({year, month, dayOfMonth});
    REQUIRE(date);
    return *date;
}

}  // namespace

TEST_CASE("calendar: weekends and holidays are days off, make-up days are worked") {
    WorkCalendar calendar;
    CHECK(calendar.isWorkday(day(2025, 9, 1)));
    CHECK_FALSE(calendar.isWorkday(day(2025, 9, 6)));
    CHECK_FALSE(calendar.isWorkday(day(2025, 9, 7)));
    calendar.holidays.insert(day(2025, 9, 2));
    CHECK_FALSE(calendar.isWorkday(day(2025, 9, 2)));
    calendar.makeUpDays.insert(day(2025, 9, 6));
    CHECK(calendar.isWorkday(day(2025, 9, 6)));
}

TEST_CASE("calendar: counting workdays leaves out the first day") {
    WorkCalendar calendar;
    CHECK((calendar.addWorkdays(day(2025, 11, 28), 1) == day(2025, 12, 1)));
    CHECK((calendar.addWorkdays(day(2025, 12, 1), -1) == day(2025, 11, 28)));
    CHECK((calendar.addWorkdays(day(2025, 12, 1), 0) == day(2025, 12, 1)));
    CHECK((calendar.addWorkdays(day(2025, 12, 1), 10) == day(2025, 12, 15)));
    CHECK(calendar.workdaysBetween(day(2025, 12, 1), day(2025, 12, 15)) == 10);
    CHECK(calendar.workdaysBetween(day(2025, 12, 15), day(2025, 12, 1)) == -10);
    CHECK(calendar.workdaysBetween(day(2025, 12, 1), day(2025, 12, 1)) == 0);
}

TEST_CASE("calendar: addWorkdays and workdaysBetween undo each other") {
    WorkCalendar calendar;
    calendar.holidays = {day(2025, 9, 1), day(2025, 9, 2)};
    calendar.makeUpDays = {day(2025, 8, 30)};
    Date from = day(2025, 8, 18);
    for (int start = 0; start < 14; ++start, from = Date{from.days + 1}) {
        for (int count = 1; count < 25; ++count) {
            CHECK(calendar.workdaysBetween(from, calendar.addWorkdays(from, count)) == count);
        }
    }
}

TEST_CASE("calendar: a term ends on a workday") {
    WorkCalendar calendar;
    CHECK((calendar.rollForward(day(2025, 8, 30)) == day(2025, 9, 1)));
    CHECK((calendar.rollForward(day(2025, 9, 1)) == day(2025, 9, 1)));
    calendar.holidays = {day(2025, 9, 1), day(2025, 9, 2)};
    CHECK((calendar.endOfTerm(day(2025, 8, 20), 10) == day(2025, 9, 3)));
    CHECK((calendar.endOfTerm(day(2025, 8, 20), 5) == day(2025, 8, 25)));
}

TEST_CASE("calendar: due soon means within three workdays and not yet past") {
    WorkCalendar calendar;
    Date friday = day(2025, 11, 28);
    CHECK(calendar.isDueSoon(friday, friday));
    CHECK(calendar.isDueSoon(day(2025, 12, 3), friday));
    CHECK_FALSE(calendar.isDueSoon(day(2025, 12, 4), friday));
    CHECK_FALSE(calendar.isDueSoon(day(2025, 11, 27), friday));
    CHECK_FALSE(calendar.isDueSoon(day(2030, 1, 1), friday));
}

TEST_CASE("calendar: a calendar without workdays ends its counting") {
    WorkCalendar calendar;
    calendar.weekend.fill(true);
    Date from = day(2025, 1, 1);
    CHECK((calendar.rollForward(from) == from));
    CHECK((calendar.addWorkdays(from, 3) > from));
}

TEST_CASE("calendar: equal data make equal calendars") {
    WorkCalendar a;
    WorkCalendar b;
    CHECK((a == b));
    b.holidays.insert(day(2026, 1, 1));
    CHECK_FALSE((a == b));
}
