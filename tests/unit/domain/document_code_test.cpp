#include "domain/document_code.h"
#include <catch2/catch.hpp>

using domain::documentKey;
using domain::DocumentRef;
using domain::normaliseCode;
using domain::parseDocuments;

namespace {

DocumentRef one(const char* cell) {
    INFO(cell);
    auto documents = parseDocuments(cell);
    REQUIRE(documents.size() == 1);
    return documents[0];
}

std::string isoDate(const DocumentRef& ref) {
    return ref.date ? base::toIso(*ref.date) : "";
}

}  // namespace

TEST_CASE("document code: number, letters and issuer, with capitals and no leading zero") {
    CHECK(normaliseCode("247/TB-VPCP") == "247/TB/VPCP");
    CHECK(normaliseCode("1723/VPCP-CN") == "1723/VPCP/CN");
    CHECK(normaliseCode("2024/VPCP-V.I") == "2024/VPCP/V.I");
    CHECK(normaliseCode("849/TTg-CN") == "849/TTG/CN");
    CHECK(normaliseCode("66.7/NQ-CP") == "66.7/NQ/CP");
    CHECK(normaliseCode("45/2020/NĐ-CP") == "45/2020/NĐ/CP");
    CHECK(normaliseCode("05-TB/BCĐTW") == "5/TB/BCĐTW");
    CHECK(normaliseCode("2282/SKHCN-KH&ĐMST") == "2282/SKHCN/KH&ĐMST");
    CHECK(normaliseCode("76/2019/QH14") == "76/2019/QH14");
    CHECK(normaliseCode("6237/VPCP-QHĐP") == "6237/VPCP/QHĐP");
    CHECK(normaliseCode("12a/KH-UBND") == "12A/KH/UBND");
}

TEST_CASE("document code: dates, numbers and words are no codes") {
    for (const char* text :
         {"12/3/2025", "06-3-2025", "24/24 giờ", "giai đoạn 2019 - 2020", "3-5 ngày", "100/tháng",
          "96/96 xã", "Thông báo số 15 ngày 5/6/2025", "quý III/2025", ""}) {
        INFO(text);
        CHECK(normaliseCode(text).empty());
    }
}

TEST_CASE("document code: type, code and date of a cell are told apart") {
    DocumentRef ref = one("Thông báo số 03-TB/BCĐTW ngày 06/3/2025");
    CHECK(ref.asWritten == "Thông báo số 03-TB/BCĐTW ngày 06/3/2025");
    CHECK(ref.displayCode == "03-TB/BCĐTW");
    CHECK(ref.code == "3/TB/BCĐTW");
    CHECK(ref.typeName == "Thông báo");
    CHECK(ref.issuer == "BCĐTW");
    CHECK(isoDate(ref) == "2025-03-06");
    CHECK(one("247/TB-VPCP").typeName == "Thông báo");
    CHECK(one("247/TB-VPCP").issuer == "VPCP");
    CHECK(one("1723/VPCP-CN").issuer == "VPCP");
    CHECK(one("công văn 2730/UBND-KGVX ngày 03/6/2019 V/v thực hiện").displayCode ==
          "2730/UBND-KGVX");
    CHECK(isoDate(one("Quyết định 5/QĐ-UBND ngày 1 tháng 2 năm 2024")) == "2024-02-01");
}

TEST_CASE("document code: spellings of one document have one key") {
    auto same = [](const char* a, const char* b) {
        INFO(a << " ~ " << b);
        CHECK(documentKey(one(a)) == documentKey(one(b)));
    };
    same("02-KH/BCĐTW", "02/KH-BCĐTW");
    same("06 -TB/CQTTBCĐ ngày 27/9/2025", "6-TB/CQTTBCĐ ngày 27/09/2025");
    same("Thông báo số 27-TB/TGV ngày 08/06/2025", "Thông báo số 27-TB/TGV ngày 08/6/2025");
    same("2/CT-TTG", "Chỉ thị số 02/CT-TTg");
    same("05-TB/BCĐTW", "05 – TB/BCĐTW");
    same("05-TB/BC\u0110TW", "05-TB/bc\u0111tw");
    CHECK(one("06 -TB/CQTTBCĐ").strayBlanks);
    CHECK(one("06 -TB/CQTTBCĐ").displayCode == "06-TB/CQTTBCĐ");
    CHECK_FALSE(one("06-TB/CQTTBCĐ").strayBlanks);
}

