#include "domain/deadline.h"
#include <catch2/catch.hpp>

using base::Date;
using domain::Deadline;
using domain::Doubt;
using domain::parseDate;
using domain::parseDeadline;
using Kind = domain::Deadline::Kind;

namespace {

Date day(int year, int month, int dayOfMonth) {
    auto date = base::dateOf({year, month, dayOfMonth});
    REQUIRE(date);
    return *date;
}

void reads(const char* raw, Kind kind, std::optional<Date> last, Doubt doubt = Doubt::None) {
    INFO(raw);
    auto read = parseDeadline(raw);
    CHECK(static_cast<int>(read.deadline.kind) == static_cast<int>(kind));
    CHECK((read.deadline.last == last));
    CHECK(static_cast<int>(read.doubt) == static_cast<int>(doubt));
}

}  // namespace

TEST_CASE("deadline: every spelling of an exact day is that day, the day standing first") {
    reads("31/08/2025", Kind::Date, day(2025, 8, 31));
    reads("31-12-2025", Kind::Date, day(2025, 12, 31));
    reads("2026-01-01", Kind::Date, day(2026, 1, 1));
    reads("2025-06-15 00:00:00", Kind::Date, day(2025, 6, 15));
    reads("2025-06-15T00:00:00", Kind::Date, day(2025, 6, 15));
    reads("5/12/2025", Kind::Date, day(2025, 12, 5));
    reads("1.9.2025", Kind::Date, day(2025, 9, 1));
    reads("30 / 9 / 2025", Kind::Date, day(2025, 9, 30));
    reads("'30/09/2025", Kind::Date, day(2025, 9, 30));
    reads(" 30/09/2025. ", Kind::Date, day(2025, 9, 30));
    reads("29/02/2024", Kind::Date, day(2024, 2, 29));
}

TEST_CASE("deadline: words around a day leave it that day, 'trước ngày X' being by the end of X") {
    reads("trước ngày 30/9/2025", Kind::Date, day(2025, 9, 30));
    reads("Trước 17h00 ngày 30/9/2025", Kind::Date, day(2025, 9, 30));
    reads("chậm nhất 30 tháng 11 năm 2019", Kind::Date, day(2019, 11, 30));
    reads("Chậm nhất là ngày 30/11/2019", Kind::Date, day(2019, 11, 30));
    reads("ngày 30 tháng 11 năm 2019", Kind::Date, day(2019, 11, 30));
    reads("Hoàn thành trước ngày 15/6/2025", Kind::Date, day(2025, 6, 15));
}

TEST_CASE("deadline: Excel serials from 1950 to 2100 are days, other numbers are doubtful") {
    reads("45900", Kind::Date, day(2025, 8, 31));
    reads("45900.0", Kind::Date, day(2025, 8, 31));
    reads("45900.708", Kind::Date, day(2025, 8, 31));
    reads("18264", Kind::Date, day(1950, 1, 1));
    reads("73415", Kind::Date, day(2100, 12, 31));
    reads("18263", Kind::Text, {}, Doubt::NumberOutside);
    reads("100", Kind::Text, {}, Doubt::NumberOutside);
    reads("99999999999999999999", Kind::Text, {});
}

TEST_CASE("deadline: serials follow the 1900 system with its day that never was") {
    CHECK((domain::dateOfSerial(1) == day(1900, 1, 1)));
    CHECK((domain::dateOfSerial(59) == day(1900, 2, 28)));
    CHECK_FALSE(domain::dateOfSerial(60));
    CHECK((domain::dateOfSerial(61) == day(1900, 3, 1)));
    CHECK((domain::dateOfSerial(25569) == Date{0}));
    CHECK((domain::dateOfSerial(109574) == day(2199, 12, 31)));
    CHECK_FALSE(domain::dateOfSerial(109575));
    CHECK_FALSE(domain::dateOfSerial(0));
    CHECK_FALSE(domain::dateOfSerial(-5));
}

TEST_CASE("deadline: months and quarters last until their last day") {
    reads("tháng 9/2025", Kind::Month, day(2025, 9, 30));
    reads("trong tháng 8/2025", Kind::Month, day(2025, 8, 31));
    reads("Tháng 02 năm 2024", Kind::Month, day(2024, 2, 29));
    reads("9/2025", Kind::Month, day(2025, 9, 30));
    reads("09.2025", Kind::Month, day(2025, 9, 30));
    reads("quý III/2025", Kind::Quarter, day(2025, 9, 30));
    reads("Quý IV/2025", Kind::Quarter, day(2025, 12, 31));
    reads("quý 3 năm 2025", Kind::Quarter, day(2025, 9, 30));
    reads("Trong quý I năm 2026", Kind::Quarter, day(2026, 3, 31));
    reads("Q2/2025", Kind::Quarter, day(2025, 6, 30));
}

