#pragma once
// A sheet as read: a grid of raw texts with its merged ranges, filled under limits.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>
#include "base/limits.h"
#include "base/result.h"

namespace documents {

struct Position {
    std::size_t row = 0;  // 0-based
    std::size_t column = 0;
};

/// "E12" for {11, 4}.
std::string cellName(Position at);

/// Both corners belong to the range.
struct MergedRange {
    Position from;
    Position to;
};

class Sheet {
public:
    explicit Sheet(std::string name) : m_name(std::move(name)) {}

    /// Keeps `text`; blank cells take no room. Limit: too far out, too long, or too much in all.
    base::Status put(Position at, std::string text);
    base::Status merge(MergedRange range);

    const std::string& name() const { return m_name; }
    std::size_t rowCount() const { return m_rows.size(); }
    /// Cells up to the last one that is not blank.
    const std::vector<std::string>& row(std::size_t row) const { return m_rows[row]; }
    std::string_view at(Position at) const;
    const std::vector<MergedRange>& merges() const { return m_merges; }

private:
    std::string m_name;
    std::vector<std::vector<std::string>> m_rows;
    std::vector<MergedRange> m_merges;
    std::size_t m_textBytes = 0;
};

}  // namespace documents
