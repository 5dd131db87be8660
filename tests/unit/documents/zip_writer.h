#pragma once
// Makes small spreadsheets in memory, sound and unsound ones.

#include <zip.h>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace testing {

using Parts = std::vector<std::pair<std::string, std::string>>;

inline std::string zipOf(const Parts& parts) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_source_keep(target);
    zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    REQUIRE(archive);
    for (const auto& [name, text] : parts) {
        zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
        REQUIRE(zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8) >= 0);
    }
    REQUIRE(zip_close(archive) == 0);
    REQUIRE(zip_source_open(target) == 0);
    zip_stat_t stat;
    REQUIRE(zip_source_stat(target, &stat) == 0);
    std::string out(static_cast<std::size_t>(stat.size), '\0');
    REQUIRE(zip_source_read(target, out.data(), out.size()) ==
            static_cast<zip_int64_t>(out.size()));
    zip_source_close(target);
    zip_source_free(target);
    zip_error_fini(&error);
    return out;
}

struct Book {
    std::string sheet;    // what stands in <worksheet>
    std::string strings;  // what stands in <sst>; no such part if empty
    std::string styles;   // what stands in <styleSheet>; no such part if empty
    std::string target = "worksheets/sheet1.xml";
    std::string workbook = R"(<sheets><sheet name="Bảng" sheetId="1" r:id="rId1"/></sheets>)";
};

inline Parts partsOf(const Book& book) {
    std::string relations =
        R"(<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target=")" +
        book.target +
        R"("/><Relationship Id="rId2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>)" +
        R"(<Relationship Id="rId3" Type="http://x/styles" Target="/xl/styles.xml"/>)";
    if (book.strings.empty()) {
        relations.erase(relations.find("<Relationship Id=\"rId2\""),
                        relations.find("<Relationship Id=\"rId3\"") -
                            relations.find("<Relationship Id=\"rId2\""));
    }
    if (book.styles.empty()) relations.erase(relations.find("<Relationship Id=\"rId3\""));
    Parts parts{{"xl/workbook.xml", "<workbook>" + book.workbook + "</workbook>"},
                {"xl/_rels/workbook.xml.rels", relations + "</Relationships>"},
                {"xl/worksheets/sheet1.xml", "<worksheet>" + book.sheet + "</worksheet>"}};
    if (!book.strings.empty())
        parts.push_back({"xl/sharedStrings.xml", "<sst>" + book.strings + "</sst>"});
    if (!book.styles.empty())
        parts.push_back({"xl/styles.xml", "<styleSheet>" + book.styles + "</styleSheet>"});
    return parts;
}

inline std::string xlsxOf(const Book& book) {
    return zipOf(partsOf(book));
}

/// <c r="A1" t="inlineStr">…
inline std::string inlineCell(const std::string& at, const std::string& text) {
    return "<c r=\"" + at + "\" t=\"inlineStr\"><is><t>" + text + "</t></is></c>";
}

}  // namespace testing