TEST_CASE("deadline: references, standing work and other words keep their text") {
    reads("theo Kế hoạch số 12/KH-UBND", Kind::ByReference, {});
    CHECK(parseDeadline("theo Kế hoạch số 12/KH-UBND").deadline.text ==
          "theo Kế hoạch số 12/KH-UBND");
    reads("Theo kế hoạch của Bộ", Kind::ByReference, {});
    reads("thường xuyên", Kind::Text, {});
    reads("Theo tiến độ", Kind::Text, {});
    CHECK(domain::isStanding(parseDeadline("Thường xuyên").deadline));
    CHECK(domain::isStanding(parseDeadline("Định kỳ hằng quý").deadline));
    CHECK_FALSE(domain::isStanding(parseDeadline("Theo tiến độ").deadline));
    CHECK_FALSE(domain::isStanding(parseDeadline("31/12/2025").deadline));
}

TEST_CASE("deadline: a blank cell is no deadline") {
    reads("", Kind::None, {});
    reads("  \n", Kind::None, {});
    reads("-", Kind::None, {});
    reads("–", Kind::None, {});
}

TEST_CASE("deadline: what is not certain carries its doubt") {
    reads("31/02/2025", Kind::Text, {}, Doubt::ImpossibleDate);
    reads("12/31/2025", Kind::Text, {}, Doubt::ImpossibleDate);
    reads("2025-13-01", Kind::Text, {}, Doubt::ImpossibleDate);
    reads("05/12/202", Kind::Text, {}, Doubt::ImpossibleDate);
    CHECK(parseDeadline("31/02/2025").deadline.text == "31/02/2025");
    reads("31/08/25", Kind::Date, day(2025, 8, 31), Doubt::TwoDigitYear);
    reads("30/9", Kind::Text, {}, Doubt::NoYear);
    reads("tháng 9", Kind::Text, {}, Doubt::NoYear);
    reads("quý III", Kind::Text, {}, Doubt::NoYear);
    reads("2025", Kind::Text, {}, Doubt::YearOnly);
    reads("trong năm 2025", Kind::Text, {}, Doubt::YearOnly);
    reads("15/6/2025 và 15/12/2025", Kind::Text, {}, Doubt::SeveralDates);
    reads("Họp ngày 15/6/2025 rồi báo cáo", Kind::Text, {}, Doubt::DateInText);
    reads("Báo cáo trước ngày 15/6/2025 (định kỳ)", Kind::Date, day(2025, 6, 15),
          Doubt::DateInText);
}

TEST_CASE("deadline: decomposed letters read like composed ones") {
    reads("tha\u0301ng 9/2025", Kind::Month, day(2025, 9, 30));
    CHECK(parseDeadline("thu\u031Bo\u031B\u0300ng xuye\u0302n").deadline.text == "thường xuyên");
}

TEST_CASE("deadline: the deadlines that a text names are found, other days are not") {
    auto found = domain::deadlinesInText(
        "Theo Thông báo số 05-TB/TW ngày 04/07/2025, hoàn thành trước ngày 30 tháng 11 năm 2025");
    REQUIRE(found.size() == 1);
    CHECK((found[0] == day(2025, 11, 30)));
    CHECK(domain::deadlinesInText("trước ngày 15 tháng 12, tổng hợp báo cáo").empty());
    CHECK(domain::deadlinesInText("thi hành án trước năm 2018").empty());
    CHECK(domain::deadlinesInText("họp ngày 30/9/2025").empty());
    CHECK(domain::deadlinesInText("chậm nhất trước ngày 31 tháng 12 năm 2019.").size() == 1);
    CHECK(domain::deadlinesInText("trước 16h00 ngày 20/9/2025; trước ngày 30/9/2025").size() == 2);
}

TEST_CASE("deadline: a date cell reads days only") {
    CHECK((parseDate("31-08-2025").date == day(2025, 8, 31)));
    CHECK((parseDate("45900").date == day(2025, 8, 31)));
    CHECK_FALSE(parseDate("").date);
    CHECK(static_cast<int>(parseDate("").doubt) == static_cast<int>(Doubt::None));
    CHECK(static_cast<int>(parseDate("chưa xong").doubt) == static_cast<int>(Doubt::NotADate));
    CHECK(static_cast<int>(parseDate("tháng 9/2025").doubt) == static_cast<int>(Doubt::NotADate));
    CHECK(static_cast<int>(parseDate("31/02/2025").doubt) ==
          static_cast<int>(Doubt::ImpossibleDate));
}
