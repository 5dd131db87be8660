#include "documents/columns.h"
#include <algorithm>
#include <array>
#include "base/limits.h"
#include "documents/values.h"

namespace documents {

namespace limits = base::limits;

namespace {

struct Synonym {
    Column column;
    std::string_view words;  // as documents::words() gives them
};

// Compared whole first; then a title may go on after one of at least two words ("Thời hạn hoàn
// thành theo kế hoạch").
constexpr std::array kSynonyms{
    Synonym{Column::Number, "stt"},
    Synonym{Column::Number, "tt"},
    Synonym{Column::Number, "so tt"},
    Synonym{Column::Number, "so thu tu"},
    Synonym{Column::Number, "no"},
    Synonym{Column::Section, "muc"},
    Synonym{Column::Section, "phan"},
    Synonym{Column::Section, "section"},
    Synonym{Column::DocumentCode, "so ky hieu"},
    Synonym{Column::DocumentCode, "so va ky hieu"},
    Synonym{Column::DocumentCode, "so ky hieu van ban"},
    Synonym{Column::DocumentCode, "so van ban"},
    Synonym{Column::DocumentCode, "so hieu"},
    Synonym{Column::DocumentCode, "so hieu van ban"},
    Synonym{Column::DocumentCode, "ky hieu"},
    Synonym{Column::DocumentCode, "document code"},
    Synonym{Column::DocumentCode, "document number"},
    Synonym{Column::DocumentDate, "ngay van ban"},
    Synonym{Column::DocumentDate, "ngay ban hanh"},
    Synonym{Column::DocumentDate, "ngay ky"},
    Synonym{Column::DocumentDate, "ngay thang van ban"},
    Synonym{Column::DocumentDate, "ngay thang nam van ban"},
    Synonym{Column::DocumentDate, "ngay thang nam"},
    Synonym{Column::DocumentDate, "document date"},
    Synonym{Column::Subject, "trich yeu"},
    Synonym{Column::Subject, "trich yeu noi dung"},
    Synonym{Column::Subject, "trich yeu van ban"},
    Synonym{Column::Subject, "ten van ban"},
    Synonym{Column::Subject, "subject"},
    Synonym{Column::Issuer, "co quan ban hanh"},
    Synonym{Column::Issuer, "noi ban hanh"},
    Synonym{Column::Issuer, "don vi ban hanh"},
    Synonym{Column::Issuer, "issuer"},
    Synonym{Column::Document, "van ban giao nhiem vu"},
    Synonym{Column::Document, "van ban giao"},
    Synonym{Column::Document, "van ban chi dao"},
    Synonym{Column::Document, "van ban"},
    Synonym{Column::Document, "can cu"},
    Synonym{Column::Document, "document"},
    Synonym{Column::Document, "assigning document"},
    Synonym{Column::Content, "noi dung theo doi"},
    Synonym{Column::Content, "noi dung nhiem vu"},
    Synonym{Column::Content, "noi dung cong viec"},
    Synonym{Column::Content, "noi dung thuc hien"},
    Synonym{Column::Content, "noi dung"},
    Synonym{Column::Content, "ten nhiem vu"},
    Synonym{Column::Content, "ten cong viec"},
    Synonym{Column::Content, "nhiem vu"},
    Synonym{Column::Content, "nhiem vu duoc giao"},
    Synonym{Column::Content, "nhiem vu giai phap"},
    Synonym{Column::Content, "cong viec"},
    Synonym{Column::Content, "task"},
    Synonym{Column::Content, "content"},
    Synonym{Column::Status, "trang thai"},
    Synonym{Column::Status, "trang thai thuc hien"},
    Synonym{Column::Status, "tinh trang"},
    Synonym{Column::Status, "status"},
    Synonym{Column::Situation, "tinh hinh thuc hien"},
    Synonym{Column::Situation, "tien do thuc hien"},
    Synonym{Column::Situation, "tien do"},
    Synonym{Column::Situation, "progress"},
    Synonym{Column::Result, "ket qua"},
    Synonym{Column::Result, "ket qua thuc hien"},
    Synonym{Column::Result, "result"},
    Synonym{Column::StatusNote, "dien giai trang thai"},
    Synonym{Column::StatusNote, "dien giai"},
    Synonym{Column::Description, "mo ta"},
    Synonym{Column::Description, "mo ta ket qua"},
    Synonym{Column::Description, "description"},
    Synonym{Column::Deadline, "thoi han"},
    Synonym{Column::Deadline, "thoi han hoan thanh"},
    Synonym{Column::Deadline, "thoi han xu ly"},
    Synonym{Column::Deadline, "thoi han thuc hien"},
    Synonym{Column::Deadline, "thoi gian hoan thanh"},
    Synonym{Column::Deadline, "thoi gian thuc hien"},
    Synonym{Column::Deadline, "han xu ly"},
    Synonym{Column::Deadline, "han hoan thanh"},
    Synonym{Column::Deadline, "han thuc hien"},
    Synonym{Column::Deadline, "han"},
    Synonym{Column::Deadline, "deadline"},
    Synonym{Column::Deadline, "due date"},
    Synonym{Column::CompletedOn, "ngay hoan thanh"},
    Synonym{Column::CompletedOn, "ngay hoan thanh thuc te"},
    Synonym{Column::CompletedOn, "thoi gian hoan thanh thuc te"},
    Synonym{Column::CompletedOn, "completed on"},
    Synonym{Column::CompletedOn, "completion date"},
    Synonym{Column::Lead, "don vi chu tri"},
    Synonym{Column::Lead, "co quan chu tri"},
    Synonym{Column::Lead, "chu tri"},
    Synonym{Column::Lead, "don vi thuc hien"},
    Synonym{Column::Lead, "co quan thuc hien"},
    Synonym{Column::Lead, "lead unit"},
    Synonym{Column::Lead, "lead"},
    Synonym{Column::Coordinating, "don vi phoi hop"},
    Synonym{Column::Coordinating, "co quan phoi hop"},
    Synonym{Column::Coordinating, "phoi hop"},
    Synonym{Column::Coordinating, "coordinating units"},
    Synonym{Column::Coordinating, "coordinating"},
    Synonym{Column::Kind, "loai"},
    Synonym{Column::Kind, "loai nhiem vu"},
    Synonym{Column::Kind, "kind"},
    Synonym{Column::Secrecy, "do mat"},
    Synonym{Column::Secrecy, "muc do mat"},
    Synonym{Column::Secrecy, "secrecy"},
    Synonym{Column::Remark, "ghi chu"},
    Synonym{Column::Remark, "remark"},
    Synonym{Column::Remark, "notes"},
};

constexpr std::size_t kTitleBytesMax = 200;
constexpr std::size_t kTitleRowsMax = 3;

enum class Match { No, Begins, Whole };

struct Recognised {
    Match match = Match::No;
    Column column = Column::Number;
};

Recognised recognise(std::string_view title) {
    if (title.empty() || title.size() > kTitleBytesMax) return {};
    std::string plain = words(title);
    Recognised best;
    std::size_t length = 0;
    for (const Synonym& synonym : kSynonyms) {
        if (plain == synonym.words) return {Match::Whole, synonym.column};
        bool begins = plain.starts_with(synonym.words) && plain[synonym.words.size()] == ' ' &&
                      synonym.words.find(' ') != std::string_view::npos;
        if (begins && synonym.words.size() > length && plain.size() <= 60) {
            best = {Match::Begins, synonym.column};
            length = synonym.words.size();
        }
    }
    return best;
}

/// Merged ranges that begin where a header may stand; a header has few.
std::vector<MergedRange> topMerges(const Sheet& sheet) {
    constexpr std::size_t kTopMergesMax = 1000;
    std::vector<MergedRange> top;
    for (const MergedRange& range : sheet.merges()) {
        if (range.from.row < limits::kTableHeaderRowsMax && top.size() < kTopMergesMax)
            top.push_back(range);
    }
    return top;
}

bool contains(const MergedRange& range, Position at) {
    return range.from.row <= at.row && at.row <= range.to.row && range.from.column <= at.column &&
           at.column <= range.to.column;
}

/// Titles stand in two or three rows where a title of the first one is merged downwards.
std::size_t lastTitleRow(const std::vector<MergedRange>& merges, std::size_t row) {
    std::size_t last = row;
    for (const MergedRange& range : merges) {
        if (range.from.row == row && range.to.row < row + kTitleRowsMax)
            last = std::max(last, range.to.row);
    }
    return last;
}

class HeaderFinder {
public:
    explicit HeaderFinder(const Sheet& sheet) : m_sheet(sheet), m_merges(topMerges(sheet)) {}

