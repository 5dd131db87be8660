#include "domain/document_code.h"
#include <algorithm>
#include <array>
#include "base/limits.h"
#include "base/text.h"
#include "domain/deadline.h"

namespace domain {
namespace {

constexpr std::size_t kDocumentsMax = 64;  // of one cell
constexpr std::size_t kPartsMax = 6;

struct TypeName {
    std::string_view name;
    std::string_view folded;
    std::string_view abbreviation;  // in codes, in matching form; empty if it has none
};

// Decree 30/2020, annex III, and Regulation 66-QĐ/TW for party documents; longer names first where
// one contains another.
constexpr std::array kTypes{
    TypeName{"Thông báo kết luận", "thong bao ket luan", "TBKL"},
    TypeName{"Thông báo", "thong bao", "TB"},
    TypeName{"Nghị quyết", "nghi quyet", "NQ"},
    TypeName{"Quyết định", "quyet dinh", "QĐ"},
    TypeName{"Chỉ thị", "chi thi", "CT"},
    TypeName{"Công văn", "cong van", "CV"},
    TypeName{"Công điện", "cong dien", "CĐ"},
    TypeName{"Kế hoạch", "ke hoach", "KH"},
    TypeName{"Kết luận", "ket luan", "KL"},
    TypeName{"Báo cáo", "bao cao", "BC"},
    TypeName{"Tờ trình", "to trinh", "TTR"},
    TypeName{"Nghị định", "nghi dinh", "NĐ"},
    TypeName{"Thông tư", "thong tu", "TT"},
    TypeName{"Hướng dẫn", "huong dan", "HD"},
    TypeName{"Chương trình", "chuong trinh", "CTR"},
    TypeName{"Đề án", "de an", "ĐA"},
    TypeName{"Phương án", "phuong an", "PA"},
    TypeName{"Quy chế", "quy che", "QC"},
    TypeName{"Quy định", "quy dinh", "QYĐ"},
    TypeName{"Biên bản", "bien ban", "BB"},
    TypeName{"Giấy mời", "giay moi", "GM"},
    TypeName{"Phiếu chuyển", "phieu chuyen", "PC"},
    TypeName{"Pháp lệnh", "phap lenh", ""},
    TypeName{"Luật", "luat", ""},
    TypeName{"Lệnh", "lenh", "L"},
    TypeName{"Văn bản", "van ban", ""},
};

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
bool isAsciiUpper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool isAsciiLower(char c) {
    return c >= 'a' && c <= 'z';
}
bool isLead(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0xC0;
}
bool isTail(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Lead bytes of the Latin letters that Vietnamese uses; C2 and E2 lead punctuation.
bool isLetterLead(char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte >= 0xC3 && byte <= 0xC6) || byte == 0xE1;
}
bool isWordByte(char c) {
    return isDigit(c) || isAsciiUpper(c) || isAsciiLower(c) || isLetterLead(c) || isTail(c);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kCapitals{
    {{"đ", "Đ"}, {"ă", "Ă"}, {"â", "Â"}, {"ê", "Ê"}, {"ô", "Ô"}, {"ơ", "Ơ"}, {"ư", "Ư"}}};

std::string capitals(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        auto pair = std::find_if(kCapitals.begin(), kCapitals.end(), [&](const auto& p) {
            return text.substr(i).starts_with(p.first);
        });
        if (pair != kCapitals.end()) {
            out += pair->second;
            i += pair->first.size();
        } else {
            out += isAsciiLower(text[i]) ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
            ++i;
        }
    }
    return out;
}

/// NFC, every dash a hyphen and every blank a plain one; line breaks stay.
std::string withPlainBlanks(std::string_view raw) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kSame{
        {{"\u00A0", " "},
         {"\u2007", " "},
         {"\u202F", " "},
         {"\u200B", ""},
         {"\uFEFF", ""},
         {"\t", " "},
         {"\u2010", "-"},
         {"\u2011", "-"},
         {"\u2012", "-"},
         {"\u2013", "-"},
         {"\u2014", "-"},
         {"\u2212", "-"}}};
    auto nfc = base::toNfc(raw);
    if (!nfc) return std::string(raw);
    std::string out;
    for (std::size_t i = 0; i < nfc->size();) {
        std::string_view rest = std::string_view(*nfc).substr(i);
        auto pair = std::find_if(kSame.begin(), kSame.end(),
                                 [&](const auto& p) { return rest.starts_with(p.first); });
        if (pair != kSame.end()) {
            out += pair->second;
            i += pair->first.size();
        } else {
            out += rest[0];
            ++i;
        }
    }
    return out;
}

struct Code {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string display;
    std::string match;
    std::vector<std::string> parts;  // after number and year, in matching form
    bool strayBlanks = false;
};

/// A part of a code is mostly capitals ("TTg", "BCĐTW", "V.I", "KH&ĐMST"); small letters all
/// through are let pass only when the rest is a code beyond doubt.
enum class PartLook { No, Capitals, Small };

PartLook lookOf(std::string_view part) {
    int upper = 0;
    int lower = 0;
    int foreign = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (isAsciiUpper(part[i])) ++upper;
        if (isAsciiLower(part[i])) ++lower;
        if (!isLead(part[i])) continue;
        bool capital = false;
        bool small = false;
        for (const auto& pair : kCapitals) {
            small = small || part.substr(i).starts_with(pair.first);
            capital = capital || part.substr(i).starts_with(pair.second);
        }
        upper += capital;
        lower += small;
        foreign += !capital && !small;
    }
    if (foreign > 0 || upper + lower == 0 || isDigit(part[0])) return PartLook::No;
    if (upper >= lower) return PartLook::Capitals;
    return upper == 0 && lower <= 5 ? PartLook::Small : PartLook::No;
}

