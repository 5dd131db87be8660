#pragma once
// What bytes a text file is made of. Only Unicode is read; older Vietnamese encodings are
// recognised so that they can be refused by name instead of turning into garbage.

#include <optional>
#include <string>
#include <string_view>
#include "base/bytes.h"
#include "base/result.h"

namespace documents {

struct DecodedText {
    std::string text;  // UTF-8 without byte order mark
    /// False: no Unicode; every byte stands as its Latin-1 letter, fit only for an error.
    bool exact = true;
};

/// UTF-8 with or without a byte order mark, UTF-16 with one; Malformed for broken UTF-16.
base::Result<DecodedText> decodeText(base::ByteView bytes);

/// "TCVN3 (ABC)" or "VNI" if the text was typed for a font of that encoding, else nothing. `text`
/// is UTF-8 in which each legacy byte became its Latin-1 letter, as spreadsheets store it.
std::optional<std::string_view> legacyEncodingOf(std::string_view text);

}  // namespace documents
