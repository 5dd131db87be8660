#include "verify/words.h"
#include <algorithm>
#include "base/text.h"
#include "domain/directory.h"

namespace verify {
namespace {

using domain::Field;

struct FieldWords {
    Field field;
    Text words;
};
constexpr FieldWords kFields[] = {
    {Field::DocumentCode, {"số, ký hiệu văn bản", "document code"}},
    {Field::DocumentKey, {"mã đối chiếu văn bản", "document key"}},
    {Field::DocumentDate, {"ngày văn bản", "document date"}},
    {Field::DocumentSubject, {"trích yếu", "subject"}},
    {Field::DocumentIssuer, {"cơ quan ban hành", "issuer"}},
    {Field::DocumentType, {"loại văn bản", "document type"}},
    {Field::TaskContent, {"nội dung nhiệm vụ", "task"}},
    {Field::TaskDocuments, {"văn bản giao", "assigning documents"}},
    {Field::TaskSection, {"mục", "section"}},
    {Field::TaskNumber, {"số thứ tự", "number"}},
    {Field::TaskDeadlineRaw, {"hạn xử lý như đã viết", "deadline as written"}},
    {Field::TaskDeadline, {"hạn xử lý", "deadline"}},
    {Field::TaskDeadlineKind, {"loại hạn", "kind of deadline"}},
    {Field::TaskLeadRaw, {"chủ trì", "lead"}},
    {Field::TaskCoordinatingRaw, {"phối hợp", "coordinating"}},
    {Field::TaskOrder, {"vị trí trong bảng", "place in the table"}},
    {Field::TaskDoubtful, {"ô còn ngờ", "doubtful cell"}},
    {Field::AssignmentTask, {"giao nhiệm vụ", "task given"}},
    {Field::Status, {"trạng thái", "status"}},
    {Field::Result, {"kết quả", "result"}},
    {Field::CompletedOn, {"ngày hoàn thành", "completed on"}},
    {Field::Percent, {"tỷ lệ hoàn thành", "done"}},
    {Field::AssignmentDeadline, {"hạn xử lý riêng", "deadline of its own"}},
    {Field::Performer, {"người thực hiện", "performer"}},
    {Field::ReportedAt, {"báo cáo lúc", "reported at"}},
    {Field::DocumentText, {"văn bản của đơn vị", "document of the unit"}},
    {Field::AssignmentOrder, {"vị trí trong bảng", "place in the table"}},
    {Field::ImportedStatus, {"trạng thái theo bảng nhập", "status in the table"}},
    {Field::ImportedCompletedOn, {"ngày hoàn thành theo bảng nhập", "completion day in the table"}},
    {Field::ImportedDescription, {"diễn giải theo bảng nhập", "description in the table"}},
};
constexpr Text kNewerField{"một trường của phiên bản mới hơn", "a field of a newer version"};

constexpr Text kStatuses[] = {
    {"đã giao", "assigned"},           {"đã nhận", "received"},
    {"đang thực hiện", "in progress"}, {"chờ lãnh đạo", "awaiting the leader"},
    {"đã trình", "submitted"},         {"đã hoàn thành", "completed"},
    {"bị trả lại", "returned"},        {"tạm dừng", "suspended"},
    {"đã thu hồi", "recalled"},        {"không áp dụng", "not applicable"},
    {"không rõ", "unknown"},
};
constexpr Text kKinds[] = {
    {"văn bản", "document"},
    {"nhiệm vụ", "task"},
    {"giao việc", "assignment"},
    {"ghi chú", "note"},
};
constexpr Text kNewerKind{"đối tượng của phiên bản mới hơn", "object of a newer version"};
constexpr Text kNotes[] = {
    {"tình hình thực hiện", "progress"},
    {"ý kiến", "comment"},
    {"vướng mắc", "obstacle"},
};

struct RoleWords {
    domain::Roles role;
    Text words;
};
constexpr RoleWords kRoles[] = {
    {domain::roles::kOfficer, {"cán bộ", "officer"}},
    {domain::roles::kLeader, {"lãnh đạo", "leader"}},
    {domain::roles::kClerk, {"văn thư", "clerk"}},
    {domain::roles::kProvincial, {"cán bộ tỉnh", "provincial"}},
    {domain::roles::kReviewer, {"thẩm định", "reviewer"}},
    {domain::roles::kAdministrator, {"quản trị", "administrator"}},
    {domain::roles::kAuditor, {"kiểm toán (chỉ đọc)", "auditor (reads only)"}},
};

struct DirectoryWords {
    std::string_view change;
    Text words;
};
constexpr DirectoryWords kDirectory[] = {
    {"genesis", {"lập tỉnh", "the province was founded"}},
    {"charter", {"điều lệ máy chủ", "charter of the server"}},
    {"authority_set", {"đổi khóa gốc", "other authority keys"}},
    {"unit_described", {"đơn vị", "unit"}},
    {"invited", {"giấy mời", "invitation"}},
    {"device_enrolled", {"ghi danh thiết bị", "device enrolled"}},
    {"officer_enrolled", {"ghi danh cán bộ", "officer enrolled"}},
    {"device_revoked", {"thu hồi thiết bị", "device revoked"}},
    {"key_made", {"khóa phạm vi mới", "new scope key"}},
    {"granted", {"cấp khóa", "key granted"}},
    {"rule_set", {"quy tắc", "rule"}},
    {"calendar_set", {"lịch làm việc", "work calendar"}},
};
constexpr Text kNewerChange{"một thay đổi của phiên bản mới hơn", "a change of a newer version"};

struct ReasonWords {
    std::string_view reason;
    Text words;
};
constexpr ReasonWords kReasons[] = {
    {domain::kUnsigned,
     {"không có hiệu lực: việc hoàn thành phải có chữ ký của cán bộ",
      "no effect: a completion needs the signature of an officer"}},
    {domain::kNoOfficerSigned,
     {"không có hiệu lực: người ký không phải cán bộ của thiết bị lúc đó",
      "no effect: signed by nobody who was an officer of the device"}},
    {domain::kReaderSigned,
     {"không có hiệu lực: người ký chỉ có quyền đọc",
      "no effect: signed by an officer who only reads"}},
    {domain::kFalselySigned,
     {"không có hiệu lực: chữ ký của cán bộ không đúng",
      "no effect: the officer's signature is not valid"}},
};
constexpr Text kNoRight{"không có hiệu lực: không có quyền", "no effect: without the right"};

template <std::size_t N>
const char* nth(const Text (&texts)[N], std::size_t number, const Text& otherwise,
                Language language) {
    return (number >= 1 && number <= N ? texts[number - 1] : otherwise).in(language);
}

bool isDay(Field field) {
    return field == Field::CompletedOn || field == Field::AssignmentDeadline ||
           field == Field::TaskDeadline || field == Field::DocumentDate;
}

std::string valueOf(Field field, const domain::Value& value, Language language) {
    if (auto* text = std::get_if<std::string>(&value)) {
        constexpr Text kBlank{"(để trống)", "(blank)"};
        return text->empty() ? kBlank.in(language) : "\"" + oneLine(*text) + "\"";
    }
    if (auto* number = std::get_if<std::int64_t>(&value)) {
        if (field == Field::Status) {
            auto status = static_cast<std::size_t>(domain::statusFromNumber(*number));
            return nth(kStatuses, status, kStatuses[10], language);
        }
        if (field == Field::ReportedAt) return timeOf(*number);
        if (field == Field::Percent) return std::to_string(*number) + " %";
        auto date = isDay(field) ? domain::dateFromNumber(*number) : std::nullopt;
        return date ? base::toVietnamese(*date) : std::to_string(*number);
    }
    if (auto* ids = std::get_if<std::vector<base::ObjectId>>(&value)) {
        std::string out;
        for (const base::ObjectId& id : *ids)
            out += (out.empty() ? "" : ", ") + id.hex().substr(0, 10);
        return out;
    }
    constexpr Text kCleared{"(đã xóa)", "(cleared)"};
    return kCleared.in(language);
}

const char* wordsOf(Field field, Language language) {
    for (const FieldWords& known : kFields) {
        if (known.field == field) return known.words.in(language);
    }
    return kNewerField.in(language);
}

std::string objectOf(domain::ObjectKind kind, const base::ObjectId& id, Language language) {
    return std::string(nth(kKinds, static_cast<std::size_t>(kind), kNewerKind, language)) + " " +
           id.hex().substr(0, 10);
}

std::string detailOf(const domain::Change& change) {
    if (auto* c = std::get_if<domain::UnitDescribed>(&change))
        return c->code + " " + oneLine(c->name);
    if (auto* c = std::get_if<domain::Invited>(&change))
        return oneLine(c->officer) + ", " + c->unit;
    if (auto* c = std::get_if<domain::DeviceRevoked>(&change))
        return c->device.hex().substr(0, 8) + ", " + oneLine(c->reason);
    if (auto* c = std::get_if<domain::RuleSet>(&change))
        return oneLine(c->name) + " = " + oneLine(c->value);
    if (auto* c = std::get_if<domain::SignedCharter>(&change))
        return std::to_string(c->content.version);
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change))
        return std::to_string(c->content.version);
    return {};
}

}  // namespace

