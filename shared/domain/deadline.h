#pragma once
// What a cell says about time: every spelling of a deadline or a day that the offices' tables hold.
//
// Rule in force, stated once: "trước ngày X" and "chậm nhất X" count as by the end of X; a month or
// a quarter counts as by the end of its last day. Days stand before months, always. Nothing is
// guessed: what cannot be read with certainty keeps its text and carries a Doubt.

#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/time.h"

namespace domain {

struct Deadline {
    enum class Kind {
        None,         // a blank cell
        Date,         // one day
        Month,        // any day of a month
        Quarter,      // any day of a quarter
        ByReference,  // "theo Kế hoạch số 12/KH-UBND"
        Text,         // "thường xuyên", "theo tiến độ", and whatever cannot be read
    };
    Kind kind = Kind::None;
    /// The last day on which the work is in time; nothing for None, ByReference and Text.
    std::optional<base::Date> last;
    /// The reference or the text as written; empty for the other kinds.
    std::string text;

    bool operator==(const Deadline&) const = default;
};

/// Why a value was not read with certainty.
enum class Doubt {
    None,
    ImpossibleDate,  // 31/02/2025
    TwoDigitYear,    // 31/08/25, read as 2025
    NoYear,          // 30/9, tháng 9
    YearOnly,        // 2025
    SeveralDates,    // 15/6/2025 và 15/12/2025
    DateInText,      // a date among other words
    NumberOutside,   // a plain number that is no day of 1950-2100
    NotADate,        // a date cell without a date
};

struct ReadDeadline {
    Deadline deadline;
    Doubt doubt = Doubt::None;
};

/// Never fails: unknown text becomes Kind::Text.
ReadDeadline parseDeadline(std::string_view raw);

struct ReadDate {
    std::optional<base::Date> date;  // nothing for a blank cell and for what cannot be read
    Doubt doubt = Doubt::None;
};

/// For cells that hold a day (dates of documents, days of completion), with the same tolerance.
ReadDate parseDate(std::string_view raw);

/// "thường xuyên", "hằng quý", "định kỳ": work without one end.
bool isStanding(const Deadline& deadline);
bool saysStanding(std::string_view text);

/// The day of an Excel serial in the 1900 system, where 60 is the 29 February 1900 that never was
/// (ECMA-376 part 1, 18.17.4.1); nothing outside 1900-2199.
std::optional<base::Date> dateOfSerial(long serial);

/// A day named in running text, complete with its year.
struct DateMention {
    std::optional<base::Date> date;  // nothing if there is no such day
    std::size_t begin = 0;           // bytes of the folded text, see base::foldForSearch
    std::size_t end = 0;
    bool twoDigitYear = false;
};
/// `folded` must come from base::foldForSearch; at most 64 mentions.
std::vector<DateMention> findDates(std::string_view folded);

/// The days that a text calls a deadline ("trước ngày 30/9/2025", "chậm nhất 30 tháng 11 năm
/// 2019"), each once, in order of appearance.
std::vector<base::Date> deadlinesInText(std::string_view text);

}  // namespace domain
