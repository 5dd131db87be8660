#include "documents/contradictions.h"
#include "reading.h"

using namespace documents;
using testing::mustRead;
using testing::problemsOf;
using Kind = Problem::Kind;

namespace {

/// The only task of a table with every column that a contradiction needs.
ImportTable oneTask(const std::string& cells) {
    auto today = base::dateOf({2025, 12, 1});
    auto table =
        mustRead("Nhiệm vụ,Văn bản giao,Thời hạn,Trạng thái,Ngày hoàn thành,Loại\n" + cells + "\n",
                 {{}, today});
    REQUIRE(table.rows.size() == 1);
    return table;
}

void finds(const std::string& cells, Kind kind, const char* cell) {
    INFO(cells);
    auto table = oneTask(cells);
    auto found = problemsOf(table, kind);
    REQUIRE(found.size() == 1);
    CHECK(found[0].cell == cell);
    CHECK(found[0].level == Problem::Level::Doubtful);
    CHECK(isContradiction(found[0].kind));
    CHECK(table.problems.size() == 1);
    CHECK(table.rows[0].doubtful);
}

}  // namespace

TEST_CASE("contradictions: sound rows have none") {
    CHECK(oneTask("a,5-TB/TW ngày 1/2/2025,1/3/2025,Đã hoàn thành,1/3/2025,").problems.empty());
    CHECK(oneTask("a,5-TB/TW ngày 1/2/2025,1/3/2025,Đang thực hiện,,").problems.empty());
    CHECK(oneTask("a,5-TB/TW,Thường xuyên,Đang thực hiện,,").problems.empty());
    CHECK(oneTask("trước ngày 1/3/2025,5-TB/TW,tháng 3/2025,Đang thực hiện,,").problems.empty());
    CHECK(oneTask("trước ngày 1/1/2025 hoặc trước ngày 2/2/2025,,1/3/2025,Đang thực hiện,,")
              .problems.empty());
    CHECK(oneTask("họp ngày 1/2/2025,,1/3/2025,Đang thực hiện,,").problems.empty());
}

TEST_CASE("contradictions: each is told at its cell and nothing is corrected") {
    finds("a,,1/3/2025,Đã hoàn thành,,", Kind::DoneWithoutDate, "E2");
    finds("a,,1/3/2025,Đang thực hiện,1/3/2025,", Kind::DateWhileInProgress, "E2");
    finds("a,5-TB/TW ngày 2/2/2025,1/3/2025,Đã hoàn thành,1/2/2025,", Kind::CompletedBeforeDocument,
          "E2");
    finds("a,,31/12/2025,Đã hoàn thành,2/12/2025,", Kind::CompletedInFuture, "E2");
    finds("a,,Thường xuyên,Đã hoàn thành,1/3/2025,", Kind::DoneButStanding, "C2");
    finds("a,,1/3/2025,Đã hoàn thành,1/3/2025,Định kỳ", Kind::DoneButStanding, "C2");
    finds("xong trước ngày 28/2/2025,,1/3/2025,Đang thực hiện,,", Kind::DeadlineDiffersFromText,
          "C2");
    finds("xong chậm nhất 28/2/2025,,,Đang thực hiện,,", Kind::DeadlineDiffersFromText, "A2");
    finds("a,,1/3/2025,,,", Kind::StatusBlank, "D2");
}

TEST_CASE("contradictions: what a sentence says is Vietnamese and plain") {
    auto table = oneTask("a,,1/3/2025,Đã hoàn thành,,");
    CHECK(table.problems[0].message == "Đã hoàn thành nhưng không có ngày hoàn thành");
    CHECK_FALSE(table.rows[0].completedOn);
    CHECK(table.rows[0].status == Status::Completed);
}

TEST_CASE("contradictions: without today no completion lies in the future") {
    auto table = mustRead("Task,Status,Completed on\na,Done,1/1/2199\n");
    CHECK(table.problems.empty());
}
