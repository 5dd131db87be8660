#include "documents/columns.h"
#include "documents/sections.h"
#include "documents/values.h"
#include "reading.h"

using namespace documents;
using testing::mentions;
using testing::mustRead;
using testing::problemsOf;
using testing::refusal;
using Kind = Problem::Kind;

TEST_CASE("rows: the header is found by its words, below titles and in either language") {
    auto table = mustRead(
        "BÁO CÁO NHIỆM VỤ,,\nKết quả thực hiện các nhiệm vụ,,\n\nSTT,NỘI DUNG THEO DÕI,HẠN XỬ LÝ\n"
        "1,Việc,31/12/2025\n");
    CHECK(table.headerRow == 4);
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0].row == 5);
    CHECK(mustRead("No,Task,Deadline,Lead unit\n1,One,2025-12-31,X\n").rows.at(0).leadRaw == "X");
    CHECK(mustRead(
              "TT,Nội dung nhiệm vụ được giao,Thời hạn hoàn thành (theo văn bản)\n1,a,1/2/2025\n")
              .columns.size() == 3);
}

TEST_CASE("rows: without a column of tasks the sentence lists what was looked for") {
    auto error = refusal("Họ tên,Ngày sinh\nA,1/1/1990\n");
    CHECK(error.code == base::Code::InvalidInput);
    CHECK(mentions(error, "Nội dung theo dõi"));
    std::string deep(31, '\n');
    CHECK(refusal("x" + deep + "Nhiệm vụ\nViệc\n").code == base::Code::InvalidInput);
}

TEST_CASE("rows: only a content column is required") {
    auto table = mustRead("Nhiệm vụ\nViệc một\n\nViệc hai\n");
    REQUIRE(table.rows.size() == 2);
    CHECK_FALSE(table.hasStatusColumn);
    CHECK_FALSE(table.rows[0].status);
    CHECK(table.problems.empty());
}

TEST_CASE("rows: which column is the status is told by its values") {
    auto a = mustRead("Nhiệm vụ,Kết quả,Mô tả\na,Đã hoàn thành,Tốt\nb,Đang thực hiện,Chưa\n");
    CHECK(a.hasStatusColumn);
    CHECK(a.rows[0].status == Status::Completed);
    CHECK(a.rows[1].status == Status::InProgress);
    CHECK(a.rows[0].description == "Tốt");
    auto b = mustRead("Nhiệm vụ,Tình hình thực hiện,Kết quả\na,Tạm dừng,Đã ban hành kế hoạch\n");
    CHECK(b.rows[0].status == Status::Suspended);
    CHECK(b.rows[0].description == "Đã ban hành kế hoạch");
    auto named = mustRead(
        "Nhiệm vụ,Trạng thái,Kết quả\na,Đang làm,\nb,Hoàn thành,Xong\nc,Tạm dừng,\nd,Chưa thực "
        "hiện,\n");
    CHECK(named.rows[1].status == Status::Completed);
    CHECK(named.rows[2].status == Status::Suspended);
    CHECK(named.rows[3].status == Status::Assigned);
    CHECK(named.rows[1].description == "Xong");
    auto c = mustRead("Nhiệm vụ,Kết quả\na,Đã ban hành kế hoạch\nb,\n");
    CHECK_FALSE(c.hasStatusColumn);
    CHECK(problemsOf(c, Kind::StatusBlank).empty());
    auto d = mustRead("Nhiệm vụ,Trạng thái\na,Chờ\nb,\n");
    CHECK(d.hasStatusColumn);
    CHECK(problemsOf(d, Kind::Value).size() == 1);
    CHECK(problemsOf(d, Kind::StatusBlank).size() == 1);
}

TEST_CASE("rows: section rows give the path, and are no tasks") {
    auto table = mustRead(
        "TT,Nhiệm vụ,Thời "
        "hạn\nI,Chung,\n1,a,1/2/2025\nII.3,,\n,b,1/2/2025\n1.a,Nhỏ,\n2,c,1/2/2025\n"
        ",III. Về đất đai,\n3,d,1/2/2025\n");
    REQUIRE(table.rows.size() == 4);
    CHECK(table.rows[0].section == "I");
    CHECK(table.rows[1].section == "II.3");
    CHECK(table.rows[1].number.empty());
    CHECK(table.rows[2].section == "II.1.a");
    CHECK(table.rows[3].section == "III");
    REQUIRE(table.sections.size() == 4);
    CHECK(table.sections[0].title == "Chung");
}

TEST_CASE("rows: section numbers are told from task numbers and words") {
    for (const char* number : {"I", "II.3", "1.a", "A", "IV.", "1.a)", "II.3.b"})
        CHECK(isSectionNumber(number));
    for (const char* number : {"1", "12", "1.1", "a", "IIIIIII", "Xã", "", "VI phạm"})
        CHECK_FALSE(isSectionNumber(number));
    CHECK(leadingSectionNumber("II. Về chuyển đổi số") == "II");
    CHECK(leadingSectionNumber("I đất").empty());
    CHECK(leadingSectionNumber("TP. Quảng Ngãi").empty());
}

TEST_CASE("rows: numbers under the titles and lonely numbers are passed over") {
    auto table = mustRead("TT,Nhiệm vụ,Thời hạn\n(1),(2),(3)\n1,a,1/2/2025\n2,,\n");
    CHECK(table.rows.size() == 1);
    CHECK(problemsOf(table, Kind::Structure).size() == 1);
}

