#pragma once
// Civil dates and local times of Viet Nam (Asia/Ho_Chi_Minh: UTC+7 all year since 1975).

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "base/result.h"

namespace base {

/// A day of the proleptic Gregorian calendar, as days since 1970-01-01.
struct Date {
    std::int32_t days = 0;
    auto operator<=>(const Date&) const = default;
};

struct Civil {
    int year;
    int month;  // 1-12
    int day;    // 1-31
};

/// Nothing if there is no such day, or the year lies outside 1900-2199.
std::optional<Date> dateOf(Civil civil);
Civil civilOf(Date date);
int daysInMonth(int year, int month);
/// 0 = Monday … 6 = Sunday.
int weekdayOf(Date date);

std::string toIso(Date date);         // 2025-08-31
std::string toVietnamese(Date date);  // 31/08/2025
Result<Date> dateFromIso(std::string_view text);

/// The local day in which an instant lies.
Date localDate(TimeMs time);
/// The first instant of the local day.
TimeMs startOfDay(Date date);
std::string toIsoTime(TimeMs time);         // 2025-08-31T09:24:05.123+07:00
std::string toVietnameseTime(TimeMs time);  // 31/08/2025 09:24

}  // namespace base
