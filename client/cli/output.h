#pragma once
// What a verb says: one JSON document, or text for people. Exit 0 done, 1 failed or refused, 2
// usage.

#include <nlohmann/json.hpp>
#include <string>
#include "base/result.h"
#include "base/text.h"

namespace cli {

using Json = nlohmann::ordered_json;

/// The answer of a verb: `json` for scripts, `text` for people.
struct Answer {
    Json json = Json::object();
    std::string text;
    /// What this program has drawn, behind the text: it goes to the terminal as it is.
    std::string picture{};
};

enum class Format { People, Scripts };

/// Prints and returns the exit code.
int print(const base::Result<Answer>& answer, Format format);

using base::sentence;

/// A text of several lines below a label: whoever wrote it cannot begin a line of the answer.
std::string indented(std::string text);

/// "1 entry", "2 entries": the plural is given where it is not the word with an s.
std::string counted(std::uint64_t count, const std::string& one, const std::string& many = {});

/// A text table: columns padded by what is seen, not by bytes; long cells cut.
class TextTable {
public:
    explicit TextTable(std::vector<std::string> header);
    void add(std::vector<std::string> cells);
    static constexpr std::size_t kUncut = 2000;  // characters: a sentence is never cut
    /// Cells wider than this are cut with …; those of the last column only if wider than
    /// `lastWidthMax`.
    std::string text(std::size_t cellWidthMax = 24, std::size_t lastWidthMax = 44) const;

private:
    std::vector<std::vector<std::string>> m_rows;
};

}  // namespace cli