TEST_CASE("rows: data without content are refused by cell") {
    auto table = mustRead("TT,Nhiệm vụ,Thời hạn\n1,,1/2/2025\n2,b,1/2/2025\n");
    CHECK(table.rows.size() == 1);
    REQUIRE(table.problems.size() == 1);
    CHECK(table.problems[0].cell == "B2");
    CHECK(table.problems[0].level == Problem::Level::Refused);
}

TEST_CASE("rows: apostrophes and decomposed letters are understood, raw cells are kept") {
    auto table = mustRead("Nhie\u0323\u0302m vu\u0323,Mô tả\n'=1+1,'- Đa\u0303 ban hành\n");
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0].content == "=1+1");
    CHECK(table.rows[0].description == "- Đã ban hành");
    CHECK(table.rows[0].cells.at(0) == "'=1+1");
}

TEST_CASE("rows: doubtful values are named by cell, marked, and imported all the same") {
    auto table = mustRead(
        "TT,Nhiệm vụ,Văn bản giao nhiệm vụ,Thời hạn\n1,a,05-TB/TW ngày 1/2/2025,31/02/2025\n"
        "2,b,Ý kiến của Bí thư,1/2/25\n3,c,,Thường xuyên\n");
    REQUIRE(table.rows.size() == 3);
    auto values = problemsOf(table, Kind::Value);
    REQUIRE(values.size() == 2);
    CHECK(values[0].cell == "D2");
    CHECK(values[0].raw == "31/02/2025");
    CHECK(values[1].cell == "D3");
    auto cited = problemsOf(table, Kind::Document);
    REQUIRE(cited.size() == 2);
    CHECK(cited[0].cell == "C3");
    CHECK(cited[1].cell == "C4");
    CHECK(table.rows[0].doubtful);
    CHECK(table.rows[2].deadline.kind == domain::Deadline::Kind::Text);
    auto sorted = std::is_sorted(
        table.problems.begin(), table.problems.end(),
        [](const auto& a, const auto& b) { return a.cell.substr(1) < b.cell.substr(1); });
    CHECK(sorted);
}

TEST_CASE("rows: one code with two dates of a year, or with and without, is doubtful") {
    auto table = mustRead(
        "Nhiệm vụ,Số ký hiệu,Ngày văn bản,Trích yếu\na,5/TB-TW,1/2/2025,X\nb,05-TB/TW,2/2/2025,X\n"
        "c,7/TB-TW,1/2/2025,Y\nd,7/TB-TW,,Y\ne,9/TB-TW,1/2/2024,Z\nf,9/TB-TW,1/2/2025,Z\n");
    CHECK(table.documents.size() == 6);
    CHECK(table.rows[0].documents.at(0).subject == "X");
    CHECK(problemsOf(table, Kind::Document).size() == 2);
    CHECK(table.rows[1].doubtful);
    CHECK(table.rows[3].doubtful);
    CHECK_FALSE(table.rows[5].doubtful);
}

TEST_CASE("rows: secret rows are refused and their text is not repeated") {
    auto table = mustRead(
        "Nhiệm vụ,Độ mật,Văn bản giao\na,Mật,1/TB-TW\nb,Thường,1/TB-TW\nc,Tuyệt mật,1/TB-TW\n"
        "TỐI MẬT: d,,1/TB-TW\n[Mật] e,,1/TB-TW\nf,,1/TB-TW (Mật)\nMật độ dân số,,1/TB-TW\n"
        "Mặt trận Tổ quốc,Không,1/TB-TW\n");
    CHECK(table.rows.size() == 3);
    auto secret = problemsOf(table, Kind::Secret);
    REQUIRE(secret.size() == 5);
    for (const Problem& problem : secret) {
        CHECK(problem.level == Problem::Level::Refused);
        CHECK(problem.raw.empty());
    }
    CHECK(secret[0].cell == "B2");
}

TEST_CASE("values: status words are matched whole, whatever their marks and capitals") {
    CHECK(statusOf("ĐÃ HOÀN THÀNH") == Status::Completed);
    CHECK(statusOf("Đang thực hiện (trong hạn)") == Status::InProgress);
    CHECK(statusOf("Chưa thực hiện.") == Status::Assigned);
    CHECK(statusOf("Không thuộc chức năng, nhiệm vụ") == Status::NotApplicable);
    CHECK(statusOf("Đã thu hồi") == Status::Recalled);
    CHECK_FALSE(statusOf("Đã hoàn thành 3 trong 5 việc"));
    CHECK_FALSE(statusOf(""));
}

TEST_CASE("rows: refused ones are counted, and a long cell is found by its address") {
    auto table = mustRead(
        "STT,Nội dung theo dõi,Tình hình thực hiện,Ghi chú\n1,Việc,ngắn,dài hơn nhiều\n"
        "2,,có ghi chú,x\n3,Mật: việc khác,,\n");
    CHECK(table.refusedRows == 2);
    REQUIRE(table.rows.size() == 1);
    CHECK(longestCell(table, table.rows[0], narrativeColumns()).cell == "D2");
    CHECK(longestCell(table, table.rows[0], narrativeColumns()).raw == "dài hơn nhiều");
    Column absent[] = {Column::Lead};
    CHECK(longestCell(table, table.rows[0], absent).cell == "B2");  // the content stands for it
}
