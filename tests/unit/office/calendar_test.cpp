// The work calendar: read from a csv, changed year by year, and what follows it.

#include "office/calendar.h"
#include <catch2/catch.hpp>
#include "../province/in_memory.h"
#include "base/limits.h"
#include "replica/assignments.h"

using base::Code;
using office::DayKind;
using test::InMemoryProvince;

namespace {

base::Date day(int year, int month, int dayOfMonth) {
    auto out = base::dateOf({year, month, dayOfMonth});
    REQUIRE(out);
    return *out;
}

std::string refusalOf(std::string_view csv) {
    auto read = office::readCalendarDays(base::view(csv));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::InvalidInput);
    return read.error().message;
}

}  // namespace

TEST_CASE("calendar: days are read in both forms of a date") {
    auto read = office::readCalendarDays(
        base::view("day,kind\n2026-02-16,holiday\n\n17/02/2026, holiday\n28/2/2026,workday\n"));
    REQUIRE(read);
    CHECK(*read == office::CalendarDays{{day(2026, 2, 16), DayKind::Holiday},
                                        {day(2026, 2, 17), DayKind::Holiday},
                                        {day(2026, 2, 28), DayKind::Workday}});
}

TEST_CASE("calendar: what cannot be read is told by its cell, and why") {
    CHECK(refusalOf("day,kind\n31/02/2026,holiday\n").starts_with("Cell A2 of the calendar"));
    CHECK(refusalOf("day,kind\n2026-02-16,holiday\n2026-02-17,off\n").find("Cell B3") == 0);
    CHECK(refusalOf("day,kind\n2026-02-16\n").find("Cell B2") == 0);
    CHECK(refusalOf("day,kind\n17/02/26,holiday\n").find("Cell A2") == 0);
    CHECK(refusalOf("day,kind\n46069,holiday\n").find("no such day") != std::string::npos);
    CHECK(refusalOf("ngày,loại\n17/02/2026,holiday\n").find("day,kind") != std::string::npos);
    CHECK(refusalOf("day,kind,note\n17/02/2026,holiday,x\n").find("Cell A1") == 0);
    CHECK(refusalOf("day,kind\n2026-02-17,holiday\n17/02/2026,workday\n").find("twice") !=
          std::string::npos);
    CHECK(refusalOf("day,kind\n").find("no days") != std::string::npos);
    CHECK(refusalOf("").find("no days") != std::string::npos);
}

TEST_CASE("calendar: a file replaces the years that occur in it, and no others") {
    domain::WorkCalendar before;
    before.holidays = {day(2025, 1, 1), day(2026, 1, 1), day(2026, 9, 2), day(2027, 1, 1)};
    before.makeUpDays = {day(2025, 4, 26), day(2026, 8, 22)};
    auto after = office::withDays(
        before, {{day(2026, 1, 1), DayKind::Holiday}, {day(2026, 2, 17), DayKind::Holiday}});
    REQUIRE(after);
    CHECK(after->holidays ==
          std::set{day(2025, 1, 1), day(2026, 1, 1), day(2026, 2, 17), day(2027, 1, 1)});
    CHECK(after->makeUpDays == std::set{day(2025, 4, 26)});
    CHECK(after->weekend == before.weekend);
    office::CalendarDays many;
    for (int i = 0; i <= static_cast<int>(base::limits::kDaysMax); ++i)
        many[base::Date{20'000 + i}] = DayKind::Holiday;
    auto tooMany = office::withDays({}, many);
    REQUIRE_FALSE(tooMany);
    CHECK(tooMany.error().code == Code::Limit);
    many.erase(many.begin());
    CHECK(office::withDays({}, many));
}

TEST_CASE("calendar: weekends by name") {
    auto read = office::readWeekend("fri, sat");
    REQUIRE(read);
    CHECK(office::weekendNames(*read) == std::vector<std::string>{"fri", "sat"});
    REQUIRE(office::readWeekend("none"));
    for (const char* wrong : {"", "cn", "sat,,sun", "mon,tue,wed,thu,fri,sat,sun", "sat,none"}) {
        auto refused = office::readWeekend(wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::Usage);
    }
}

TEST_CASE("calendar: an administrator sets it, everybody follows it, and nobody else may") {
    InMemoryProvince p;
    auto commune = p.join("X01", domain::roles::kOfficer);
    auto days = office::withDays(domain::WorkCalendar(), {{day(2026, 9, 2), DayKind::Holiday}});
    REQUIRE(days);
    auto refused = office::setCalendar(*commune, *days);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::NotPermitted);
    auto isWritten = [&] {
        auto written = office::setCalendar(p.office, *days);
        REQUIRE(written);
        return *written;
    };
    CHECK(isWritten());
    CHECK_FALSE(isWritten());
    REQUIRE(p.sync(p.office));
    CHECK_FALSE(isWritten());
    REQUIRE(p.sync(*commune));
    CHECK((*commune)->directory().directory().calendar() == *days);
    // The most that a calendar may hold goes through.
    domain::WorkCalendar full;
    for (int i = 0; i < static_cast<int>(base::limits::kDaysMax); ++i) {
        full.holidays.insert(base::Date{3 * i});
        full.makeUpDays.insert(base::Date{5 * i + 1});
    }
    REQUIRE(office::setCalendar(p.office, full));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.sync(*commune));
    CHECK((*commune)->directory().directory().calendar() == full);
}

TEST_CASE("calendar: what is due soon follows it") {
    InMemoryProvince p;
    auto commune = p.join("X01", domain::roles::kOfficer);
    domain::Written written;
    written.kind = domain::ObjectKind::Assignment;
    written.id = p.random.make<base::ObjectId>();
    const base::Date friday = day(2026, 9, 4);
    written.fields.push_back(
        {domain::Field::AssignmentDeadline, domain::Value(std::int64_t{friday.days}), {}});
    REQUIRE(p.office->append({commune->scope(), {written}}));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.sync(*commune));
    auto isDueSoon = [&](base::Date asOf) {
        auto list = replica::listAssignments(*commune, {}, asOf);
        REQUIRE(list);
        REQUIRE(list->size() == 1);
        auto figures = replica::figuresOf(*commune, "", asOf);
        REQUIRE(figures);
        CHECK(figures->dueSoon == (list->front().isDueSoon ? 1 : 0));
        return list->front().isDueSoon;
    };
    const base::Date monday = day(2026, 8, 31);  // four workdays before
    CHECK_FALSE(isDueSoon(monday));
    CHECK(isDueSoon(friday));
    CHECK_FALSE(isDueSoon(day(2026, 9, 5)));  // overdue
    auto days = office::withDays(domain::WorkCalendar(), {{day(2026, 9, 2), DayKind::Holiday}});
    REQUIRE(days);
    REQUIRE(office::setCalendar(p.office, *days));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.sync(*commune));
    CHECK(isDueSoon(monday));
}
