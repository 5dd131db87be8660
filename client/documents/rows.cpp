#include "documents/rows.h"
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include "base/limits.h"
#include "base/text.h"
#include "documents/contradictions.h"
#include "documents/values.h"

namespace documents {

namespace limits = base::limits;

namespace {

using Kind = Problem::Kind;
using Level = Problem::Level;

constexpr std::array kDocumentColumns{Column::DocumentCode, Column::DocumentDate, Column::Subject,
                                      Column::Issuer, Column::Document};
// In the order in which they are preferred when their values look equally like a status.
constexpr std::array kStatusColumns{Column::Status, Column::Situation, Column::Result,
                                    Column::StatusNote, Column::Description};
constexpr std::array kNarrativeColumns{Column::Status,     Column::Situation,   Column::Result,
                                       Column::StatusNote, Column::Description, Column::Remark};

constexpr std::size_t kCitationsKept = 4096;

bool isFirstOfJanuary(const domain::Deadline& deadline) {
    if (deadline.kind != domain::Deadline::Kind::Date || !deadline.last) return false;
    base::Civil day = base::civilOf(*deadline.last);
    return day.day == 1 && day.month == 1;
}

/// NFC and trimmed, otherwise untouched.
std::string asWritten(std::string_view raw) {
    auto nfc = base::toNfc(base::trim(raw));
    return nfc ? std::move(*nfc) : std::string(raw);
}

/// The row of a problem's cell, for putting late ones in their place.
unsigned long rowOf(const Problem& problem) {
    std::size_t digit = problem.cell.find_first_of("0123456789");
    return digit == std::string::npos ? 0 : std::strtoul(problem.cell.c_str() + digit, nullptr, 10);
}

}  // namespace

TableBuilder::TableBuilder(Sheet sheet, Header header, const ReadOptions& options)
    : m_sheet(std::move(sheet)), m_header(std::move(header)), m_options(options) {
    m_table.sheet = m_sheet.name();
    m_table.headerRow = m_header.last + 1;
    m_table.columns = m_header.columns;
    m_clean.resize(m_sheet.rowCount());
    for (std::size_t row = m_header.last + 1; row < m_sheet.rowCount(); ++row) {
        for (const std::string& text : m_sheet.row(row)) m_clean[row].push_back(cleanText(text));
    }
}

base::Result<ImportTable> TableBuilder::build() {
    // Looks are judged before merged documents are repeated, so that a repeated cell makes no task.
    m_looks.assign(m_sheet.rowCount(), Look::Blank);
    for (std::size_t row = m_header.last + 1; row < m_sheet.rowCount(); ++row)
        m_looks[row] = lookOf(row);
    chooseStatusColumn();
    CHECK_OK(repeatMergedDocuments());
    for (std::size_t row = m_header.last + 1; row < m_sheet.rowCount(); ++row) {
        bool task = m_looks[row] == Look::Task;
        m_citesDocuments = m_citesDocuments || (task && (!cell(Column::DocumentCode, row).empty() ||
                                                         !cell(Column::Document, row).empty()));
    }
    for (std::size_t row = m_header.last + 1; row < m_sheet.rowCount(); ++row) {
        switch (m_looks[row]) {
            case Look::Blank:
                break;
            case Look::SectionRow:
                readSection(row);
                break;
            case Look::Task:
                readTask(row);
                break;
            case Look::NumberOnly:
                add(nullptr, Column::Number, row, "Dòng chỉ có số thứ tự nên được bỏ qua",
                    Kind::Structure);
                break;
            case Look::NoContent:
                add(nullptr, Column::Content, row,
                    "Dòng không có nội dung nhiệm vụ nên không nhập được", Kind::Structure,
                    Level::Refused);
                ++m_table.refusedRows;
                break;
        }
    }
    compareDocuments();
    return std::move(m_table);
}

std::string_view TableBuilder::raw(Column column, std::size_t row) const {
    auto index = m_header.indexOf(column);
    return index ? m_sheet.at({row, *index}) : std::string_view();
}

const std::string& TableBuilder::cell(Column column, std::size_t row) const {
    static const std::string kNothing;
    auto index = m_header.indexOf(column);
    return index && *index < m_clean[row].size() ? m_clean[row][*index] : kNothing;
}

const std::vector<domain::DocumentRef>& TableBuilder::citedIn(const std::string& text) {
    auto known = m_cited.find(text);
    if (known != m_cited.end()) return known->second;
    if (m_cited.size() >= kCitationsKept) m_cited.clear();
    return m_cited[text] = domain::parseDocuments(text);
}

std::string TableBuilder::nameOf(Column column, std::size_t row) const {
    auto index = m_header.indexOf(column);
    if (!index) index = m_header.indexOf(Column::Content);
    return cellName({row, index.value_or(0)});
}

void TableBuilder::add(ImportRow* row, Column column, std::size_t at, std::string message,
                       Kind kind, Level level) {
    if (row && kind != Kind::Note) row->doubtful = true;
    if (m_table.problems.size() >= limits::kTableProblemsMax) return;
    std::string shown = kind == Kind::Secret ? std::string() : std::string(raw(column, at));
    m_table.problems.push_back(
        {nameOf(column, at), std::move(shown), std::move(message), level, kind});
}

/// "(1) (2) (3)" or "1 2 3" under the titles.
bool TableBuilder::numbersColumns(std::size_t row) const {
    std::size_t cells = 0;
    for (std::string plain : m_clean[row]) {
        if (plain.empty()) continue;
        std::erase_if(plain, [](char c) { return c == '(' || c == ')' || c == '[' || c == ']'; });
        bool letter = plain.size() == 1 && plain[0] >= 'A' && plain[0] <= 'Z';
        bool number =
            plain.size() <= 2 && plain.find_first_not_of("0123456789") == std::string::npos;
        if (!letter && !number) return false;
        ++cells;
    }
    return cells >= 3;
}

TableBuilder::Look TableBuilder::lookWithoutOthers(const std::string& number,
                                                   const std::string& content) const {
    if (number.empty() && content.empty()) return Look::Blank;
    if (isSectionNumber(number)) return Look::SectionRow;
    bool digits = !number.empty() && number.find_first_not_of("0123456789.") == std::string::npos;
    if (content.empty()) return digits ? Look::NumberOnly : Look::SectionRow;
    bool titled =
        number.empty() && m_header.columns.size() > 2 && !leadingSectionNumber(content).empty();
    return titled ? Look::SectionRow : Look::Task;
}

TableBuilder::Look TableBuilder::lookOf(std::size_t row) const {
    if (row == m_header.last + 1 && numbersColumns(row)) return Look::Blank;
    const std::string& number = cell(Column::Number, row);
    const std::string& content = cell(Column::Content, row);
    std::size_t others = 0;
    bool knownOther = false;
    const auto& cells = m_clean[row];
    for (std::size_t column = 0; column < cells.size(); ++column) {
        if (cells[column].empty() || m_header.indexOf(Column::Number) == column ||
            m_header.indexOf(Column::Content) == column) {
            continue;
        }
        ++others;
        for (const FoundColumn& found : m_header.columns)
            knownOther = knownOther || found.index == column;
    }
    if (others == 0) return lookWithoutOthers(number, content);
    if (!content.empty()) return Look::Task;
    // A title in some other cell, or a note beside the table.
    bool title = others == 1 && (isSectionNumber(number) || (number.empty() && !knownOther));
    return title ? Look::SectionRow : Look::NoContent;
}

std::size_t TableBuilder::statusWordsIn(Column column) {
    std::size_t filled = 0;
    std::size_t known = 0;
    for (std::size_t row = 0; row < m_looks.size(); ++row) {
        const std::string text = m_looks[row] == Look::Task ? cell(column, row) : std::string();
        if (text.empty()) continue;
        ++filled;
        known += statusOf(text).has_value();
    }
    return 2 * known > filled ? known : 0;
}

/// The column that calls itself the status if most of what it holds are status words, or else the
/// one that holds most of them.
void TableBuilder::chooseStatusColumn() {
    std::size_t most = 0;
    for (Column column : kStatusColumns) {
        const std::size_t words = statusWordsIn(column);
        if (words <= most) continue;
        most = words;
        m_status = column;
        if (column == Column::Status) break;
    }
    // It is one whatever it holds, where no other is.
    if (!m_status && has(Column::Status)) m_status = Column::Status;
    m_table.hasStatusColumn = m_status.has_value();
}

/// Only cells inside a merged range take its value. A blank document cell elsewhere stays blank: to
/// take over the document above might hang a task on the wrong one, and unseen.
base::Status TableBuilder::repeatMergedDocuments() {
    std::size_t work = 0;
    for (const MergedRange& range : m_sheet.merges()) {
        bool wanted = range.from.row > m_header.last &&
                      std::any_of(kDocumentColumns.begin(), kDocumentColumns.end(), [&](Column c) {
                          return m_header.indexOf(c) == range.from.column;
                      });
        if (!wanted) continue;
        std::string value(m_sheet.at(range.from));
        std::string clean = cleanText(value);
        std::size_t last = std::min(range.to.row + 1, m_sheet.rowCount());
        for (std::size_t row = range.from.row + 1; row < last; ++row) {
            if (++work > 8 * base::limits::kTableRowsMax) {
                return base::fail(base::Code::Malformed,
                                  "the spreadsheet's merged ranges lie over each other; refused");
            }
            Position at{row, range.from.column};
            if (m_looks[row] != Look::Task || !m_sheet.at(at).empty()) continue;
            CHECK_OK(m_sheet.put(at, value));
            m_clean[row].resize(m_sheet.row(row).size());
            m_clean[row][at.column] = clean;
        }
    }
    return {};
}

void TableBuilder::readSection(std::size_t row) {
    std::string number = cell(Column::Number, row);
    std::string title = cell(Column::Content, row);
    for (const std::string& text : m_clean[row]) {
        if (title.empty() && text != number) title = text;
    }
    std::string label = number;
    if (!isSectionNumber(label)) {
        if (title.empty()) title = number;
        label = leadingSectionNumber(title);
        if (label.empty()) label = title;
    }
    m_table.sections.push_back({m_sections.enter(label), title});
}

bool TableBuilder::refuseSecret(std::size_t row) {
    auto refuse = [&](Column column) {
        add(nullptr, column, row,
            "Dòng có dấu mật nên không nhập; tài liệu mật không được đưa vào hệ thống này",
            Kind::Secret, Level::Refused);
        ++m_table.refusedRows;
        return true;
    };
    if (namesSecret(cell(Column::Secrecy, row))) return refuse(Column::Secrecy);
    for (Column column : {Column::DocumentCode, Column::Document}) {
        if (citesSecret(cell(column, row))) return refuse(column);
    }
    for (Column column : {Column::Content, Column::Subject, Column::Remark}) {
        if (beginsSecret(cell(column, row))) return refuse(column);
    }
    return false;
}

void TableBuilder::readTask(std::size_t row) {
    if (refuseSecret(row)) return;
    ImportRow out;
    out.row = row + 1;
    out.number = cell(Column::Number, row);
    out.content = cell(Column::Content, row);
    out.section = has(Column::Section) && !cell(Column::Section, row).empty()
                      ? cell(Column::Section, row)
                      : m_sections.path();
    out.leadRaw = cell(Column::Lead, row);
    out.coordinatingRaw = cell(Column::Coordinating, row);
    out.kindRaw = cell(Column::Kind, row);
    out.description = narrative(row);
    out.cells = m_sheet.row(row);
    readDocuments(out);
    readDeadline(out);
    readStatus(out);
    readCompletion(out);
    for (Contradiction& found : contradictionsOf(out, m_status.has_value(), m_options.today)) {
        Column column =
            found.column == Column::Status ? m_status.value_or(Column::Status) : found.column;
        add(&out, column, row, std::move(found.message), found.kind);
    }
    m_table.rows.push_back(std::move(out));
}

std::string TableBuilder::narrative(std::size_t row) const {
    std::string out;
    for (const FoundColumn& found : m_header.columns) {
        bool wanted = std::find(kNarrativeColumns.begin(), kNarrativeColumns.end(), found.column) !=
                      kNarrativeColumns.end();
        std::string text =
            wanted && m_status != found.column ? cell(found.column, row) : std::string();
        if (!text.empty()) out.append(out.empty() ? "" : "\n").append(text);
    }
    return out;
}

void TableBuilder::addCodeColumns(ImportRow& out) {
    std::size_t row = out.row - 1;
    const std::string& subject = cell(Column::Subject, row);
    const std::string& code = cell(Column::DocumentCode, row);
    domain::ReadDate date = domain::parseDate(cell(Column::DocumentDate, row));
    if (date.doubt != domain::Doubt::None)
        add(&out, Column::DocumentDate, row, std::string(sentence(date.doubt)), Kind::Value);
    // In a table with one column for whole citations, subject and date belong to those.
    if (code.empty() && (subject.empty() || has(Column::Document))) return;
    auto cited = citedIn(code.empty() ? subject : code);
    if (code.empty()) {  // codes within a subject are other documents
        cited.resize(1);
        cited[0].displayCode.clear();
        cited[0].code.clear();
    }
    if (cited.size() == 1) {
        if (date.date) cited[0].date = date.date;
        cited[0].subject = subject;
        const std::string& issuer = cell(Column::Issuer, row);
        if (!issuer.empty()) cited[0].issuer = issuer;
    }
    out.documents = std::move(cited);
}

void TableBuilder::readDocuments(ImportRow& out) {
    std::size_t row = out.row - 1;
    addCodeColumns(out);
    for (const domain::DocumentRef& cited : citedIn(cell(Column::Document, row))) {
        bool known =
            std::any_of(out.documents.begin(), out.documents.end(), [&](const auto& other) {
                return domain::documentKey(other) == domain::documentKey(cited) ||
                       domain::maySameDocument(other, cited);
            });
        if (!known) out.documents.push_back(cited);
    }
    if (!has(Column::DocumentCode) && out.documents.size() == 1) {
        out.documents[0].subject = cell(Column::Subject, row);
        domain::ReadDate date = domain::parseDate(cell(Column::DocumentDate, row));
        if (date.date && !out.documents[0].date) out.documents[0].date = date.date;
    }
    checkDocuments(out);
}

void TableBuilder::checkDocuments(ImportRow& out) {
    std::size_t row = out.row - 1;
    Column column = has(Column::Document) ? Column::Document : Column::DocumentCode;
    if (out.documents.empty() && m_citesDocuments) {
        add(&out, column, row, "Ô văn bản để trống; không tự lấy văn bản của dòng trên",
            Kind::Document);
    }
    std::string codes;
    for (const domain::DocumentRef& cited : out.documents) {
        codes.append(codes.empty() ? "" : "; ").append(cited.displayCode);
        if (cited.code.empty())
            add(&out, column, row, "Không nhận ra số, ký hiệu văn bản", Kind::Document);
        if (cited.dateDoubtful)
            add(&out, column, row, "Không chắc chắn về ngày của văn bản", Kind::Value);
        if (cited.strayBlanks)
            add(&out, column, row,
                "Số, ký hiệu có khoảng trắng thừa, được hiểu là " + cited.displayCode, Kind::Note);
    }
    if (out.documents.size() > 1)
        add(&out, column, row, "Một ô dẫn nhiều văn bản: " + codes, Kind::Note);
}

void TableBuilder::readDeadline(ImportRow& out) {
    std::size_t row = out.row - 1;
    out.deadlineRaw = asWritten(raw(Column::Deadline, row));
    auto read = domain::parseDeadline(cell(Column::Deadline, row));
    out.deadline = std::move(read.deadline);
    if (read.doubt != domain::Doubt::None)
        add(&out, Column::Deadline, row, std::string(sentence(read.doubt)), Kind::Value);
    if (isFirstOfJanuary(out.deadline))
        add(&out, Column::Deadline, row,
            "Hạn " + base::toVietnamese(*out.deadline.last) +
                " thường được ghi thay cho nhiệm vụ không có hạn; vẫn được giữ là một ngày",
            Kind::Note);
}

void TableBuilder::readStatus(ImportRow& out) {
    if (!m_status) return;
    std::size_t row = out.row - 1;
    out.statusRaw = asWritten(raw(*m_status, row));
    out.status = statusOf(out.statusRaw);
    if (!out.statusRaw.empty() && !out.status)
        add(&out, *m_status, row, "Không hiểu trạng thái này", Kind::Value);
}

void TableBuilder::readCompletion(ImportRow& out) {
    std::size_t row = out.row - 1;
    out.completedRaw = asWritten(raw(Column::CompletedOn, row));
    auto read = domain::parseDate(cell(Column::CompletedOn, row));
    out.completedOn = read.date;
    if (read.doubt != domain::Doubt::None)
        add(&out, Column::CompletedOn, row, std::string(sentence(read.doubt)), Kind::Value);
}

/// Documents that may be one: the same code with and without a date, or with two dates of one year.
void TableBuilder::compareDocuments() {
    std::set<std::string> seen;
    std::map<std::string, std::vector<const domain::DocumentRef*>> byCode;
    auto column = has(Column::Document) ? Column::Document : Column::DocumentCode;
    std::vector<std::pair<ImportRow*, std::string>> doubts;
    for (ImportRow& row : m_table.rows) {
        for (const domain::DocumentRef& cited : row.documents) {
            if (!seen.insert(domain::documentKey(cited)).second) continue;
            m_table.documents.push_back(cited);
            if (cited.code.empty()) continue;
            auto& others = byCode[cited.code];
            for (const domain::DocumentRef* other : others) {
                bool sameYear = other->date && cited.date &&
                                base::civilOf(*other->date).year == base::civilOf(*cited.date).year;
                if (!sameYear && !domain::maySameDocument(*other, cited)) continue;
                doubts.push_back(
                    {&row, "Văn bản " + cited.displayCode +
                               " có ở dòng khác với ngày khác; có thể là một văn bản"});
                break;
            }
            if (others.size() < 8) others.push_back(&cited);
        }
    }
    for (auto& [row, message] : doubts)
        add(row, column, row->row - 1, std::move(message), Kind::Document);
    sortByRow(m_table.problems);
}

FoundCell longestCell(const ImportTable& table, const ImportRow& row,
                      std::span<const Column> columns) {
    std::optional<std::size_t> longest;
    std::size_t content = 0;
    auto sizeOf = [&](std::size_t index) {
        return index < row.cells.size() ? row.cells[index].size() : 0;
    };
    for (const FoundColumn& found : table.columns) {
        if (found.column == Column::Content) content = found.index;
        bool wanted = std::find(columns.begin(), columns.end(), found.column) != columns.end();
        if (wanted && (!longest || sizeOf(found.index) > sizeOf(*longest))) longest = found.index;
    }
    std::size_t index = longest.value_or(content);
    return {cellName({row.row - 1, index}),
            index < row.cells.size() ? row.cells[index] : std::string()};
}

std::span<const Column> narrativeColumns() {
    return kNarrativeColumns;
}

void sortByRow(std::vector<Problem>& problems) {
    std::stable_sort(problems.begin(), problems.end(),
                     [](const Problem& a, const Problem& b) { return rowOf(a) < rowOf(b); });
}

}  // namespace documents
