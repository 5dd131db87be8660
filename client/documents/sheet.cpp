#include "documents/sheet.h"
#include <algorithm>
#include "base/text.h"

namespace documents {

namespace limits = base::limits;

using base::Code;

std::string cellName(Position at) {
    std::string letters;
    for (std::size_t rest = at.column + 1; rest > 0; rest = (rest - 1) / 26) {
        letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
    }
    return letters + std::to_string(at.row + 1);
}

base::Status Sheet::put(Position at, std::string text) {
    if (base::trim(text).empty()) return {};
    if (at.row >= base::limits::kTableRowsMax) {
        return base::fail(Code::Limit, "the table has more than " +
                                           std::to_string(base::limits::kTableRowsMax) +
                                           " rows; split it into several files");
    }
    if (at.column >= base::limits::kTableColumnsMax) {
        return base::fail(Code::Limit, "row " + std::to_string(at.row + 1) +
                                           " of the table has more than " +
                                           std::to_string(base::limits::kTableColumnsMax) +
                                           " columns; is this a task table?");
    }
    if (text.size() > base::limits::kTableCellBytesMax) {
        return base::fail(Code::Limit, "cell " + cellName(at) + " holds more than " +
                                           std::to_string(base::limits::kTableCellBytesMax) +
                                           " bytes of text; shorten it");
    }
    m_textBytes += text.size();
    if (m_textBytes > limits::kTableTextBytesMax) {
        return base::fail(Code::Limit, "the table holds more than 64 MiB of text; split it");
    }
    if (at.row >= m_rows.size()) m_rows.resize(at.row + 1);
    auto& row = m_rows[at.row];
    if (at.column >= row.size()) row.resize(at.column + 1);
    row[at.column] = std::move(text);
    return {};
}

base::Status Sheet::merge(MergedRange range) {
    if (range.to.row < range.from.row || range.to.column < range.from.column) {
        return base::fail(Code::Malformed,
                          "the table has a merged range that ends before it begins");
    }
    if (m_merges.size() >= limits::kTableMergesMax) {
        return base::fail(Code::Limit, "the table has more than " +
                                           std::to_string(limits::kTableMergesMax) +
                                           " merged ranges");
    }
    m_merges.push_back(range);
    return {};
}

std::string_view Sheet::at(Position at) const {
    if (at.row >= m_rows.size() || at.column >= m_rows[at.row].size()) return {};
    return m_rows[at.row][at.column];
}

}  // namespace documents