TEST_CASE("document code: another date, issuer or year is another document") {
    auto differ = [](const char* a, const char* b) {
        INFO(a << " / " << b);
        CHECK(documentKey(one(a)) != documentKey(one(b)));
    };
    differ("27-TB/TGV ngày 08/06/2025", "27-TB/TGV ngày 09/06/2025");
    differ("06-TB/BCĐCĐS ngày 18/3/2025", "06-TB/CQTTBCĐ ngày 18/3/2025");
    differ("45/2020/NĐ-CP", "45/2021/NĐ-CP");
    differ("6/TB-A", "66/TB-A");
    DocumentRef dated = one("02/NQ-CP ngày 01/01/2019");
    DocumentRef undated = one("2/NQ-CP");
    CHECK(documentKey(dated) != documentKey(undated));
    CHECK(domain::maySameDocument(dated, undated));
    CHECK_FALSE(domain::maySameDocument(dated, dated));
}

TEST_CASE("document code: one cell may cite several documents") {
    auto two = parseDocuments(
        "Nghị quyết số 57-NQ/TW ngày 22/12/2024; Thông báo số 03-TB/BCĐTW ngày 06/3/2025");
    REQUIRE(two.size() == 2);
    CHECK(two[0].code == "57/NQ/TW");
    CHECK(isoDate(two[0]) == "2024-12-22");
    CHECK(two[1].code == "3/TB/BCĐTW");
    CHECK(parseDocuments("Nghị quyết số 57-NQ/TW, Quyết định số 12/QĐ-TTg").size() == 2);
    CHECK(parseDocuments("Công văn số 1/UBND-NC và số 2/UBND-NC").size() == 2);
    CHECK(parseDocuments("57-NQ/TW\n03-TB/BCĐTW").size() == 2);
    CHECK(parseDocuments("NQ số 57-NQ/TW, TB số 03-TB/BCĐTW").size() == 2);
}

TEST_CASE("document code: commas and line breaks within a citation do not split it") {
    CHECK(isoDate(one("Thông báo số 03-TB/BCĐTW\nngày 06/3/2025")) == "2025-03-06");
    CHECK(one("Thông báo\nsố 03-TB/BCĐTW\nngày 06/3/2025").typeName == "Thông báo");
    CHECK(one("Thông báo số 03-TB/BCĐTW, ngày 06/3/2025, của Ban Chỉ đạo").code == "3/TB/BCĐTW");
    auto two = parseDocuments("Thông báo số 3-TB/A1B ngày 6/3/2025;\nNghị quyết\nsố 71/NQ-CP");
    REQUIRE(two.size() == 2);
    CHECK(two[1].typeName == "Nghị quyết");
}

TEST_CASE("document code: a document named within a subject is not cited") {
    DocumentRef ref =
        one("Kế hoạch số 12/KH-UBND thực hiện Nghị quyết số 57-NQ/TW ngày 22/12/2024");
    CHECK(ref.code == "12/KH/UBND");
    CHECK_FALSE(ref.date);
}

TEST_CASE("document code: words without a code are kept as one reference") {
    DocumentRef ref = one("Kết luận của Bí thư Tỉnh ủy ngày 5/6/2025");
    CHECK(ref.code.empty());
    CHECK(ref.typeName == "Kết luận");
    CHECK(isoDate(ref) == "2025-06-05");
    CHECK(documentKey(ref) == "~ket luan cua bi thu tinh uy ngay 5/6/2025|2025-06-05");
    CHECK(parseDocuments(" \n ").empty());
}

TEST_CASE("document code: an impossible date is doubtful") {
    DocumentRef ref = one("Thông báo số 03-TB/BCĐTW ngày 31/02/2025");
    CHECK(ref.dateDoubtful);
    CHECK_FALSE(ref.date);
}

TEST_CASE("document code: decomposed text reads like composed text") {
    DocumentRef ref = one("Tho\u0302ng ba\u0301o so\u0302\u0301 03-TB/BCĐTW");
    CHECK(ref.typeName == "Thông báo");
    CHECK(ref.asWritten == "Thông báo số 03-TB/BCĐTW");
}
