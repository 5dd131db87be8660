#include "documents/values.h"
#include <algorithm>
#include <array>
#include "base/text.h"

namespace documents {
namespace {

using domain::Doubt;

struct StatusWord {
    Status status;
    std::string_view words;
};

constexpr std::array kStatusWords{
    StatusWord{Status::Completed, "da hoan thanh"},
    StatusWord{Status::Completed, "hoan thanh"},
    StatusWord{Status::Completed, "da hoan thanh dung han"},
    StatusWord{Status::Completed, "hoan thanh dung han"},
    StatusWord{Status::Completed, "da hoan thanh truoc han"},
    StatusWord{Status::Completed, "hoan thanh truoc han"},
    StatusWord{Status::Completed, "da hoan thanh qua han"},
    StatusWord{Status::Completed, "hoan thanh qua han"},
    StatusWord{Status::Completed, "hoan thanh tre han"},
    StatusWord{Status::Completed, "da thuc hien"},
    StatusWord{Status::Completed, "da thuc hien xong"},
    StatusWord{Status::Completed, "da xong"},
    StatusWord{Status::Completed, "xong"},
    StatusWord{Status::Completed, "completed"},
    StatusWord{Status::Completed, "done"},
    StatusWord{Status::InProgress, "dang thuc hien"},
    StatusWord{Status::InProgress, "dang thuc hien trong han"},
    StatusWord{Status::InProgress, "dang thuc hien qua han"},
    StatusWord{Status::InProgress, "dang trien khai"},
    StatusWord{Status::InProgress, "dang trien khai thuc hien"},
    StatusWord{Status::InProgress, "dang xu ly"},
    StatusWord{Status::InProgress, "chua hoan thanh"},
    StatusWord{Status::InProgress, "in progress"},
    StatusWord{Status::Assigned, "chua thuc hien"},
    StatusWord{Status::Assigned, "chua trien khai"},
    StatusWord{Status::Assigned, "chua bat dau"},
    StatusWord{Status::Assigned, "moi giao"},
    StatusWord{Status::Assigned, "da giao"},
    StatusWord{Status::Assigned, "assigned"},
    StatusWord{Status::Assigned, "not started"},
    StatusWord{Status::Suspended, "tam dung"},
    StatusWord{Status::Suspended, "tam dung thuc hien"},
    StatusWord{Status::Suspended, "suspended"},
    StatusWord{Status::NotApplicable, "khong thuoc chuc nang"},
    StatusWord{Status::NotApplicable, "khong thuoc chuc nang nhiem vu"},
    StatusWord{Status::NotApplicable, "khong thuoc tham quyen"},
    StatusWord{Status::NotApplicable, "khong ap dung"},
    StatusWord{Status::NotApplicable, "not applicable"},
    StatusWord{Status::Recalled, "thu hoi"},
    StatusWord{Status::Recalled, "da thu hoi"},
    StatusWord{Status::Recalled, "recalled"},
};

constexpr std::array<std::string_view, 3> kOneWordMarks{"Mật", "MẬT", "mật"};
constexpr std::array<std::string_view, 8> kTwoWordMarks{
    "Tối mật", "TỐI MẬT", "Tối Mật", "tối mật", "Tuyệt mật", "TUYỆT MẬT", "Tuyệt Mật", "tuyệt mật"};

std::string_view withoutOpening(std::string_view text) {
    while (!text.empty() &&
           std::string_view("[(\"*- ").find(text.front()) != std::string_view::npos)
        text.remove_prefix(1);
    return text;
}

/// "mật" is a word of its own ("mật độ"), so that as a mark it must be followed by punctuation.
bool endsMark(std::string_view rest) {
    if (base::trim(rest).empty() || rest.front() == '\n') return true;
    rest = base::trim(rest);
    return std::string_view(":;.,)]-*/").find(rest.front()) != std::string_view::npos ||
           rest.starts_with("–");
}

}  // namespace

std::string cleanText(std::string_view raw) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kBlanks{
        {{"\u00A0", " "}, {"\u202F", " "}, {"\u2007", " "}, {"\u200B", ""}, {"\uFEFF", ""}}};
    auto nfc = base::toNfc(raw);
    std::string text = nfc ? std::move(*nfc) : std::string(raw);
    for (const auto& [from, to] : kBlanks) {
        for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
            text.replace(at, from.size(), to);
    }
    std::string_view trimmed = base::trim(text);
    if (trimmed.starts_with('\'')) trimmed = base::trim(trimmed.substr(1));
    return std::string(trimmed);
}

std::string words(std::string_view text) {
    std::string out;
    int depth = 0;
    for (char c : base::foldForSearch(cleanText(text))) {
        if (c == '(') ++depth;
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
        if (depth == 0 && letter)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
        if (c == ')' && depth > 0) --depth;
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

std::optional<Status> statusOf(std::string_view cell) {
    if (cell.size() > 100) return {};
    std::string plain = words(cell);
    auto found = std::find_if(kStatusWords.begin(), kStatusWords.end(),
                              [&](const StatusWord& word) { return word.words == plain; });
    return found == kStatusWords.end() ? std::nullopt : std::optional(found->status);
}

bool beginsSecret(std::string_view text) {
    text = withoutOpening(text);
    auto begins = [&](std::string_view mark) { return text.starts_with(mark); };
    return std::any_of(kTwoWordMarks.begin(), kTwoWordMarks.end(), begins) ||
           std::any_of(kOneWordMarks.begin(), kOneWordMarks.end(), [&](std::string_view mark) {
               return begins(mark) && endsMark(text.substr(mark.size()));
           });
}

bool citesSecret(std::string_view citation) {
    if (beginsSecret(citation)) return true;
    for (std::size_t at = citation.find('('); at != std::string_view::npos;
         at = citation.find('(', at + 1)) {
        if (beginsSecret(citation.substr(at))) return true;
    }
    return false;
}

bool namesSecret(std::string_view cell) {
    if (base::foldForSearch(cell).starts_with("khong")) return false;
    return cell.find("ật") != std::string_view::npos || cell.find("ẬT") != std::string_view::npos ||
           words(cell) == "mat" || words(cell) == "secret";
}

std::string_view sentence(Doubt doubt) {
    switch (doubt) {
        case Doubt::None:
            return {};
        case Doubt::ImpossibleDate:
            return "Không có ngày này trong lịch";
        case Doubt::TwoDigitYear:
            return "Năm chỉ ghi hai chữ số, được hiểu là 20xx";
        case Doubt::NoYear:
            return "Thiếu năm nên chưa hiểu là ngày nào";
        case Doubt::YearOnly:
            return "Chỉ ghi năm nên chưa rõ ngày";
        case Doubt::SeveralDates:
            return "Có nhiều ngày trong một ô";
        case Doubt::DateInText:
            return "Có ngày lẫn trong chữ, cần kiểm tra lại";
        case Doubt::NumberOutside:
            return "Là một con số, không phải ngày";
        case Doubt::NotADate:
            return "Không hiểu được là ngày nào";
    }
    return {};
}

}  // namespace documents
