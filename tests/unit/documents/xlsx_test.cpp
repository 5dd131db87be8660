#include "documents/xlsx.h"
#include "reading.h"
#include "zip_writer.h"

using testing::Book;
using testing::inlineCell;
using testing::mentions;
using testing::mustRead;
using testing::refusal;
using testing::xlsxOf;

namespace {

std::string sheetOf(const std::string& rows) {
    return "<sheetData>" + rows + "</sheetData>";
}

std::string taskSheet() {
    return sheetOf("<row r=\"1\">" + inlineCell("A1", "Nhiệm vụ") + "</row><row r=\"2\">" +
                   inlineCell("A2", "Việc") + "</row>");
}

}  // namespace

TEST_CASE("xlsx: shared strings, rich text and cells without a name are read") {
    Book book;
    book.strings =
        "<si><t>Nhiệm vụ</t></si><si><r><t>Việc</t></r><r><t xml:space=\"preserve\"> "
        "</t></r><r><t>một_x000D_</t></r><rPh><t>x</t></rPh></si>";
    book.sheet = sheetOf("<row><c t=\"s\"><v>0</v></c></row><row><c t=\"s\"><v>1</v></c></row>");
    CHECK(mustRead(xlsxOf(book)).rows.at(0).content == "Việc một");
}

TEST_CASE("xlsx: parts may be named relatively, absolutely, and with prefixed elements") {
    for (const char* target :
         {"worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/./worksheets/sheet1.xml"}) {
        Book book;
        book.target = target;
        book.sheet = taskSheet();
        CHECK(mustRead(xlsxOf(book)).rows.size() == 1);
    }
    Book book;
    book.sheet =
        "<x:sheetData><x:row><x:c t=\"str\"><x:v>Task</x:v></x:c></x:row><x:row><x:c "
        "t=\"str\"><x:v>One</x:v></x:c></x:row></x:sheetData>";
    CHECK(mustRead(xlsxOf(book)).rows.at(0).content == "One");
}

TEST_CASE("xlsx: numbers in date formats are days, others stay numbers") {
    Book book;
    book.styles =
        "<numFmts><numFmt numFmtId=\"164\" formatCode=\"[$-42A]dd/mm/yyyy\"/><numFmt "
        "numFmtId=\"165\" formatCode=\"0.0&quot;days&quot;\"/></numFmts><cellXfs><xf "
        "numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf "
        "numFmtId=\"165\"/></cellXfs>";
    book.sheet = sheetOf("<row r=\"3\">" + inlineCell("A3", "Task") + inlineCell("B3", "Thời hạn") +
                         "</row><row r=\"4\">" + inlineCell("A4", "a") +
                         "<c r=\"B4\" s=\"1\"><v>45900</v></c></row><row r=\"5\">" +
                         inlineCell("A5", "b") + "<c r=\"B5\" s=\"2\"><v>45900.5</v></c></row>" +
                         "<row r=\"6\">" + inlineCell("A6", "c") +
                         "<c r=\"B6\" s=\"3\"><v>0.80000000000000004</v></c></row><row r=\"7\">" +
                         inlineCell("A7", "d") + "<c r=\"B7\" s=\"1\"><v>60</v></c></row>");
    auto table = mustRead(xlsxOf(book));
    REQUIRE(table.rows.size() == 4);
    CHECK(table.headerRow == 3);
    CHECK(table.rows[0].deadlineRaw == "2025-08-31");
    CHECK(table.rows[1].deadlineRaw == "2025-08-31 12:00:00");
    CHECK(base::toIso(*table.rows[1].deadline.last) == "2025-08-31");
    CHECK(table.rows[2].deadlineRaw == "0.8");
    CHECK(table.rows[3].deadlineRaw == "60");
}

TEST_CASE("xlsx: the 1904 date system is honoured") {
    Book book;
    book.workbook = "<workbookPr date1904=\"1\"/>" + book.workbook;
    book.styles = "<cellXfs><xf numFmtId=\"14\"/></cellXfs>";
    book.sheet =
        sheetOf("<row>" + inlineCell("A1", "Task") + inlineCell("B1", "Deadline") + "</row><row>" +
                inlineCell("A2", "a") + "<c r=\"B2\" s=\"0\"><v>44438</v></c></row>");
    CHECK(mustRead(xlsxOf(book)).rows.at(0).deadlineRaw == "2025-08-31");
}

TEST_CASE("xlsx: merged document cells are repeated, blank ones are not") {
    Book book;
    book.sheet =
        sheetOf("<row r=\"1\">" + inlineCell("A1", "Số, ký hiệu") + inlineCell("B1", "Nhiệm vụ") +
                "</row><row r=\"2\">" + inlineCell("A2", "247/TB-VPCP") + inlineCell("B2", "a") +
                "</row><row r=\"3\">" + inlineCell("B3", "b") + "</row><row r=\"4\">" +
                inlineCell("B4", "c") + "</row>") +
        "<mergeCells><mergeCell ref=\"A2:A3\"/></mergeCells>";
    auto table = mustRead(xlsxOf(book));
    REQUIRE(table.rows.size() == 3);
    CHECK(table.rows[1].documents.size() == 1);
    CHECK(table.rows[2].documents.empty());
    CHECK(table.rows[2].doubtful);
    auto problems = testing::problemsOf(table, documents::Problem::Kind::Document);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].cell == "A4");
}

