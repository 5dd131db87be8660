#pragma once
// Vietnamese text at the edges: valid UTF-8, one normal form, and comparison without diacritics.

#include <string>
#include <string_view>
#include "base/result.h"

namespace base {

bool isUtf8(std::string_view text);
/// NFC without control characters (but newline and tab) and direction marks; Malformed if it is not
/// UTF-8.
Result<std::string> toNfc(std::string_view text);
/// Somebody else's text, safe to be shown: what steers a terminal or turns the direction of text
/// stands as U+FFFD, and so does what is not UTF-8. Line ends and tabs stay.
std::string forDisplay(std::string_view text);
/// Lower case without diacritics, đ as d, runs of white space as one blank: for search and for
/// tolerant comparison.
std::string foldForSearch(std::string_view text);
std::string_view trim(std::string_view text);
/// A message as it is shown: it begins with a capital and ends with a full stop, wherever in the
/// program it was made.
std::string sentence(std::string text);

}  // namespace base