std::size_t skipBlanks(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] == ' ') ++at;
    return at;
}

std::size_t digitsAt(std::string_view text, std::size_t at) {
    std::size_t size = 0;
    while (at + size < text.size() && isDigit(text[at + size])) ++size;
    return size;
}

std::string_view partAt(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size()) {
        bool joins = (text[end] == '.' || text[end] == '&') && end > at && end + 1 < text.size() &&
                     isWordByte(text[end + 1]);
        if (!joins && !isWordByte(text[end])) break;
        ++end;
    }
    return text.substr(at, end - at);
}

/// Reads one code from `at`, where a digit stands.
class CodeReader {
public:
    CodeReader(std::string_view text, std::size_t at) : m_text(text), m_at(at) {
        m_code.begin = at;
    }

    std::optional<Code> read() {
        if (!number()) return {};
        while (m_code.parts.size() < kPartsMax && part()) {
        }
        std::size_t letters = 0;
        for (const std::string& part : m_code.parts) letters += part.size();
        bool trusted = m_capitals ? letters >= 2 : m_code.parts.size() >= 2;
        m_code.end = m_at;
        if (!trusted || m_code.display.size() > base::limits::kCodeBytesMax) return {};
        return std::move(m_code);
    }

private:
    /// "05", "66.7", "12a", and the year of "45/2020/NĐ-CP".
    bool number() {
        std::size_t size = digitsAt(m_text, m_at);
        if (size == 0 || size > 6) return false;
        std::string_view digits = m_text.substr(m_at, size);
        m_at += size;
        std::string tail;
        if (std::size_t more =
                m_at < m_text.size() && m_text[m_at] == '.' ? digitsAt(m_text, m_at + 1) : 0;
            more > 0 && more <= 4) {
            tail = m_text.substr(m_at, more + 1);
            m_at += more + 1;
        } else if (m_at < m_text.size() && isAsciiLower(m_text[m_at])) {
            tail = m_text.substr(m_at++, 1);
        }
        m_code.display = std::string(digits) + tail;
        while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
        m_code.match = std::string(digits) + capitals(tail);
        return true;
    }

