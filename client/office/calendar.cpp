#include "office/calendar.h"
#include <algorithm>
#include <set>
#include "base/limits.h"
#include "base/text.h"
#include "documents/csv.h"
#include "domain/deadline.h"
#include "office/administration.h"

namespace office {
namespace {

using base::Code;
using base::fail;

constexpr std::array<std::string_view, 7> kDayNames{"mon", "tue", "wed", "thu",
                                                    "fri", "sat", "sun"};

base::Error errorOfCell(std::size_t line, char column, std::string_view raw,
                        const std::string& reason) {
    return {Code::InvalidInput, "Cell " + std::string(1, column) + std::to_string(line) +
                                    " of the calendar (\"" +
                                    base::forDisplay(std::string(raw.substr(0, 40))) +
                                    "\"): " + reason + ". Nothing was written."};
}

/// Only the two forms that cannot be mistaken.
std::optional<base::Date> dayFrom(std::string_view text) {
    if (auto iso = base::dateFromIso(text)) return *iso;
    const bool isVietnamese = std::count(text.begin(), text.end(), '/') == 2;
    if (!isVietnamese) return {};
    const domain::ReadDate read = domain::parseDate(text);
    return read.doubt == domain::Doubt::None ? read.date : std::nullopt;
}

std::optional<DayKind> kindFrom(std::string_view text) {
    if (text == "holiday") return DayKind::Holiday;
    if (text == "workday") return DayKind::Workday;
    return {};
}

bool isHeader(const std::vector<std::string>& cells) {
    return cells.size() == 2 && base::trim(cells[0]) == "day" && base::trim(cells[1]) == "kind";
}

int yearOf(base::Date day) {
    return base::civilOf(day).year;
}

}  // namespace

Result<CalendarDays> readCalendarDays(base::ByteView csv) {
    TRY(documents::Sheet sheet, documents::readCsv(csv));
    CalendarDays out;
    bool isHeaderSeen = false;
    for (std::size_t row = 0; row < sheet.rowCount(); ++row) {
        const std::vector<std::string>& cells = sheet.row(row);
        const std::size_t line = row + 1;
        const bool isBlank = std::all_of(cells.begin(), cells.end(),
                                         [](const auto& c) { return base::trim(c).empty(); });
        if (isBlank) continue;
        if (!isHeaderSeen) {
            if (!isHeader(cells))
                return tl::unexpected(
                    errorOfCell(line, 'A', cells[0], "the header must be day,kind"));
            isHeaderSeen = true;
            continue;
        }
        const std::string_view dayCell = base::trim(cells[0]);
        const std::string_view kindCell = cells.size() > 1 ? base::trim(cells[1]) : "";
        const auto day = dayFrom(dayCell);
        if (!day) {
            return tl::unexpected(errorOfCell(
                line, 'A', dayCell, "there is no such day; write it as 2026-02-17 or 17/02/2026"));
        }
        const auto kind = kindFrom(kindCell);
        if (!kind)
            return tl::unexpected(
                errorOfCell(line, 'B', kindCell, "the kind is holiday or workday"));
        if (!out.emplace(*day, *kind).second)
            return tl::unexpected(errorOfCell(line, 'A', dayCell, "this day stands twice"));
    }
    if (out.empty())
        return fail(Code::InvalidInput,
                    "The file holds no days; its header must be day,kind. Nothing was written.");
    return out;
}

Result<std::array<bool, 7>> readWeekend(std::string_view text) {
    std::array<bool, 7> out{};
    if (text == "none") return out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view word = base::trim(text.substr(begin, end - begin));
        const auto found = std::find(kDayNames.begin(), kDayNames.end(), word);
        if (found == kDayNames.end()) {
            return fail(Code::Usage,
                        "\"" + base::forDisplay(std::string(word.substr(0, 40))) +
                            "\" is no day of the week; write --weekend sat,sun, with mon, tue, "
                            "wed, thu, fri, sat and sun, or none.");
        }
        out[static_cast<std::size_t>(found - kDayNames.begin())] = true;
        begin = end + 1;
    }
    if (std::all_of(out.begin(), out.end(), [](bool isOff) { return isOff; }))
        return fail(Code::Usage, "A week needs a day on which people work (--weekend).");
    return out;
}

std::vector<std::string> weekendNames(const std::array<bool, 7>& weekend) {
    std::vector<std::string> out;
    for (std::size_t day = 0; day < weekend.size(); ++day) {
        if (weekend[day]) out.emplace_back(kDayNames[day]);
    }
    return out;
}

Result<domain::WorkCalendar> withDays(domain::WorkCalendar calendar, const CalendarDays& days) {
    std::set<int> years;
    for (const auto& [day, kind] : days) years.insert(yearOf(day));
    auto isReplaced = [&](base::Date day) { return years.contains(yearOf(day)); };
    std::erase_if(calendar.holidays, isReplaced);
    std::erase_if(calendar.makeUpDays, isReplaced);
    for (const auto& [day, kind] : days)
        (kind == DayKind::Holiday ? calendar.holidays : calendar.makeUpDays).insert(day);
    if (calendar.holidays.size() > base::limits::kDaysMax ||
        calendar.makeUpDays.size() > base::limits::kDaysMax) {
        return fail(Code::Limit,
                    "A calendar holds at most 4,096 holidays and as many days worked instead.");
    }
    return calendar;
}

CalendarDays daysOf(const domain::WorkCalendar& calendar) {
    CalendarDays out;
    for (base::Date day : calendar.holidays) out[day] = DayKind::Holiday;
    for (base::Date day : calendar.makeUpDays) out[day] = DayKind::Workday;  // which wins
    return out;
}

Result<domain::WorkCalendar> calendarOf(const replica::Replica& replica) {
    TRY(domain::Directory projected, replica.projectedDirectory());
    return projected.calendar();
}

Result<bool> setCalendar(replica::Replica& replica, const domain::WorkCalendar& calendar) {
    CHECK_OK(needsAdministrator(replica));
    TRY(const domain::WorkCalendar present, calendarOf(replica));
    if (present == calendar) return false;
    const base::ScopeId& scope = replica.directory().directory().directoryScopeId();
    CHECK_OK(replica.append({scope, {domain::CalendarSet{calendar}}}));
    return true;
}

}  // namespace office
