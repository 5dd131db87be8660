#include "cli/output.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include "base/text.h"

namespace cli {
namespace {

bool isContinuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Characters of NFC text: Vietnamese letters are single code points there.
std::size_t widthOf(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !isContinuation(c); }));
}

std::string cut(const std::string& text, std::size_t width) {
    std::string line;
    std::size_t count = 0;
    for (char c : text) {
        if (!isContinuation(c) && ++count > width) break;
        line.push_back(c == '\n' || c == '\t' ? ' ' : c);
    }
    if (widthOf(text) <= width) return line;
    while (!line.empty() && isContinuation(line.back())) line.pop_back();
    if (!line.empty()) line.pop_back();
    return line + "…";
}

/// False, said on the other stream, if not all of it could be written.
bool write(const std::string& out) {
    bool whole = std::fwrite(out.data(), 1, out.size(), stdout) == out.size();
    whole = std::fflush(stdout) == 0 && whole;  // a watch goes on after it
    if (!whole) {
        std::fprintf(stderr,
                     "The command has run and what it wrote is saved, but its answer could not be "
                     "printed: %s.\n",
                     std::strerror(errno));
    }
    return whole;
}

}  // namespace

std::string indented(std::string text) {
    constexpr std::string_view kIndent = "    ";
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
        text.insert(at + 1, kIndent);
    return text;
}

int print(const base::Result<Answer>& answer, Format format) {
    bool asJson = format == Format::Scripts;
    if (answer) {
        std::string out =
            asJson ? answer->json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                   : answer->text;
        if (!asJson && !out.empty() && out.back() != '\n') out += '\n';
        if (!asJson) out = base::forDisplay(out) + answer->picture;
        return write(out) ? 0 : 1;
    }
    const base::Error error{answer.error().code, sentence(answer.error().message)};
    if (asJson) {
        Json document{
            {"error", {{"code", base::codeName(error.code)}, {"message", error.message}}}};
        std::string out = document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
        write(out);
    } else {
        std::fprintf(stderr, "%s\n", base::forDisplay(error.message).c_str());
    }
    return error.code == base::Code::Usage ? 2 : 1;
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
    const std::string word = count == 1 ? one : many.empty() ? one + "s" : many;
    return std::to_string(count) + " " + word;
}

TextTable::TextTable(std::vector<std::string> header) {
    m_rows.push_back(std::move(header));
}

void TextTable::add(std::vector<std::string> cells) {
    m_rows.push_back(std::move(cells));
}

std::string TextTable::text(std::size_t cellWidthMax, std::size_t lastWidthMax) const {
    std::vector<std::size_t> widths(m_rows.front().size(), 0);
    std::vector<std::vector<std::string>> rows = m_rows;
    for (auto& row : rows) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            row[i] = cut(row[i], i + 1 == widths.size() ? lastWidthMax : cellWidthMax);
            widths[i] = std::max(widths[i], widthOf(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += row[i];
            if (i + 1 < row.size()) out.append(widths[i] - widthOf(row[i]) + 2, ' ');
        }
        out += '\n';
    }
    return out;
}

}  // namespace cli
