#pragma once
// References to assigning documents, as people write them, and the key under which spellings meet.
//
// A code is a number, perhaps a year, then letters for type and issuer, joined by '/' or '-' at the
// writer's whim (Decree 30/2020, annex I; party documents put the hyphen first): 45/2020/NĐ-CP,
// 05-TB/BCĐTW, 02-KH/BCĐTW = 02/KH-BCĐTW, "06 -TB/CQTTBCĐ" = 6-TB/CQTTBCĐ, 2/CT-TTG = 02/CT-TTg.

#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/time.h"

namespace domain {

struct DocumentRef {
    std::string asWritten;  // NFC, otherwise untouched
    std::string
        displayCode;       // the code as written but without stray blanks; empty if none was seen
    std::string code;      // for matching: capitals, '/' between parts, no leading zeros
    std::string typeName;  // "Thông báo"; from the words or else from the code; may be empty
    std::optional<base::Date> date;  // day of signing
    std::string subject;             // trích yếu
    std::string issuer;         // as written in a column of its own, else from the code ("BCĐTW")
    bool strayBlanks = false;   // blanks were dropped from within the code
    bool dateDoubtful = false;  // a date was written but cannot be read with certainty

    bool operator==(const DocumentRef&) const = default;
};

/// Code (issuer included) and date: equal for all spellings of one document, different for
/// different dates. A reference without a code is keyed by its folded words.
std::string documentKey(const DocumentRef& ref);

/// Same code, but one side has no date: a person must say whether they are one document.
bool maySameDocument(const DocumentRef& a, const DocumentRef& b);

/// Documents of one cell in order. ';' and line breaks separate them; ',' and "và" do so only
/// before another type of document or "số". A blank cell gives none; words without a code give one
/// reference whose codes are empty.
std::vector<DocumentRef> parseDocuments(std::string_view cell);

/// The matching form of a code alone, empty if `text` holds none.
std::string normaliseCode(std::string_view text);

}  // namespace domain
