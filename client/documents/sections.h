#pragma once
// Section numbers between the tasks: A, I, II.3, 1.a, and the path they make.

#include <string>
#include <string_view>
#include <vector>

namespace documents {

/// "I", "II.3", "1.a", "A", with or without a final point or bracket; a bare "12" numbers a task.
bool isSectionNumber(std::string_view text);

/// The section number with which a title begins ("II. Về chuyển đổi số" -> "II"), or nothing.
std::string_view leadingSectionNumber(std::string_view title);

/// Where the reading of a table stands among its sections.
class SectionPath {
public:
    /// Enters a section by its number or, for one without, by its title; returns the new path.
    const std::string& enter(std::string_view numberOrTitle);
    const std::string& path() const { return m_path; }

private:
    struct Step {
        int level;
        std::string label;
    };
    std::vector<Step> m_steps;
    std::string m_path;
};

}  // namespace documents
