#include "base/time.h"
#include <catch2/catch.hpp>

using base::Date;
using base::dateOf;
using base::TimeMs;

namespace {

Date day(int year, int month, int dayOfMonth) {
    auto date = dateOf({year, month, dayOfMonth});
    REQUIRE(date);
    return *date;
}

constexpr TimeMs kHour = 3'600'000;

}  // namespace

TEST_CASE("date: every day of 1900 to 2199 has one civil form, and weekdays follow each other") {
    Date date = day(1900, 1, 1);
    CHECK(base::weekdayOf(date) == 0);  // a Monday
    int weekday = 0;
    for (Date last = day(2199, 12, 31); date <= last; ++date.days) {
        base::Civil civil = base::civilOf(date);
        auto back = dateOf(civil);
        REQUIRE(back);
        REQUIRE((*back == date));
        REQUIRE(base::weekdayOf(date) == weekday);
        weekday = (weekday + 1) % 7;
    }
    CHECK(day(1970, 1, 1).days == 0);
    CHECK(day(1969, 12, 31).days == -1);
    CHECK(day(2025, 8, 31).days == 20'331);
}

TEST_CASE("date: 29 February is there in leap years only") {
    for (int year : {1904, 2000, 2024, 2028}) CHECK(dateOf({year, 2, 29}));
    for (int year : {1900, 2023, 2025, 2100}) CHECK_FALSE(dateOf({year, 2, 29}));
    CHECK(base::daysInMonth(2024, 2) == 29);
    CHECK(base::daysInMonth(2100, 2) == 28);
    CHECK(base::daysInMonth(2025, 12) == 31);
    CHECK(day(2024, 3, 1).days - day(2024, 2, 28).days == 2);
}

TEST_CASE("date: days that are not there, and other centuries, are none") {
    for (base::Civil civil : {base::Civil{2025, 0, 1},
                              {2025, 13, 1},
                              {2025, 4, 31},
                              {2025, 1, 0},
                              {2025, 1, 32},
                              {1899, 12, 31},
                              {2200, 1, 1},
                              {2025, -1, 5},
                              {2025, 1, -5}}) {
        CHECK_FALSE(dateOf(civil));
    }
}

TEST_CASE("date: it is written and read as ISO 8601, and written the Vietnamese way") {
    CHECK(base::toIso(day(2025, 8, 31)) == "2025-08-31");
    CHECK(base::toVietnamese(day(2025, 8, 1)) == "01/08/2025");
    CHECK((base::dateFromIso("2024-02-29").value() == day(2024, 2, 29)));
    for (const char* text :
         {"", "2025-8-31", "2025-02-29", "31/08/2025", "2025-08-31 ", " 2025-08-31", "2025-08-3a",
          "+025-08-31", "2025--8-31", "-025-08-31", "2025-08-31T00:00", "20250831"}) {
        INFO(text);
        auto date = base::dateFromIso(text);
        REQUIRE_FALSE(date);
        CHECK(date.error().code == base::Code::InvalidInput);
    }
}

TEST_CASE("local time: the day changes at 17:00 UTC") {
    TimeMs midnight = base::startOfDay(day(2025, 9, 1));
    CHECK(midnight == TimeMs{20'332} * 24 * kHour - 7 * kHour);
    CHECK((base::localDate(midnight) == day(2025, 9, 1)));
    CHECK((base::localDate(midnight - 1) == day(2025, 8, 31)));
    CHECK((base::localDate(midnight + 24 * kHour - 1) == day(2025, 9, 1)));
    CHECK((base::localDate(midnight + 24 * kHour) == day(2025, 9, 2)));
    CHECK(base::toIsoTime(midnight) == "2025-09-01T00:00:00.000+07:00");
    CHECK(base::toIsoTime(midnight - 1) == "2025-08-31T23:59:59.999+07:00");
    CHECK(base::toVietnameseTime(midnight - 1) == "31/08/2025 23:59");
    CHECK(base::toVietnameseTime(midnight + 9 * kHour + 24 * 60'000) == "01/09/2025 09:24");
}

TEST_CASE("local time: instants before 1970 lie in their own day") {
    CHECK((base::localDate(-7 * kHour) == day(1970, 1, 1)));
    CHECK((base::localDate(-7 * kHour - 1) == day(1969, 12, 31)));
    CHECK(base::toIsoTime(0) == "1970-01-01T07:00:00.000+07:00");
    CHECK(base::toIsoTime(-1) == "1970-01-01T06:59:59.999+07:00");
    CHECK(base::toIsoTime(-24 * kHour) == "1969-12-31T07:00:00.000+07:00");
    for (int year = 1900; year < 2200; ++year) {
        Date first = day(year, 1, 1);
        REQUIRE((base::localDate(base::startOfDay(first)) == first));
    }
}
