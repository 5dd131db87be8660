#include "domain/deadline.h"
#include <algorithm>
#include <array>
#include <charconv>
#include "base/text.h"
#include "domain/document_code.h"

namespace domain {
namespace {

using base::Civil;
using base::Date;
using Kind = Deadline::Kind;

constexpr std::size_t kMentionsMax = 64;
constexpr long kSerialFirst = 18'264;  // 1950-01-01
constexpr long kSerialLast = 73'415;   // 2100-12-31

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
bool isAlnum(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
}

/// Reads folded text from the left; every take… moves on only if it succeeds.
class Scan {
public:
    explicit Scan(std::string_view text, std::size_t at = 0) : m_text(text), m_at(at) {}

    std::size_t at() const { return m_at; }
    char peek(std::size_t ahead = 0) const {
        return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0';
    }
    bool atEnd() const { return m_at >= m_text.size(); }
    std::string_view rest() const { return m_text.substr(std::min(m_at, m_text.size())); }
    void blanks() {
        while (peek() == ' ') ++m_at;
    }

    bool take(char c) {
        if (atEnd() || peek() != c) return false;
        ++m_at;
        return true;
    }
    /// One of `set` with at most blanks around it.
    char takeOneOf(std::string_view set) {
        Scan ahead = *this;
        ahead.blanks();
        char c = ahead.peek();
        if (ahead.atEnd() || set.find(c) == std::string_view::npos) return '\0';
        ++ahead.m_at;
        ahead.blanks();
        *this = ahead;
        return c;
    }
    /// A whole word with the blanks around it.
    bool takeWord(std::string_view word) {
        Scan ahead = *this;
        ahead.blanks();
        if (!ahead.rest().starts_with(word)) return false;
        ahead.m_at += word.size();
        if (isAlnum(ahead.peek())) return false;
        ahead.blanks();
        *this = ahead;
        return true;
    }
    /// A number of at most `digitsMax` digits; returns how many there were.
    std::size_t takeNumber(std::size_t digitsMax, int& out) {
        std::size_t size = 0;
        while (isDigit(peek(size))) ++size;
        if (size == 0 || size > digitsMax) return 0;
        std::from_chars(m_text.data() + m_at, m_text.data() + m_at + size, out);
        m_at += size;
        return size;
    }

private:
    std::string_view m_text;
    std::size_t m_at;
};

/// "/QH14" after digits makes them a document's code.
bool endsAsDate(const Scan& scan) {
    char next = scan.peek();
    if (isDigit(next)) return false;
    return !(next == '/' || next == '-') || !isAlnum(scan.peek(1));
}

std::optional<DateMention> mention(Civil civil, std::size_t yearDigits, std::size_t begin,
                                   const Scan& scan) {
    if (!endsAsDate(scan)) return {};
    DateMention found;
    found.begin = begin;
    found.end = scan.at();
    if (yearDigits == 2) {
        civil.year += 2000;
        found.twoDigitYear = true;
    }
    if (yearDigits == 2 || yearDigits == 4) found.date = base::dateOf(civil);
    return found;
}

std::optional<DateMention> yearFirst(std::string_view text, std::size_t begin) {
    Scan scan(text, begin);
    Civil civil{};
    if (scan.takeNumber(4, civil.year) != 4) return {};
    char separator = scan.peek();
    if ((separator != '-' && separator != '/') || !scan.take(separator)) return {};
    if (!scan.takeNumber(2, civil.month) || !scan.take(separator)) return {};
    if (!scan.takeNumber(2, civil.day)) return {};
    return mention(civil, 4, begin, scan);
}

std::optional<DateMention> dayFirst(std::string_view text, std::size_t begin) {
    Scan scan(text, begin);
    Civil civil{};
    if (!scan.takeNumber(2, civil.day)) return {};
    char separator = scan.takeOneOf("/-.");
    std::size_t yearDigits = 0;
    if (separator != '\0') {
        if (!scan.takeNumber(2, civil.month)) return {};
        if (scan.takeOneOf(std::string_view(&separator, 1)) == '\0') return {};
        yearDigits = scan.takeNumber(4, civil.year);
        if (separator == '.' && yearDigits != 4) return {};  // 1.2.10 numbers a paragraph
    } else {
        if (!scan.takeWord("thang") || !scan.takeNumber(2, civil.month)) return {};
        if (!scan.takeWord("nam") && scan.takeOneOf("/-,") == '\0') return {};
        yearDigits = scan.takeNumber(4, civil.year);
    }
    if (yearDigits == 0) return {};
    return mention(civil, yearDigits, begin, scan);
}

std::optional<DateMention> dateAt(std::string_view text, std::size_t begin) {
    auto found = yearFirst(text, begin);
    return found ? found : dayFirst(text, begin);
}

/// Nothing left but a time of day, as in "2025-06-15 00:00:00".
bool isTimeOrNothing(std::string_view rest) {
    if (rest.starts_with('t')) rest.remove_prefix(1);
    return rest.find_first_not_of(" 0123456789:.z+") == std::string_view::npos &&
           (base::trim(rest).empty() || rest.find(':') != std::string_view::npos);
}

std::string plain(std::string_view raw) {
    raw = base::trim(raw);
    if (raw.starts_with('\'')) raw.remove_prefix(1);
    std::string folded = base::foldForSearch(raw);
    while (!folded.empty() &&
           std::string_view(".,; ").find(folded.back()) != std::string_view::npos)
        folded.pop_back();
    return folded;
}

bool isBlankMark(std::string_view folded) {
    return folded.empty() || folded == "-" || folded == "--" || folded == "/" || folded == "\u2013";
}

std::optional<long> wholeNumber(std::string_view folded) {
    long value = 0;
    auto [at, error] = std::from_chars(folded.data(), folded.data() + folded.size(), value);
    if (error != std::errc{} || at == folded.data()) return {};
    std::string_view fraction(at, static_cast<std::size_t>(folded.data() + folded.size() - at));
    if (fraction.empty()) return value;
    bool decimal = fraction[0] == '.' && fraction.size() > 1 &&
                   std::all_of(fraction.begin() + 1, fraction.end(), isDigit);
    return decimal ? std::optional(value) : std::nullopt;
}

bool isTimeOfDay(std::string_view word) {
    if (word.empty() || !isDigit(word[0])) return false;
    auto letter = word.find_first_not_of("0123456789");
    return letter != std::string_view::npos && letter <= 2 &&
           (word[letter] == 'h' || word[letter] == 'g' || word[letter] == ':') &&
           word.find_first_not_of("0123456789", letter + 1) == std::string_view::npos;
}

/// Words that may stand before a deadline without changing it.
bool isFillWord(std::string_view word) {
    constexpr std::array kWords{"hoan", "thanh", "xong", "truoc", "cham",  "nhat", "muon",
                                "la",   "vao",   "den",  "het",   "trong", "ngay", "han",
                                "cuoi", "thoi",  "chot", "gio",   "luc"};
    if (word.ends_with(':')) word.remove_suffix(1);
    return word.empty() || isTimeOfDay(word) ||
           std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

std::string_view withoutFillWords(std::string_view folded) {
    for (;;) {
        std::size_t end = folded.find(' ');
        if (end == std::string_view::npos || !isFillWord(folded.substr(0, end))) return folded;
        folded = base::trim(folded.substr(end));
    }
}

Deadline lastOfMonth(Kind kind, int year, int month) {
    return {kind, base::dateOf({year, month, base::daysInMonth(year, month)}), {}};
}

/// "tháng 9/2025", "9/2025", "tháng 9 năm 2025"
std::optional<Deadline> wholeMonth(std::string_view folded) {
    Scan scan(folded);
    int month = 0;
    int year = 0;
    bool named = scan.takeWord("thang");
    if (!scan.takeNumber(2, month) || month < 1 || month > 12) return {};
    bool joined = scan.takeOneOf("/-.") != '\0' || (named && scan.takeWord("nam"));
    if (!joined || scan.takeNumber(4, year) != 4 || !scan.atEnd()) return {};
    if (year < 1900 || year > 2199) return {};
    return lastOfMonth(Kind::Month, year, month);
}

int takeQuarter(Scan& scan) {
    if (!scan.takeWord("quy") && !scan.take('q')) return 0;
    scan.take('.');
    scan.blanks();
    constexpr std::array<std::string_view, 4> kRoman{"i", "ii", "iii", "iv"};
    for (std::size_t i = kRoman.size(); i-- > 0;) {
        if (scan.takeWord(kRoman[i])) return static_cast<int>(i) + 1;
    }
    int quarter = 0;
    return scan.takeNumber(1, quarter) && quarter >= 1 && quarter <= 4 ? quarter : 0;
}

/// "quý III/2025", "quý 3 năm 2025"
std::optional<Deadline> wholeQuarter(std::string_view folded) {
    Scan scan(folded);
    int year = 0;
    int quarter = takeQuarter(scan);
    if (quarter == 0) return {};
    if (!scan.takeWord("nam")) scan.takeOneOf("/-.,");
    scan.blanks();
    if (scan.takeNumber(4, year) != 4 || !scan.atEnd() || year < 1900 || year > 2199) return {};
    return lastOfMonth(Kind::Quarter, year, quarter * 3);
}

bool isYearOnly(std::string_view folded) {
    Scan scan(folded);
    int year = 0;
    scan.takeWord("nam");
    return scan.takeNumber(4, year) == 4 && scan.atEnd() && year >= 1900 && year <= 2199;
}

/// "30/9", "30 tháng 9", "tháng 9", "quý III"
bool lacksYear(std::string_view folded) {
    Scan scan(folded);
    int number = 0;
    if (takeQuarter(scan) != 0) return scan.atEnd();
    if (scan.takeWord("thang")) return scan.takeNumber(2, number) && scan.atEnd();
    if (!scan.takeNumber(2, number)) return false;
    bool joined = scan.takeOneOf("/-") != '\0' || scan.takeWord("thang");
    return joined && scan.takeNumber(2, number) && scan.atEnd();
}

bool isReference(std::string_view folded, std::string_view raw) {
    constexpr std::array<std::string_view, 4> kStarts{"theo ", "thuc hien theo ", "can cu ",
                                                      "nhu "};
    bool starts = std::any_of(kStarts.begin(), kStarts.end(),
                              [&](std::string_view word) { return folded.starts_with(word); });
    if (!starts) return false;
    auto documents = parseDocuments(raw);
    return !documents.empty() && (!documents[0].code.empty() || !documents[0].typeName.empty());
}

ReadDeadline asText(std::string_view raw, Doubt doubt, Kind kind = Kind::Text) {
    auto text = base::toNfc(base::trim(raw));
    return {{kind, {}, text ? *text : std::string(base::trim(raw))}, doubt};
}

ReadDeadline fromNumber(long number, std::string_view raw) {
    if (number >= kSerialFirst && number <= kSerialLast) {
        return {{Kind::Date, dateOfSerial(number), {}}, Doubt::None};
    }
    return asText(raw, Doubt::NumberOutside);
}

/// Dates among other words: only one that the words call a deadline is taken, and with a doubt.
ReadDeadline fromText(std::string_view folded, std::string_view raw) {
    auto mentions = findDates(folded);
    if (mentions.empty()) return asText(raw, lacksYear(folded) ? Doubt::NoYear : Doubt::None);
    if (mentions.size() > 1) return asText(raw, Doubt::SeveralDates);
    if (!mentions[0].date) return asText(raw, Doubt::ImpossibleDate);
    auto called = deadlinesInText(folded);
    if (called.empty()) return asText(raw, Doubt::DateInText);
    return {{Kind::Date, called[0], {}}, Doubt::DateInText};
}

/// Whether the words before `end` lead up to a deadline: "trước ngày", "chậm nhất là ngày".
bool leadsToDeadline(std::string_view folded, std::size_t end) {
    for (std::string_view before = base::trim(folded.substr(0, end)); !before.empty();) {
        std::size_t start = before.rfind(' ');
        start = start == std::string_view::npos ? 0 : start + 1;
        std::string_view word = before.substr(start);
        std::string_view earlier = base::trim(before.substr(0, start));
        if (word.ends_with("truoc") && word.size() <= 6) return true;
        if (word == "nhat") return earlier.ends_with("cham") || earlier.ends_with("muon");
        if (!isFillWord(word)) return false;
        before = earlier;
    }
    return false;
}

}  // namespace

ReadDeadline parseDeadline(std::string_view raw) {
    std::string folded = plain(raw);
    if (isBlankMark(folded)) return {};
    std::string_view rest = withoutFillWords(folded);
    if (auto found = dateAt(rest, 0); found && isTimeOrNothing(rest.substr(found->end))) {
        if (!found->date) return asText(raw, Doubt::ImpossibleDate);
        return {{Kind::Date, found->date, {}},
                found->twoDigitYear ? Doubt::TwoDigitYear : Doubt::None};
    }
    if (auto month = wholeMonth(rest)) return {*month, Doubt::None};
    if (auto quarter = wholeQuarter(rest)) return {*quarter, Doubt::None};
    if (isYearOnly(rest)) return asText(raw, Doubt::YearOnly);
    if (auto number = wholeNumber(rest)) return fromNumber(*number, raw);
    if (lacksYear(rest)) return asText(raw, Doubt::NoYear);
    if (isReference(folded, raw)) return asText(raw, Doubt::None, Kind::ByReference);
    return fromText(folded, raw);
}

ReadDate parseDate(std::string_view raw) {
    ReadDeadline read = parseDeadline(raw);
    switch (read.deadline.kind) {
        case Kind::None:
            return {};
        case Kind::Date:
            return {read.deadline.last, read.doubt};
        case Kind::Text:
            return {{}, read.doubt == Doubt::None ? Doubt::NotADate : read.doubt};
        default:
            return {{}, Doubt::NotADate};
    }
}

bool saysStanding(std::string_view text) {
    constexpr std::array<std::string_view, 13> kPhrases{
        "thuong xuyen", "lien tuc", "dinh ky",  "hang ngay",      "hang tuan",
        "hang thang",   "hang quy", "hang nam", "khong thoi han", "khong xac dinh thoi han",
        "moi thang",    "moi quy",  "moi nam"};
    std::string folded = base::foldForSearch(text);
    return std::any_of(kPhrases.begin(), kPhrases.end(), [&](std::string_view phrase) {
        std::size_t at = folded.find(phrase);
        if (at == std::string::npos) return false;
        std::size_t end = at + phrase.size();
        return (at == 0 || !isAlnum(folded[at - 1])) &&
               (end == folded.size() || !isAlnum(folded[end]));
    });
}

bool isStanding(const Deadline& deadline) {
    return deadline.kind == Kind::Text && saysStanding(deadline.text);
}

std::optional<Date> dateOfSerial(long serial) {
    constexpr long kEpoch = 25'569;  // 1970-01-01
    constexpr long kLast = 109'574;  // 2199-12-31
    if (serial < 1 || serial == 60 || serial > kLast) return {};
    return Date{static_cast<std::int32_t>(serial - kEpoch + (serial < 60 ? 1 : 0))};
}

std::vector<DateMention> findDates(std::string_view folded) {
    std::vector<DateMention> found;
    for (std::size_t at = 0; at < folded.size() && found.size() < kMentionsMax;) {
        char before = at == 0 ? ' ' : folded[at - 1];
        bool starts = isDigit(folded[at]) && !isAlnum(before) && before != '/';
        auto date = starts ? dateAt(folded, at) : std::nullopt;
        at = date ? date->end : at + 1;
        if (date) found.push_back(*date);
    }
    return found;
}

std::vector<Date> deadlinesInText(std::string_view text) {
    std::string folded = base::foldForSearch(text);
    std::vector<Date> found;
    for (const DateMention& date : findDates(folded)) {
        if (!date.date || !leadsToDeadline(folded, date.begin)) continue;
        if (std::find(found.begin(), found.end(), *date.date) == found.end())
            found.push_back(*date.date);
    }
    return found;
}

}  // namespace domain
