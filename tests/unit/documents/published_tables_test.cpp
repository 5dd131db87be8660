// The two published tables of the province, read where they lie; both formats must say the same.

#include <cstdio>
#include <cstdlib>
#include <set>
#include "reading.h"

using namespace documents;
using Kind = Problem::Kind;

namespace {

std::optional<std::filesystem::path> dataFile(const char* name) {
    const char* folder = std::getenv("THONGSUOT_TEST_DATA");
    std::filesystem::path path =
        folder ? std::filesystem::path(folder) / name : std::filesystem::path();
    if (folder && std::filesystem::exists(path)) return path;
    std::printf("SKIPPED: %s\n", Catch::getResultCapture().getCurrentTestName().c_str());
    return {};
}

std::optional<ImportTable> published(const char* name, std::optional<base::Date> today = {}) {
    auto path = dataFile(name);
    if (!path) return {};
    auto table = readTable(*path, {{}, today});
    if (!table) FAIL(table.error().message);
    return std::move(*table);
}

base::Date day(int year, int month, int dayOfMonth) {
    auto date = base::dateOf({year, month, dayOfMonth});
    REQUIRE(date);
    return *date;
}

std::size_t countStatus(const ImportTable& table, std::optional<Status> status) {
    return static_cast<std::size_t>(
        std::count_if(table.rows.begin(), table.rows.end(),
                      [&](const auto& row) { return row.status == status; }));
}

std::size_t countOverdue(const ImportTable& table, std::optional<Status> status, base::Date asOf) {
    return static_cast<std::size_t>(
        std::count_if(table.rows.begin(), table.rows.end(), [&](const auto& row) {
            return row.status == status && row.deadline.last && *row.deadline.last < asOf;
        }));
}

/// The numbers (first column) of the rows that a kind of problem names.
std::set<std::string> numbersWith(const ImportTable& table, Kind kind) {
    std::set<std::string> numbers;
    for (const Problem& problem : testing::problemsOf(table, kind)) {
        std::string row = problem.cell.substr(problem.cell.find_first_of("0123456789"));
        for (const ImportRow& r : table.rows) {
            if (std::to_string(r.row) == row) numbers.insert(r.number);
        }
    }
    return numbers;
}

void check2025(const ImportTable& table) {
    CHECK(table.rows.size() == 110);
    CHECK(table.documents.size() == 23);
    CHECK(table.hasStatusColumn);
    CHECK(countStatus(table, Status::Completed) == 43);
    CHECK(countStatus(table, Status::InProgress) == 65);
    CHECK(countStatus(table, std::nullopt) == 2);
    base::Date asOf = day(2025, 12, 1);
    CHECK(countOverdue(table, Status::InProgress, asOf) == 6);
    CHECK(countOverdue(table, std::nullopt, asOf) == 1);
    int onTime = 0;
    int late = 0;
    int undated = 0;
    for (const ImportRow& row : table.rows) {
        CHECK(row.deadline.kind == domain::Deadline::Kind::Date);
        if (row.status != Status::Completed) continue;
        if (!row.completedOn)
            ++undated;
        else if (*row.completedOn <= *row.deadline.last)
            ++onTime;
        else
            ++late;
    }
    CHECK(onTime == 37);
    CHECK(late == 1);
    CHECK(undated == 5);
    CHECK(table.rows[3].documents.size() == 2);
    CHECK(table.rows[3].documents[1].displayCode == "71/NQ-CP");
    CHECK(table.rows[3].description.starts_with("- Đã chỉ đạo"));
    CHECK(table.rows[109].number == "110");
    CHECK((table.rows[109].deadline.last == day(2025, 12, 5)));
}

void check2025Oddities(const ImportTable& table) {
    using Numbers = std::set<std::string>;
    CHECK(numbersWith(table, Kind::CompletedBeforeDocument) ==
          Numbers{"52", "75", "76", "83", "90", "95"});
    CHECK(numbersWith(table, Kind::DateWhileInProgress) ==
          Numbers{"43", "46", "48", "49", "50", "86", "87", "98"});
    CHECK(numbersWith(table, Kind::DoneWithoutDate) == Numbers{"27", "28", "30", "51", "106"});
    CHECK(numbersWith(table, Kind::StatusBlank) == Numbers{"109", "110"});
    CHECK(numbersWith(table, Kind::CompletedInFuture) == Numbers{"43", "46", "48", "49", "50"});
    CHECK(numbersWith(table, Kind::DeadlineDiffersFromText).empty());
    CHECK(testing::problemsOf(table, Kind::Value).empty());
    CHECK(testing::problemsOf(table, Kind::Document).empty());
    auto notes = testing::problemsOf(table, Kind::Note);
    auto saying = [&](std::string_view words) {
        return std::count_if(notes.begin(), notes.end(), [&](const Problem& note) {
            return note.message.find(words) != std::string::npos;
        });
    };
    CHECK(saying("01/01/2026") == 25);
    CHECK(saying("khoảng trắng thừa") == 13);
    CHECK(saying("nhiều văn bản") == 1);
    CHECK(std::all_of(table.problems.begin(), table.problems.end(), [](const Problem& problem) {
        return problem.level == Problem::Level::Doubtful;
    }));
}

void check2019(const ImportTable& table) {
    CHECK(table.rows.size() == 28);
    CHECK(table.documents.size() == 12);
    CHECK(table.hasStatusColumn);
    CHECK(countStatus(table, Status::InProgress) == 28);
    CHECK(countOverdue(table, Status::InProgress, day(2019, 7, 22)) == 0);
    auto undated = std::count_if(table.rows.begin(), table.rows.end(), [](const auto& row) {
        return row.deadline.kind == domain::Deadline::Kind::None;
    });
    CHECK(undated == 10);
    for (const ImportRow& row : table.rows) {
        REQUIRE(row.documents.size() == 1);
        CHECK(row.documents[0].date);
        CHECK_FALSE(row.documents[0].subject.empty());
        CHECK_FALSE(row.description.empty());
    }
    CHECK(table.rows[8].documents[0].displayCode == "2024/VPCP-V.I");
    CHECK(table.rows[25].documents[0].code == "2/CT/TTG");
    CHECK(testing::problemsOf(table, Kind::Value).empty());
    CHECK(testing::problemsOf(table, Kind::Document).empty());
    // Task 4 names its deadline only in the text.
    CHECK(numbersWith(table, Kind::DeadlineDiffersFromText) == std::set<std::string>{"4"});
}

void checkSame(const ImportTable& a, const ImportTable& b) {
    REQUIRE(a.rows.size() == b.rows.size());
    for (std::size_t i = 0; i < a.rows.size(); ++i) {
        INFO("row " << i);
        CHECK(a.rows[i].number == b.rows[i].number);
        CHECK(a.rows[i].content == b.rows[i].content);
        CHECK(a.rows[i].deadlineRaw == b.rows[i].deadlineRaw);
        CHECK((a.rows[i].documents == b.rows[i].documents));
        CHECK((a.rows[i].deadline == b.rows[i].deadline));
        CHECK(a.rows[i].status == b.rows[i].status);
        CHECK(a.rows[i].completedOn == b.rows[i].completedOn);
        CHECK(a.rows[i].description == b.rows[i].description);
        CHECK(a.rows[i].doubtful == b.rows[i].doubtful);
    }
    REQUIRE(a.problems.size() == b.problems.size());
    for (std::size_t i = 0; i < a.problems.size(); ++i)
        CHECK(a.problems[i].message == b.problems[i].message);
}

}  // namespace

