#pragma once
// What somebody may have meant who typed a word that is not known.

#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Levenshtein's distance of two words, in bytes.
std::size_t editDistance(std::string_view a, std::string_view b);

/// The known words that are near to this one, the nearest first, at most `count`; none for a word
/// of more than 40 bytes.
std::vector<std::string> nearWords(std::string_view word, const std::vector<std::string>& known,
                                   std::size_t count);

}  // namespace base
