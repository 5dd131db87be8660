#include "base/time.h"
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace base {
namespace {

constexpr TimeMs kDayMs = 86'400'000;
constexpr TimeMs kLocalOffsetMs = 7 * 3'600'000;
// A claimed time may be anything; what lies outside the years 1-9999 is shown as the nearest of
// them.
constexpr TimeMs kTimeMin = -62'135'571'600'000;
constexpr TimeMs kTimeMax = 253'402'268'399'999;

TimeMs floorDiv(TimeMs a, TimeMs b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

std::optional<Date> dateOf(Civil civil) {
    if (civil.year < 1900 || civil.year > 2199 || civil.month < 1 || civil.month > 12) return {};
    if (civil.day < 1 || civil.day > daysInMonth(civil.year, civil.month)) return {};
    std::chrono::year_month_day ymd{std::chrono::year(civil.year),
                                    std::chrono::month(static_cast<unsigned>(civil.month)),
                                    std::chrono::day(static_cast<unsigned>(civil.day))};
    return Date{static_cast<std::int32_t>(std::chrono::sys_days(ymd).time_since_epoch().count())};
}

Civil civilOf(Date date) {
    std::chrono::year_month_day ymd{std::chrono::sys_days(std::chrono::days(date.days))};
    return {static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
            static_cast<int>(static_cast<unsigned>(ymd.day()))};
}

int daysInMonth(int year, int month) {
    std::chrono::year_month_day_last last{
        std::chrono::year(year),
        std::chrono::month_day_last(std::chrono::month(static_cast<unsigned>(month)))};
    return static_cast<int>(static_cast<unsigned>(last.day()));
}

int weekdayOf(Date date) {
    std::chrono::weekday day{std::chrono::sys_days(std::chrono::days(date.days))};
    return static_cast<int>(day.iso_encoding()) - 1;
}

std::string toIso(Date date) {
    Civil c = civilOf(date);
    char out[32];
    std::snprintf(out, sizeof out, "%04d-%02d-%02d", c.year, c.month, c.day);
    return out;
}

std::string toVietnamese(Date date) {
    Civil c = civilOf(date);
    char out[32];
    std::snprintf(out, sizeof out, "%02d/%02d/%04d", c.day, c.month, c.year);
    return out;
}

Result<Date> dateFromIso(std::string_view text) {
    Civil c{};
    auto number = [&](std::size_t from, std::size_t size, int& out) {
        auto end = text.data() + from + size;
        auto [at, error] = std::from_chars(text.data() + from, end, out);
        return error == std::errc{} && at == end;
    };
    bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' && number(0, 4, c.year) &&
                  number(5, 2, c.month) && number(8, 2, c.day);
    std::optional<Date> date = shaped ? dateOf(c) : std::nullopt;
    if (!date) {
        return fail(Code::InvalidInput,
                    "\"" + std::string(text.substr(0, 40)) + "\" is not a date like 2025-08-31");
    }
    return *date;
}

Date localDate(TimeMs time) {
    time = std::clamp(time, kTimeMin, kTimeMax);
    return Date{static_cast<std::int32_t>(floorDiv(time + kLocalOffsetMs, kDayMs))};
}

TimeMs startOfDay(Date date) {
    return TimeMs{date.days} * kDayMs - kLocalOffsetMs;
}

std::string toIsoTime(TimeMs time) {
    time = std::clamp(time, kTimeMin, kTimeMax);
    TimeMs inDay = time - startOfDay(localDate(time));
    char out[32];
    std::snprintf(out, sizeof out, "T%02d:%02d:%02d.%03d+07:00",
                  static_cast<int>(inDay / 3'600'000), static_cast<int>(inDay / 60'000 % 60),
                  static_cast<int>(inDay / 1000 % 60), static_cast<int>(inDay % 1000));
    return toIso(localDate(time)) + out;
}

std::string toVietnameseTime(TimeMs time) {
    time = std::clamp(time, kTimeMin, kTimeMax);
    TimeMs inDay = time - startOfDay(localDate(time));
    char out[32];
    std::snprintf(out, sizeof out, " %02d:%02d", static_cast<int>(inDay / 3'600'000),
                  static_cast<int>(inDay / 60'000 % 60));
    return toVietnamese(localDate(time)) + out;
}

}  // namespace base
