#include "replica/unit_named.h"
#include "base/near_words.h"
#include "base/text.h"

namespace replica {
namespace {

/// "X001, X010 or X011".
std::string listed(const std::vector<std::string>& codes) {
    std::string out;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (i > 0) out += i + 1 == codes.size() ? " or " : ", ";
        out += codes[i];
    }
    return out;
}

}  // namespace

base::Result<const domain::Unit*> unitNamed(const domain::Directory& directory,
                                            std::string_view code) {
    code = base::trim(code);
    if (const domain::Unit* exact = directory.unit(code)) return exact;
    const std::string folded = base::foldForSearch(code);
    std::vector<std::string> same;
    std::vector<std::string> known;
    std::map<std::string, std::string> codeOf;  // as it is written, by its folded form
    for (const auto& [name, unit] : directory.units()) {
        known.push_back(base::foldForSearch(name));
        codeOf[known.back()] = name;
        if (known.back() == folded) same.push_back(name);
    }
    if (same.size() == 1) return directory.unit(same.front());
    constexpr std::size_t kSuggestions = 5;
    std::vector<std::string> near = same;
    if (same.empty()) {
        for (const std::string& one : base::nearWords(folded, known, kSuggestions))
            near.push_back(codeOf[one]);
    }
    std::string said = "There is no unit with the code \"" + std::string(code.substr(0, 80)) + "\"";
    if (near.empty()) return base::fail(base::Code::UnknownUnit, said + ".");
    return base::fail(base::Code::UnknownUnit, said + "; did you mean " + listed(near) + "?");
}

}  // namespace replica