TEST_CASE("published tables: the 2025 csv holds 110 tasks from 23 documents") {
    if (auto table = published("2025-conclusions.csv", day(2025, 12, 1))) {
        check2025(*table);
        check2025Oddities(*table);
        CHECK(table->headerRow == 1);
    }
}

TEST_CASE("published tables: the 2025 xlsx holds 110 tasks from 23 documents") {
    if (auto table = published("2025-conclusions.xlsx", day(2025, 12, 1))) {
        check2025(*table);
        check2025Oddities(*table);
        CHECK(table->sheet == "Phụ lục 04");
        CHECK(table->headerRow == 6);
    }
}

TEST_CASE("published tables: the 2019 csv holds 28 tasks from 12 documents") {
    if (auto table = published("2019-government-tasks.csv")) check2019(*table);
}

TEST_CASE("published tables: the 2019 xlsx holds 28 tasks from 12 merged documents") {
    if (auto table = published("2019-government-tasks.xlsx")) {
        check2019(*table);
        CHECK(table->sheet == "Chi tiết");
        CHECK(table->headerRow == 4);
    }
}

TEST_CASE("published tables: csv and xlsx of one table give the same rows and problems") {
    auto csv2025 = published("2025-conclusions.csv");
    auto xlsx2025 = published("2025-conclusions.xlsx");
    if (csv2025 && xlsx2025) checkSame(*csv2025, *xlsx2025);
    auto csv2019 = published("2019-government-tasks.csv");
    auto xlsx2019 = published("2019-government-tasks.xlsx");
    if (csv2019 && xlsx2019) checkSame(*csv2019, *xlsx2019);
}

TEST_CASE("published tables: a sheet is chosen by name, and a sheet of totals is refused") {
    auto path = dataFile("2019-government-tasks.xlsx");
    if (!path) return;
    CHECK(readTable(*path, {"Chi tiết", {}}));
    CHECK(readTable(*path, {"chi tiet", {}}));
    auto totals = readTable(*path, {"Tổng hợp", {}});
    REQUIRE_FALSE(totals);
    CHECK(totals.error().code == base::Code::InvalidInput);
    auto missing = readTable(*path, {"Không có", {}});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == base::Code::NotFound);
    CHECK(testing::mentions(missing.error(), "Tổng hợp"));
}

TEST_CASE("published tables: a file cut off anywhere is refused or read, never worse") {
    auto path = dataFile("2025-conclusions.xlsx");
    if (!path) return;
    std::FILE* file = std::fopen(path->c_str(), "rb");
    REQUIRE(file);
    std::string bytes(static_cast<std::size_t>(std::filesystem::file_size(*path)), '\0');
    CHECK(std::fread(bytes.data(), 1, bytes.size(), file) == bytes.size());
    std::fclose(file);
    for (std::size_t size = 0; size < bytes.size(); size += 997) {
        auto table = testing::read(std::string_view(bytes).substr(0, size));
        CHECK_FALSE(table);
    }
    for (std::size_t at = 0; at < bytes.size(); at += 491) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        auto table = testing::read(damaged);
        if (!table) CHECK_FALSE(table.error().message.empty());
    }
}
