#include "office/calendar.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/limits.h"
#include "cli/verbs.h"

namespace cli {
namespace {

using office::CalendarDays;
using office::DayKind;

std::string_view nameOf(DayKind kind) {
    return kind == DayKind::Holiday ? "holiday" : "workday";
}

std::string weekendText(const std::array<bool, 7>& weekend) {
    const auto names = office::weekendNames(weekend);
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

Json daysJson(const CalendarDays& days, DayKind kind) {
    Json out = Json::array();
    for (const auto& [day, one] : days) {
        if (one == kind) out.push_back(base::toIso(day));
    }
    return out;
}

Json jsonOf(const domain::WorkCalendar& calendar) {
    const CalendarDays days = office::daysOf(calendar);
    return Json{{"weekend", office::weekendNames(calendar.weekend)},
                {"holidays", daysJson(days, DayKind::Holiday)},
                {"workdays", daysJson(days, DayKind::Workday)}};
}

std::string textOf(const domain::WorkCalendar& calendar) {
    std::string out = "Days off every week: " + weekendText(calendar.weekend) + "\n";
    const CalendarDays days = office::daysOf(calendar);
    if (days.empty()) return out + "No holidays, and no days that are worked instead.\n";
    TextTable table({"DAY", "KIND"});
    for (const auto& [day, kind] : days)
        table.add({base::toVietnamese(day), std::string(nameOf(kind))});
    return out + table.text();
}

/// What is new, gone or otherwise, day by day.
void addChanges(const domain::WorkCalendar& before, const domain::WorkCalendar& after,
                Answer& out) {
    const CalendarDays old = office::daysOf(before);
    const CalendarDays now = office::daysOf(after);
    Json added = Json::array();
    Json removed = Json::array();
    if (before.weekend != after.weekend) {
        out.text += "Days off every week: " + weekendText(after.weekend) + " (were " +
                    weekendText(before.weekend) + ")\n";
    }
    std::string lines;
    for (const auto& [day, kind] : now) {
        auto it = old.find(day);
        if (it != old.end() && it->second == kind) continue;
        added.push_back(Json{{"day", base::toIso(day)}, {"kind", nameOf(kind)}});
        lines += fmt::format("+ {}  {}\n", base::toVietnamese(day), nameOf(kind));
    }
    for (const auto& [day, kind] : old) {
        auto it = now.find(day);
        if (it != now.end() && it->second == kind) continue;
        removed.push_back(Json{{"day", base::toIso(day)}, {"kind", nameOf(kind)}});
        lines += fmt::format("- {}  {}\n", base::toVietnamese(day), nameOf(kind));
    }
    out.text += lines;
    out.json["added"] = std::move(added);
    out.json["removed"] = std::move(removed);
}

}  // namespace

Result<Answer> authorityCalendar(const Context& context, const AuthorityCalendar& options) {
    CalendarDays days;
    if (!options.file.empty()) {
        TRY(Bytes bytes, store::readFile(options.file, base::limits::kUnitsFileBytesMax));
        TRY(days, office::readCalendarDays(bytes));
    }
    std::optional<std::array<bool, 7>> weekend;
    if (!options.weekend.empty()) {
        TRY(weekend, office::readWeekend(options.weekend));
    }
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(const domain::WorkCalendar before, office::calendarOf(*replica));
    Answer out;
    if (days.empty() && !weekend) {
        out.json = jsonOf(before);
        out.text = textOf(before);
        return out;
    }
    TRY(domain::WorkCalendar after, office::withDays(before, days));
    if (weekend) after.weekend = *weekend;
    TRY(const bool isWritten, office::setCalendar(*replica, after));
    out.json = jsonOf(after);
    addChanges(before, after, out);
    out.json["changed"] = isWritten;
    out.text += isWritten ? "The work calendar is so from the next sync on.\n"
                          : "The work calendar says this already; nothing was written.\n";
    return out;
}

}  // namespace cli
