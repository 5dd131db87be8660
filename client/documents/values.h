#pragma once
// What single cells say: cleaned text, status words, marks of secrecy, and the sentences for
// doubts.

#include <optional>
#include <string>
#include <string_view>
#include "documents/table.h"

namespace documents {

/// NFC, unbreakable blanks as blanks, no zero-width characters, trimmed, and without the one
/// leading apostrophe by which spreadsheets mark text. Text that is not UTF-8 comes back as it is.
std::string cleanText(std::string_view raw);

/// A title or status as words only: folded, without what stands in parentheses, without
/// punctuation.
std::string words(std::string_view text);

/// Nothing if the cell is no status word as a whole.
std::optional<Status> statusOf(std::string_view cell);

/// Whether a text begins with a mark: "Mật", "TỐI MẬT: …", "[Tuyệt mật] …". "Mật độ dân số" and
/// "Mặt trận" do not.
bool beginsSecret(std::string_view text);
/// The same for a document's citation, where the mark may also stand in parentheses behind the
/// code.
bool citesSecret(std::string_view citation);
/// For a column of its own: anything that names a secret is one.
bool namesSecret(std::string_view cell);

/// One Vietnamese sentence without its full stop; empty for Doubt::None.
std::string_view sentence(domain::Doubt doubt);

}  // namespace documents
