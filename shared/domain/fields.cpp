#include "domain/fields.h"

namespace domain {
namespace {

constexpr std::string_view kStatusNames[] = {
    "assigned", "received",  "in_progress", "awaiting_leader", "submitted", "completed",
    "returned", "suspended", "recalled",    "not_applicable",  "unknown"};

constexpr auto D = ObjectKind::Document;
constexpr auto T = ObjectKind::Task;
constexpr auto A = ObjectKind::Assignment;
constexpr auto N = ObjectKind::Note;
constexpr auto kNumber = ValueType::Number;
constexpr auto kText = ValueType::Text;
constexpr auto kIds = ValueType::Ids;
constexpr auto kProvince = Writer::Province;
constexpr auto kUnit = Writer::UnitOrProvince;

constexpr FieldInfo kFields[] = {
    {Field::DocumentCode, D, kText, kProvince, "code"},
    {Field::DocumentKey, D, kText, kProvince, "key"},
    {Field::DocumentDate, D, kNumber, kProvince, "date"},
    {Field::DocumentSubject, D, kText, kProvince, "subject"},
    {Field::DocumentIssuer, D, kText, kProvince, "issuer"},
    {Field::DocumentType, D, kText, kProvince, "type"},
    {Field::TaskContent, T, kText, kProvince, "content"},
    {Field::TaskDocuments, T, kIds, kProvince, "documents"},
    {Field::TaskSection, T, kText, kProvince, "section"},
    {Field::TaskNumber, T, kText, kProvince, "number"},
    {Field::TaskDeadlineRaw, T, kText, kProvince, "deadline_raw"},
    {Field::TaskDeadline, T, kNumber, kProvince, "deadline"},
    {Field::TaskDeadlineKind, T, kNumber, kProvince, "deadline_kind"},
    {Field::TaskLeadRaw, T, kText, kProvince, "lead_raw"},
    {Field::TaskCoordinatingRaw, T, kText, kProvince, "coordinating_raw"},
    {Field::TaskOrder, T, kNumber, kProvince, "order"},
    {Field::TaskDoubtful, T, kText, kProvince, "doubtful"},
    {Field::AssignmentTask, A, kIds, kProvince, "task"},
    {Field::Status, A, kNumber, kUnit, "status"},
    {Field::Result, A, kText, kUnit, "result"},
    {Field::CompletedOn, A, kNumber, kUnit, "completed_on"},
    {Field::Percent, A, kNumber, kUnit, "percent"},
    {Field::AssignmentDeadline, A, kNumber, kProvince, "deadline"},
    {Field::Performer, A, kText, kUnit, "performer"},
    {Field::ReportedAt, A, kNumber, kUnit, "reported_at"},
    {Field::DocumentText, A, kText, kUnit, "document_text"},
    {Field::AssignmentOrder, A, kNumber, kUnit, "order"},
    {Field::ImportedStatus, A, kText, kProvince, "imported_status"},
    {Field::ImportedCompletedOn, A, kText, kProvince, "imported_completed_on"},
    {Field::ImportedDescription, A, kText, kProvince, "imported_description"},
    {Field::NoteParent, N, kIds, Writer::Nobody, "parent"},
    {Field::NoteKind, N, kNumber, Writer::Nobody, "note"},
    {Field::NoteText, N, kText, Writer::Nobody, "text"},
};

}  // namespace

std::string_view statusName(Status status) {
    auto index = static_cast<std::size_t>(status) - 1;
    return index < std::size(kStatusNames) ? kStatusNames[index] : "unknown";
}

std::optional<Status> statusFromName(std::string_view name) {
    for (std::size_t i = 0; i < std::size(kStatusNames); ++i) {
        if (kStatusNames[i] == name) return static_cast<Status>(i + 1);
    }
    return {};
}

std::optional<base::Date> dateFromNumber(std::int64_t days) {
    static const base::Date first = *base::dateOf({1900, 1, 1});
    static const base::Date last = *base::dateOf({2199, 12, 31});
    if (days < first.days || days > last.days) return {};
    return base::Date{static_cast<std::int32_t>(days)};
}

Status statusFromNumber(std::int64_t number) {
    bool known = number >= static_cast<std::int64_t>(Status::Assigned) &&
                 number <= static_cast<std::int64_t>(Status::Unknown);
    return known ? static_cast<Status>(number) : Status::Unknown;
}

const FieldInfo* infoOf(Field field) {
    for (const FieldInfo& info : kFields) {
        if (info.field == field) return &info;
    }
    return nullptr;
}

}  // namespace domain
