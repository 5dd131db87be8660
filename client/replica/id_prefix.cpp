#include "replica/id_prefix.h"
#include <algorithm>
#include <cctype>
#include "base/text.h"

namespace replica {

base::Result<std::string> idPrefix(std::string_view text) {
    constexpr std::size_t kDigitsMin = 4;
    std::string digits(base::trim(text));
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (digits.size() < kDigitsMin ||
        digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return base::fail(
            base::Code::InvalidInput,
            "\"" + std::string(text.substr(0, 40)) +
                "\" is not an id: copy at least the first 4 of its letters (0-9, a-f).");
    }
    return digits;
}

}  // namespace replica