TEST_CASE("xlsx: titles in two merged rows are one header") {
    Book book;
    book.sheet =
        sheetOf("<row r=\"1\">" + inlineCell("A1", "Nhiệm vụ") + inlineCell("B1", "Đơn vị") +
                "</row><row r=\"2\">" + inlineCell("B2", "Chủ trì") + inlineCell("C2", "Phối hợp") +
                "</row><row r=\"3\">" + inlineCell("A3", "a") + inlineCell("B3", "X") +
                inlineCell("C3", "Y") + "</row>") +
        "<mergeCells><mergeCell ref=\"A1:A2\"/><mergeCell ref=\"B1:C1\"/></mergeCells>";
    auto table = mustRead(xlsxOf(book));
    REQUIRE(table.rows.size() == 1);
    CHECK(table.headerRow == 2);
    CHECK(table.rows[0].leadRaw == "X");
    CHECK(table.rows[0].coordinatingRaw == "Y");
}

TEST_CASE("xlsx: formulas give their stored value or themselves, never a result of ours") {
    Book book;
    book.sheet = sheetOf("<row>" + inlineCell("A1", "Task") + "</row><row>" +
                         inlineCell("A2", "=1+1") + "</row><row><c r=\"A3\" t=\"str\"><f>B1</f>" +
                         "<v>stored</v></c></row><row><c r=\"A4\"><f>1+2</f></c></row>");
    auto table = mustRead(xlsxOf(book));
    REQUIRE(table.rows.size() == 3);
    CHECK(table.rows[0].content == "=1+1");
    CHECK(table.rows[1].content == "stored");
    CHECK(table.rows[2].content == "=1+2");
}

TEST_CASE("xlsx: hidden sheets are passed over unless they are named") {
    Book book;
    book.sheet = taskSheet();
    book.workbook = R"(<sheets><sheet name="Ẩn" state="hidden" r:id="rId1"/></sheets>)";
    std::string bytes = xlsxOf(book);
    CHECK(refusal(bytes).code == base::Code::InvalidInput);
    CHECK(testing::read(bytes, {"Ẩn", {}}));
}

TEST_CASE("xlsx: damaged files are refused with one sentence") {
    Book book;
    book.sheet = taskSheet();
    std::string bytes = xlsxOf(book);
    CHECK(refusal(bytes.substr(0, bytes.size() / 2)).code == base::Code::Malformed);
    CHECK(refusal("PK").code == base::Code::Malformed);
    CHECK(refusal(testing::zipOf({{"readme.txt", "x"}})).code == base::Code::InvalidInput);
    book.sheet = "<sheetData><row>";
    CHECK(refusal(xlsxOf(book)).code == base::Code::Malformed);
    book.sheet = sheetOf("<row><c t=\"s\"><v>7</v></c></row>");
    CHECK(refusal(xlsxOf(book)).code == base::Code::Malformed);
    book.sheet = sheetOf("<row>" + inlineCell("A0", "x") + "</row>");
    CHECK(refusal(xlsxOf(book)).code == base::Code::Malformed);
    book.target = "worksheets/none.xml";
    CHECK(refusal(xlsxOf(book)).code == base::Code::Malformed);
}

TEST_CASE("xlsx: zip bombs are refused before they are unpacked") {
    Book book;
    book.sheet = taskSheet() + std::string(8 * 1024 * 1024, ' ');
    auto error = refusal(xlsxOf(book));
    CHECK(error.code == base::Code::Limit);
    CHECK(mentions(error, "sheet1.xml"));
}

TEST_CASE("xlsx: a part that is longer than the archive says is refused") {
    Book book;
    book.sheet = taskSheet();
    std::string bytes = xlsxOf(book);
    // The central directory's entry of the sheet: its unpacked size stands 24 bytes in.
    std::size_t entry = bytes.rfind("xl/worksheets/sheet1.xml") - 46;
    REQUIRE(bytes.substr(entry, 2) == "PK");
    bytes[entry + 24] = 10;
    bytes[entry + 25] = 0;
    CHECK(refusal(bytes).code == base::Code::Malformed);
}

TEST_CASE("xlsx: document types and entities are refused") {
    auto parts = testing::partsOf(Book{.sheet = taskSheet(), .strings = "", .styles = ""});
    for (auto& [name, text] : parts) {
        if (name.ends_with("sheet1.xml"))
            text = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + text;
    }
    auto error = refusal(testing::zipOf(parts));
    CHECK(error.code == base::Code::Malformed);
    CHECK(mentions(error, "document type"));
}

TEST_CASE("xlsx: cells far out, text beyond limits and broken UTF-8 are refused") {
    Book book;
    book.sheet = sheetOf("<row>" + inlineCell("A1", "Task") + inlineCell("KN1", "x") + "</row>");
    CHECK(refusal(xlsxOf(book)).code == base::Code::Limit);
    book.sheet = sheetOf("<row>" + inlineCell("A1", "Task") + "</row><row>" +
                         inlineCell("A1048576", "x") + "</row>");
    CHECK(refusal(xlsxOf(book)).code == base::Code::Limit);
    book.sheet = sheetOf("<row>" + inlineCell("A1", "Task") + "</row><row>" +
                         inlineCell("A2", "\xC3(") + "</row>");
    auto error = refusal(xlsxOf(book));
    CHECK(error.code == base::Code::InvalidInput);
    CHECK(mentions(error, "A2"));
    // A short text that many cells share must not fill the memory.
    book.strings = "<si><t>Task</t></si><si><t>" + std::string(32'000, 'x') + "</t></si>";
    std::string rows = "<row><c t=\"s\"><v>0</v></c></row>";
    for (int i = 0; i < 2500; ++i) rows += "<row><c t=\"s\"><v>1</v></c></row>";
    book.sheet = sheetOf(rows);
    CHECK(refusal(xlsxOf(book)).code == base::Code::Limit);
}
