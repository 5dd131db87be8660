#include "documents/table.h"
#include <fstream>
#include "base/limits.h"
#include "base/text.h"
#include "documents/csv.h"
#include "documents/encoding.h"
#include "documents/rows.h"
#include "documents/values.h"
#include "documents/xlsx.h"

namespace documents {

namespace limits = base::limits;

namespace {

using base::Code;

/// Every cell must be Unicode before anything is understood.
base::Status checkText(const Sheet& sheet) {
    for (std::size_t row = 0; row < sheet.rowCount(); ++row) {
        const auto& cells = sheet.row(row);
        for (std::size_t column = 0; column < cells.size(); ++column) {
            std::string name = "cell " + cellName({row, column});
            if (!base::isUtf8(cells[column])) {
                return base::fail(Code::InvalidInput,
                                  name + " is not UTF-8 text; save the table again as Unicode");
            }
            if (auto legacy = legacyEncodingOf(cells[column])) {
                return base::fail(Code::InvalidInput,
                                  name + " is in the old encoding " + std::string(*legacy) +
                                      "; convert the table to Unicode and save it again");
            }
        }
    }
    return {};
}

base::Error noHeader(const Sheet& sheet) {
    std::string where = sheet.name().empty() ? "the table" : "sheet \"" + sheet.name() + "\"";
    return {Code::InvalidInput,
            "none of the first " + std::to_string(limits::kTableHeaderRowsMax) + " rows of " +
                where + " has a column of tasks; looked for a title such as " + contentTitles()};
}

base::Result<ImportTable> build(Sheet sheet, const ReadOptions& options) {
    CHECK_OK(checkText(sheet));
    auto header = findHeader(sheet);
    if (!header) return tl::unexpected<base::Error>(noHeader(sheet));
    return TableBuilder(std::move(sheet), std::move(*header), options).build();
}

std::string sheetNames(const Xlsx& workbook) {
    std::string names;
    for (const auto& entry : workbook.sheets()) {
        names.append(names.empty() ? "\"" : ", \"").append(entry.name).append("\"");
    }
    return names;
}

base::Result<ImportTable> readNamedSheet(Xlsx& workbook, const ReadOptions& options) {
    std::string wanted = words(*options.sheet);
    const Xlsx::SheetEntry* found = nullptr;
    for (const auto& entry : workbook.sheets()) {
        bool exact = entry.name == *options.sheet;
        if (exact || (!found && words(entry.name) == wanted)) found = &entry;
        if (exact) break;
    }
    if (!found) {
        return base::fail(Code::NotFound, "the spreadsheet has no sheet \"" + *options.sheet +
                                              "\"; it has " + sheetNames(workbook));
    }
    TRY(Sheet sheet, workbook.read(*found));
    return build(std::move(sheet), options);
}

base::Result<ImportTable> readWorkbook(base::ByteView bytes, const ReadOptions& options) {
    TRY(Xlsx workbook, Xlsx::open(bytes));
    if (options.sheet) return readNamedSheet(workbook, options);
    for (const auto& entry : workbook.sheets()) {
        if (entry.hidden) continue;
        TRY(Sheet sheet, workbook.read(entry));
        if (findHeader(sheet)) return build(std::move(sheet), options);
        // Without this check a table in an old encoding would only be said to lack its titles.
        CHECK_OK(checkText(sheet));
    }
    return base::fail(
        Code::InvalidInput,
        "no sheet has a column of tasks within its first " +
            std::to_string(limits::kTableHeaderRowsMax) + " rows; looked for a title such as " +
            contentTitles() + " in " +
            (workbook.sheets().empty() ? "a file without sheets" : sheetNames(workbook)));
}

}  // namespace

base::Result<ImportTable> readTable(base::ByteView bytes, const ReadOptions& options) {
    if (bytes.size() > base::limits::kTableFileBytesMax) {
        return base::fail(Code::Limit,
                          "the table is larger than 64 MiB; split it into several files");
    }
    std::string_view text = base::text(bytes);
    if (text.starts_with("PK")) return readWorkbook(bytes, options);
    if (text.starts_with("\xD0\xCF\x11\xE0")) {
        return base::fail(
            Code::InvalidInput,
            "this is an old .xls or an encrypted spreadsheet; save it as .xlsx or .csv "
            "without a password");
    }
    TRY(Sheet sheet, readCsv(bytes));
    if (options.sheet) {
        return base::fail(Code::NotFound, "a .csv file has no sheets; leave the sheet's name out");
    }
    return build(std::move(sheet), options);
}

base::Result<ImportTable> readTable(const std::filesystem::path& path, const ReadOptions& options) {
    std::error_code error;
    auto size = std::filesystem::file_size(path, error);
    if (error) {
        return base::fail(Code::NotFound,
                          "cannot read the table " + path.string() + ": " + error.message());
    }
    if (size > base::limits::kTableFileBytesMax) {
        return base::fail(Code::Limit, "the table " + path.string() +
                                           " is larger than 64 MiB; split it into several files");
    }
    base::Bytes bytes(static_cast<std::size_t>(size));
    std::ifstream in(path, std::ios::binary);
    if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
        return base::fail(Code::Io, "cannot read the table " + path.string() + " to its end");
    }
    return readTable(base::ByteView(bytes), options);
}

}  // namespace documents
