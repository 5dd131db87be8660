#include "documents/csv.h"
#include "reading.h"

using documents::readCsv;
using testing::mentions;
using testing::mustRead;
using testing::refusal;

TEST_CASE("csv: quoted cells hold separators, quotation marks and line breaks") {
    auto sheet = readCsv(base::view("a,\"b, \"\"c\"\"\nd\",e\r\nf,,g\n"));
    REQUIRE(sheet);
    CHECK(sheet->rowCount() == 2);
    CHECK(sheet->at({0, 1}) == "b, \"c\"\nd");
    CHECK(sheet->at({1, 1}).empty());
    CHECK(sheet->at({1, 2}) == "g");
}

TEST_CASE("csv: comma, semicolon and tab are told apart") {
    for (std::string separator : {",", ";", "\t"}) {
        INFO(separator);
        std::string text = "TT" + separator + "Nhiệm vụ" + separator + "Thời hạn\n1" + separator +
                           "\"Việc một, hai; ba\"" + separator + "31/12/2025\n2" + separator +
                           "Việc" + separator + "1/12/2025\n";
        auto table = mustRead(text);
        REQUIRE(table.rows.size() == 2);
        CHECK(table.rows[0].content == "Việc một, hai; ba");
        CHECK(table.rows[1].deadlineRaw == "1/12/2025");
    }
    CHECK(mustRead("sep=;\nTT;Nhiệm vụ\n1;a, b\n").rows.at(0).row == 3);
}

TEST_CASE("csv: byte order marks and UTF-16 are understood") {
    CHECK(mustRead("\xEF\xBB\xBFNhiệm vụ\nViệc\n").rows.size() == 1);
    std::string little("\xFF\xFE", 2);
    std::string big("\xFE\xFF", 2);
    for (char c : std::string("Task\nOne\n")) {
        little += std::string{c, '\0'};
        big += std::string{'\0', c};
    }
    CHECK(mustRead(little).rows.at(0).content == "One");
    CHECK(mustRead(big).rows.at(0).content == "One");
    CHECK(refusal(little.substr(0, little.size() - 1)).code == base::Code::Malformed);
    CHECK(refusal(std::string("\xFF\xFE\x00\xD8", 4)).code == base::Code::Malformed);
}

TEST_CASE("csv: bytes that are not UTF-8 are refused with the cell's name") {
    auto error = refusal("TT,Nhiệm vụ\n1,Vi\xFF\x80 c\n");
    CHECK(error.code == base::Code::InvalidInput);
    CHECK(mentions(error, "cell B1"));  // once a byte is wrong, every letter is in doubt
    CHECK(mentions(refusal("TT,Task\n1,Vi\xFF\x80 c\n"), "cell B2"));
}

TEST_CASE("csv: TCVN3 and VNI text is recognised and refused, in bytes and in letters") {
    auto error = refusal(
        "TT,Task\n1,\"\xAE\xAC\xEE"
        "c giao nhi\xD6m v\xF4 r\xB5 so\xB8t\"\n");
    CHECK(mentions(error, "TCVN3"));
    CHECK(mentions(error, "cell B2"));
    CHECK(mentions(refusal("TT,Task\n1,Rµ so¸t vµ thùc hiÖn nhiÖm vô\n"), "TCVN3"));
    CHECK(mentions(refusal("TT,Task\n1,Thöïc hieän nhieäm vuï ñöôïc giao\n"), "VNI"));
    CHECK(mustRead("TT,Task\n1,Mời chuyên gia Müller đến làm việc\n").rows.size() == 1);
    CHECK(mustRead("TT,Task\n1,Mua 50 tấm «kính» Nestlé® loại ½ cho xã\n").rows.size() == 1);
}

TEST_CASE("csv: too many columns, rows without end and huge cells are refused by name") {
    std::string wide;
    for (int i = 0; i < 300; ++i) wide += "x,";
    CHECK(refusal("Task\n" + wide + "\n").code == base::Code::Limit);
    CHECK(mustRead("Task" + std::string(300, ',') + "\nViệc\n").rows.size() == 1);
    auto huge = refusal("Task\n" + std::string(40'000, 'x') + "\n");
    CHECK(huge.code == base::Code::Limit);
    CHECK(mentions(huge, "A2"));
    auto open = refusal("Task\n\"never closed\n");
    CHECK(open.code == base::Code::InvalidInput);
    CHECK(mentions(open, "row 2"));
    std::string tall = "Task\n";
    for (std::size_t i = 0; i <= base::limits::kTableRowsMax; ++i) tall += "x\n";
    CHECK(refusal(tall).code == base::Code::Limit);
}

TEST_CASE("csv: empty and odd files give one sentence") {
    CHECK(refusal("").code == base::Code::InvalidInput);
    CHECK(refusal("\n\n\n").code == base::Code::InvalidInput);
    CHECK(refusal(std::string(3, '\0')).code == base::Code::InvalidInput);
    CHECK(mentions(refusal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), ".xls"));
    documents::ReadOptions named{"Bảng", {}};
    CHECK(refusal("Task\nOne\n", named).code == base::Code::NotFound);
}