    bool part() {
        std::size_t separator = skipBlanks(m_text, m_at);
        if (separator >= m_text.size() || (m_text[separator] != '/' && m_text[separator] != '-'))
            return false;
        std::size_t start = skipBlanks(m_text, separator + 1);
        bool before = separator > m_at;
        bool after = start > separator + 1;
        if (before && after && !m_code.parts.empty()) return false;  // "05-TB/TW - Về việc…"
        std::string_view part = partAt(m_text, start);
        if (part.empty()) return false;
        PartLook look = lookOf(part);
        bool year = m_code.parts.empty() && !m_year && part.size() == 4 && digitsAt(part, 0) == 4 &&
                    (part[0] == '1' || part[0] == '2');
        if (!year && look == PartLook::No) return false;
        if ((before || after) && !year && (look != PartLook::Capitals || part.size() < 2))
            return false;
        m_code.display += m_text[separator];
        m_code.display += part;
        m_code.match += "/" + capitals(part);
        m_code.strayBlanks = m_code.strayBlanks || before || after;
        m_capitals = m_capitals || look == PartLook::Capitals;
        if (year)
            m_year = true;
        else
            m_code.parts.push_back(capitals(part));
        m_at = start + part.size();
        return true;
    }

    std::string_view m_text;
    std::size_t m_at;
    Code m_code;
    bool m_year = false;
    bool m_capitals = false;
};

std::optional<Code> findCode(std::string_view text, std::size_t from = 0) {
    for (std::size_t at = from; at < text.size(); ++at) {
        if (!isDigit(text[at])) continue;
        char before = at == 0 ? ' ' : text[at - 1];
        char earlier = at < 2 ? ' ' : text[at - 2];
        bool inside = isWordByte(before) || before == '/' ||
                      ((before == '-' || before == '.') && isDigit(earlier));
        auto code = inside ? std::nullopt : CodeReader(text, at).read();
        if (code) return code;
        at += digitsAt(text, at) - 1;
    }
    return {};
}

bool wordAt(std::string_view text, std::size_t at, std::string_view word) {
    if (!text.substr(at).starts_with(word)) return false;
    std::size_t end = at + word.size();
    return (at == 0 || !isWordByte(text[at - 1])) && (end == text.size() || !isWordByte(text[end]));
}

/// The last type named in folded text; where two begin together, the longer.
const TypeName* lastType(std::string_view folded) {
    const TypeName* found = nullptr;
    std::size_t foundEnd = 0;
    for (const TypeName& type : kTypes) {
        for (std::size_t at = folded.find(type.folded); at != std::string_view::npos;
             at = folded.find(type.folded, at + 1)) {
            std::size_t end = at + type.folded.size();
            if (wordAt(folded, at, type.folded) && end > foundEnd) {
                found = &type;
                foundEnd = end;
            }
        }
    }
    return found;
}

const TypeName* typeOfPart(std::string_view part) {
    auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) {
        return !t.abbreviation.empty() && t.abbreviation == part;
    });
    return type == kTypes.end() ? nullptr : &*type;
}

/// What follows begins like another citation: a type, "số 12", or a type's letters and "số".
bool beginsCitation(std::string_view text) {
    std::size_t cut = std::min<std::size_t>(text.size(), 64);
    while (cut < text.size() && cut > 0 && isTail(text[cut])) --cut;
    std::string folded = base::foldForSearch(base::trim(text.substr(0, cut)));
    std::size_t space = folded.find(' ');
    std::string_view second = space == std::string::npos
                                  ? std::string_view()
                                  : std::string_view(folded).substr(space + 1);
    if (wordAt(folded, 0, "so") && !second.empty() && isDigit(second[0])) return true;
    if (space != std::string::npos && space <= 4 && second.starts_with("so ") &&
        typeOfPart(capitals(base::trim(text).substr(0, base::trim(text).find(' '))))) {
        return true;
    }
    return std::any_of(kTypes.begin(), kTypes.end(),
                       [&](const TypeName& type) { return wordAt(folded, 0, type.folded); });
}

