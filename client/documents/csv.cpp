#include "documents/csv.h"
#include <algorithm>
#include <map>
#include "documents/encoding.h"

namespace documents {
namespace {

using base::Code;

constexpr std::size_t kSampleBytes = 64 * 1024;  // enough records to tell the separator

/// Takes one record after another from text.
class Records {
public:
    Records(std::string_view text, char separator) : m_text(text), m_separator(separator) {}

    bool atEnd() const { return m_at >= m_text.size(); }
    bool unclosed() const { return m_unclosed; }

    /// Calls cell(column, text) for each cell of the next record; stops early if it returns false.
    template <class F>
    void next(F cell) {
        for (std::size_t column = 0;; ++column) {
            std::string value = take();
            bool more = !atEnd() && m_text[m_at] == m_separator;
            if (more) ++m_at;
            if (!cell(column, std::move(value))) return;
            if (!more) break;
        }
        if (!atEnd() && m_text[m_at] == '\r') ++m_at;
        if (!atEnd() && m_text[m_at] == '\n') ++m_at;
    }

private:
    bool endsCell(char c) const { return c == m_separator || c == '\n' || c == '\r'; }

    std::string take() {
        std::string value;
        if (!atEnd() && m_text[m_at] == '"') quoted(value);
        while (!atEnd() && !endsCell(m_text[m_at])) value += m_text[m_at++];
        return value;
    }

    void quoted(std::string& value) {
        for (++m_at; !atEnd(); ++m_at) {
            if (m_text[m_at] != '"') {
                value += m_text[m_at];
            } else if (m_at + 1 < m_text.size() && m_text[m_at + 1] == '"') {
                value += m_text[m_at++];
            } else {
                ++m_at;
                return;
            }
        }
        m_unclosed = true;
    }

    std::string_view m_text;
    char m_separator;
    std::size_t m_at = 0;
    bool m_unclosed = false;
};

/// The separator that cuts most records into the same number of cells.
char guessSeparator(std::string_view text) {
    char best = ',';
    std::size_t bestScore = 0;
    for (char separator : {',', ';', '\t'}) {
        Records records(text.substr(0, kSampleBytes), separator);
        std::map<std::size_t, std::size_t> counts;
        while (!records.atEnd()) {
            std::size_t cells = 0;
            records.next([&](std::size_t, std::string) { return ++cells > 0; });
            ++counts[cells];
        }
        for (auto [cells, records_] : counts) {
            std::size_t score = (cells - 1) * records_ * records_;
            if (score > bestScore) {
                bestScore = score;
                best = separator;
            }
        }
    }
    return best;
}

char takeSeparatorLine(std::string_view& text) {
    if (!text.starts_with("sep=") || text.size() < 6) return '\0';
    char separator = text[4];
    std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end > 6) return '\0';
    text.remove_prefix(end + 1);
    return separator;
}

base::Error notUnicode(Position at, std::string_view cell) {
    auto legacy = legacyEncodingOf(cell);
    std::string what = legacy ? "is in the old encoding " + std::string(*legacy)
                              : std::string("is not UTF-8 text");
    return {Code::InvalidInput, "cell " + cellName(at) + " " + what +
                                    "; convert the table to Unicode and save it as CSV UTF-8"};
}

bool isAscii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

base::Result<Sheet> readCsv(base::ByteView bytes) {
    TRY(DecodedText decoded, decodeText(bytes));
    std::string_view text = decoded.text;
    std::size_t firstRow = 0;
    char separator = takeSeparatorLine(text);
    if (separator != '\0')
        firstRow = 1;
    else
        separator = guessSeparator(text);

    Sheet sheet{std::string()};
    Records records(text, separator);
    for (std::size_t row = firstRow; !records.atEnd(); ++row) {
        base::Status status;
        records.next([&](std::size_t column, std::string cell) {
            Position at{row, column};
            if (!decoded.exact && !isAscii(cell)) {
                status = tl::unexpected<base::Error>(notUnicode(at, cell));
            } else {
                status = sheet.put(at, std::move(cell));
            }
            return status.has_value();
        });
        if (records.unclosed()) {
            return base::fail(Code::InvalidInput, "the quotation mark opened in row " +
                                                      std::to_string(row + 1) +
                                                      " is never closed; the file may be cut off");
        }
        CHECK_OK(std::move(status));
    }
    return sheet;
}

}  // namespace documents