    std::optional<Header> find() const {
        std::optional<Header> best;
        std::size_t rows = std::min(m_sheet.rowCount(), limits::kTableHeaderRowsMax);
        for (std::size_t row = 0; row < rows; ++row) {
            auto header = at(row);
            if (header && (!best || header->columns.size() > best->columns.size())) best = header;
        }
        return best;
    }

private:
    std::optional<Header> at(std::size_t row) const {
        Header header{row, lastTitleRow(m_merges, row), {}};
        std::size_t width = 0;
        for (std::size_t r = row; r <= header.last && r < m_sheet.rowCount(); ++r)
            width = std::max(width, m_sheet.row(r).size());
        std::size_t whole = 0;
        for (Match wanted : {Match::Whole, Match::Begins}) {
            for (std::size_t column = 0; column < width; ++column) {
                add(header, column, wanted);
            }
            if (wanted == Match::Whole) whole = header.columns.size();
        }
        // A single title must be a title as a whole: "Nội dung cuộc họp ngày…" is no header.
        if (!header.indexOf(Column::Content) || (header.columns.size() < 2 && whole == 0))
            return {};
        std::sort(header.columns.begin(), header.columns.end(),
                  [](const FoundColumn& a, const FoundColumn& b) { return a.index < b.index; });
        return header;
    }

    /// The lowest title of a column that is known; the first column of a kind wins.
    void add(Header& header, std::size_t column, Match wanted) const {
        for (const FoundColumn& found : header.columns) {
            if (found.index == column) return;
        }
        for (std::size_t row = header.last + 1; row-- > header.first;) {
            std::string title = cleanText(titleAt({row, column}));
            Recognised known = recognise(title);
            if (known.match != wanted || header.indexOf(known.column)) continue;
            header.columns.push_back({known.column, column, title});
            return;
        }
    }

    std::string_view titleAt(Position at) const {
        std::string_view own = m_sheet.at(at);
        if (!own.empty()) return own;
        for (const MergedRange& range : m_merges) {
            if (range.from.row != range.to.row && contains(range, at))
                return m_sheet.at(range.from);
        }
        return {};
    }

    const Sheet& m_sheet;
    std::vector<MergedRange> m_merges;
};

}  // namespace

std::optional<std::size_t> Header::indexOf(Column column) const {
    for (const FoundColumn& found : columns) {
        if (found.column == column) return found.index;
    }
    return {};
}

std::optional<Header> findHeader(const Sheet& sheet) {
    return HeaderFinder(sheet).find();
}

std::string contentTitles() {
    return "“Nội dung theo dõi”, “Tên nhiệm vụ”, “Nội dung nhiệm vụ”, “Nhiệm vụ”, “Nội dung”, "
           "“Công "
           "việc”, “Task” or “Content”";
}

}  // namespace documents
