#include "base/near_words.h"
#include <algorithm>
#include <numeric>
#include <utility>

namespace base {

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
            corner = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row[b.size()];
}

std::vector<std::string> nearWords(std::string_view word, const std::vector<std::string>& known,
                                   std::size_t count) {
    constexpr std::size_t kWordBytesMax = 40;
    if (word.size() > kWordBytesMax) return {};
    const std::size_t farthest = std::max<std::size_t>(2, word.size() / 3);
    std::vector<std::pair<std::size_t, std::string>> found;
    for (const std::string& candidate : known) {
        std::size_t far = editDistance(word, candidate);
        if (far <= farthest && far < candidate.size()) found.emplace_back(far, candidate);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> out;
    for (auto& [far, candidate] : found) {
        if (out.size() < count) out.push_back(std::move(candidate));
    }
    return out;
}

}  // namespace base