struct Range {
    std::size_t begin;
    std::size_t end;
};

std::vector<Range> splitCitations(std::string_view text) {
    constexpr std::string_view kAnd = " và ";
    std::vector<Range> pieces;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        bool hard = text[at] == ';' || text[at] == '\n';
        bool soft =
            (text[at] == ',' && beginsCitation(text.substr(at + 1))) ||
            (text.substr(at).starts_with(kAnd) && beginsCitation(text.substr(at + kAnd.size())));
        if (!hard && !soft) continue;
        pieces.push_back({begin, at});
        begin = text[at] == ' ' ? at + kAnd.size() : at + 1;
    }
    pieces.push_back({begin, text.size()});
    return pieces;
}

/// Pieces without a code continue their neighbour: a type on a line of its own belongs to what
/// follows, anything else ("ngày 06/3/2025") to what stands before.
std::vector<Range> citations(std::string_view text) {
    std::vector<Range> out;
    std::optional<Range> waiting;
    for (Range piece : splitCitations(text)) {
        std::string_view words = base::trim(text.substr(piece.begin, piece.end - piece.begin));
        if (words.empty()) continue;
        if (waiting) piece.begin = waiting->begin;
        if (findCode(words)) {
            out.push_back(piece);
            waiting.reset();
        } else if (out.empty() || beginsCitation(words) || waiting) {
            waiting = piece;
        } else {
            out.back().end = piece.end;
        }
    }
    if (waiting && out.empty())
        out.push_back(*waiting);
    else if (waiting)
        out.back().end = waiting->end;
    if (out.size() > kDocumentsMax) out.resize(kDocumentsMax);
    return out;
}

void takeDate(DocumentRef& ref, std::string_view words) {
    auto dates = findDates(base::foldForSearch(words));
    if (dates.empty()) return;
    ref.date = dates[0].date;
    ref.dateDoubtful = !dates[0].date || dates[0].twoDigitYear;
}

DocumentRef toDocument(std::string_view words) {
    DocumentRef ref;
    ref.asWritten = base::trim(words);
    auto code = findCode(words);
    if (!code) {
        const TypeName* named = lastType(base::foldForSearch(words));
        if (named) ref.typeName = named->name;
        takeDate(ref, words);
        return ref;
    }
    // A later code belongs to the subject ("… thực hiện Nghị quyết số 57-NQ/TW"), and so does its
    // date.
    auto next = findCode(words, code->end);
    std::size_t end = next ? next->begin : words.size();
    takeDate(ref, words.substr(code->end, end - code->end));
    ref.displayCode = code->display;
    ref.code = code->match;
    ref.strayBlanks = code->strayBlanks;
    const TypeName* written = lastType(base::foldForSearch(words.substr(0, code->begin)));
    const TypeName* coded = typeOfPart(code->parts[0]);
    if (written || coded) ref.typeName = (written ? written : coded)->name;
    std::size_t issuer = coded && code->parts.size() > 1 ? 1 : 0;
    if (!coded || issuer > 0) ref.issuer = code->parts[issuer];
    return ref;
}

}  // namespace

std::vector<DocumentRef> parseDocuments(std::string_view cell) {
    std::string text = withPlainBlanks(cell);
    std::vector<DocumentRef> documents;
    for (Range range : citations(text)) {
        documents.push_back(
            toDocument(std::string_view(text).substr(range.begin, range.end - range.begin)));
    }
    return documents;
}

std::string normaliseCode(std::string_view text) {
    auto code = findCode(withPlainBlanks(text));
    return code ? code->match : std::string();
}

std::string documentKey(const DocumentRef& ref) {
    std::string words = ref.code.empty() ? "~" + base::foldForSearch(ref.asWritten) : ref.code;
    return words + "|" + (ref.date ? base::toIso(*ref.date) : std::string());
}

bool maySameDocument(const DocumentRef& a, const DocumentRef& b) {
    return !a.code.empty() && a.code == b.code && a.date.has_value() != b.date.has_value();
}

}  // namespace domain
