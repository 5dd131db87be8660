#include "documents/sections.h"
#include <algorithm>
#include "base/text.h"

namespace documents {
namespace {

constexpr std::size_t kNumberBytesMax = 16;
constexpr std::size_t kTitleBytesMax = 120;  // of a section that has no number

std::string_view withoutEnd(std::string_view text) {
    text = base::trim(text);
    while (!text.empty() && std::string_view(".):").find(text.back()) != std::string_view::npos)
        text.remove_suffix(1);
    return text;
}

bool allOf(std::string_view text, std::string_view set) {
    return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}
bool isRoman(std::string_view text) {
    return text.size() <= 6 && allOf(text, "IVX");
}
bool isNumber(std::string_view text) {
    return text.size() <= 3 && allOf(text, "0123456789");
}
bool isCapital(std::string_view text) {
    return text.size() == 1 && text[0] >= 'A' && text[0] <= 'Z';
}
bool isSmall(std::string_view text) {
    return text.size() == 1 && text[0] >= 'a' && text[0] <= 'z';
}

/// A, I, 1, a: outer to inner. "C", "D", "L" and "M" are letters, for no list has that many
/// chapters.
int levelOf(std::string_view step) {
    if (isRoman(step)) return 1;
    if (isCapital(step)) return 0;
    return isNumber(step) ? 2 : isSmall(step) ? 3 : -1;
}

std::vector<std::string_view> stepsOf(std::string_view number) {
    std::vector<std::string_view> steps;
    while (!number.empty()) {
        std::size_t end = std::min(number.find('.'), number.size());
        steps.push_back(number.substr(0, end));
        number.remove_prefix(std::min(end + 1, number.size()));
    }
    return steps;
}

bool isStepped(std::string_view number) {
    if (number.empty() || number.size() > kNumberBytesMax) return false;
    auto steps = stepsOf(number);
    return std::all_of(steps.begin(), steps.end(), [](auto step) { return levelOf(step) >= 0; });
}

}  // namespace

bool isSectionNumber(std::string_view text) {
    std::string_view number = withoutEnd(text);
    if (!isStepped(number)) return false;
    auto steps = stepsOf(number);
    if (steps.size() == 1) return levelOf(steps[0]) <= 1;
    return levelOf(steps[0]) <= 1 || isSmall(steps.back());
}

std::string_view leadingSectionNumber(std::string_view title) {
    title = base::trim(title);
    std::size_t end = title.find_first_of(" \n");
    std::string_view first = title.substr(0, end);
    if (end == std::string_view::npos || withoutEnd(first).size() == first.size()) return {};
    return isSectionNumber(first) ? withoutEnd(first) : std::string_view();
}

const std::string& SectionPath::enter(std::string_view numberOrTitle) {
    std::string_view number = withoutEnd(numberOrTitle);
    if (!isStepped(number)) {
        std::size_t cut = std::min(number.size(), kTitleBytesMax);
        while (cut < number.size() && cut > 0 && (number[cut] & 0xC0) == 0x80) --cut;
        m_steps.assign(1, {1, std::string(number.substr(0, cut))});
        m_path = m_steps[0].label;
        return m_path;
    }
    for (std::string_view step : stepsOf(number)) {
        int level = levelOf(step);
        while (!m_steps.empty() && m_steps.back().level >= level) m_steps.pop_back();
        m_steps.push_back({level, std::string(step)});
    }
    m_path.clear();
    for (const Step& step : m_steps) m_path += (m_path.empty() ? "" : ".") + step.label;
    return m_path;
}

}  // namespace documents