std::string oneLine(const std::string& text) {
    std::string out = base::forDisplay(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
    return out;
}

std::string timeOf(base::TimeMs time) {
    constexpr std::size_t kClockAt = 11;
    return base::toVietnamese(base::localDate(time)) + " " +
           base::toIsoTime(time).substr(kClockAt, 8);
}

std::string wordsOf(domain::Roles roles, Language language) {
    std::string out;
    for (const RoleWords& known : kRoles) {
        if ((roles & known.role) == 0) continue;
        out += (out.empty() ? "" : ", ") + std::string(known.words.in(language));
    }
    constexpr Text kNone{"không có vai trò", "no role"};
    return out.empty() ? kNone.in(language) : out;
}

std::string wordsOfNoEffect(std::string_view reason, Language language) {
    for (const ReasonWords& known : kReasons) {
        if (known.reason == reason) return known.words.in(language);
    }
    return kNoRight.in(language);
}

std::string lineOf(const domain::Change& change, Language language) {
    if (auto* noted = std::get_if<domain::Noted>(&change)) {
        constexpr Text kNote{"ghi chú", "note"};
        return objectOf(noted->kind, noted->id, language) + " · " +
               nth(kNotes, static_cast<std::size_t>(noted->note), kNote, language) + ": \"" +
               oneLine(noted->text) + "\"";
    }
    if (const domain::Written* written = domain::writtenIn(change)) {
        std::string out;
        for (const domain::FieldWrite& write : written->fields) {
            out += out.empty() ? " · " : "; ";
            out += std::string(wordsOf(write.field, language)) + ": " +
                   valueOf(write.field, write.value, language);
        }
        return objectOf(written->kind, written->id, language) + out;
    }
    if (auto* judged = std::get_if<domain::Judged>(&change)) {
        constexpr Text kAdopts{"tỉnh nhận bút toán", "the office adopts entry"};
        constexpr Text kRefuses{"tỉnh không nhận bút toán", "the office refuses entry"};
        const bool adopts = judged->verdict == domain::Verdict::Adopted;
        constexpr Text kOf{" của thiết bị ", " of device "};
        constexpr Text kClaimed{", giờ máy ghi ", ", claimed "};
        return std::string((adopts ? kAdopts : kRefuses).in(language)) + " " + judged->entry.hex() +
               kOf.in(language) + judged->device.hex().substr(0, 8) + kClaimed.in(language) +
               timeOf(judged->claimed) +
               (judged->reason.empty() ? "" : ": \"" + oneLine(judged->reason) + "\"");
    }
    std::string_view name = domain::changeName(change);
    std::string detail = detailOf(change);
    for (const DirectoryWords& known : kDirectory) {
        if (known.change == name)
            return known.words.in(language) + (detail.empty() ? "" : ": " + detail);
    }
    return kNewerChange.in(language);
}

}  // namespace verify
