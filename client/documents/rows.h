#pragma once
// From a sheet with a known header to rows: which rows are tasks, what their cells say, what is
// doubtful.

#include <map>
#include <optional>
#include <string>
#include <vector>
#include "documents/sections.h"
#include "documents/sheet.h"
#include "documents/table.h"

namespace documents {

/// Builds one ImportTable; used once.
class TableBuilder {
public:
    TableBuilder(Sheet sheet, Header header, const ReadOptions& options);
    base::Result<ImportTable> build();

private:
    enum class Look { Blank, SectionRow, Task, NumberOnly, NoContent };

    Look lookOf(std::size_t row) const;
    Look lookWithoutOthers(const std::string& number, const std::string& content) const;
    bool numbersColumns(std::size_t row) const;
    /// How many cells are status words, if most of the filled ones are; else 0.
    std::size_t statusWordsIn(Column column);
    void chooseStatusColumn();
    base::Status repeatMergedDocuments();

    void readSection(std::size_t row);
    void readTask(std::size_t row);
    bool refuseSecret(std::size_t row);
    void readDocuments(ImportRow& out);
    void addCodeColumns(ImportRow& out);
    void checkDocuments(ImportRow& out);
    void readDeadline(ImportRow& out);
    void readStatus(ImportRow& out);
    void readCompletion(ImportRow& out);
    std::string narrative(std::size_t row) const;
    void compareDocuments();

    bool has(Column column) const { return m_header.indexOf(column).has_value(); }
    std::string_view raw(Column column, std::size_t row) const;
    const std::string& cell(Column column, std::size_t row) const;
    const std::vector<domain::DocumentRef>& citedIn(const std::string& text);
    std::string nameOf(Column column, std::size_t row) const;
    void add(ImportRow* row, Column column, std::size_t at, std::string message, Problem::Kind kind,
             Problem::Level level = Problem::Level::Doubtful);

    Sheet m_sheet;
    Header m_header;
    const ReadOptions& m_options;
    std::vector<std::vector<std::string>> m_clean;  // cleanText of every cell below the header
    std::map<std::string, std::vector<domain::DocumentRef>> m_cited;  // by cell; they repeat a lot
    std::vector<Look> m_looks;
    std::optional<Column> m_status;
    bool m_citesDocuments = false;  // some task of the table has a document
    SectionPath m_sections;
    ImportTable m_table;
};

}  // namespace documents
