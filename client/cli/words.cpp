#include "cli/words.h"
#include <algorithm>
#include <array>

namespace cli {
namespace {

using domain::Field;

std::string_view wordsOf(domain::NoteKind kind) {
    switch (kind) {
        case domain::NoteKind::Progress:
            return "Progress";
        case domain::NoteKind::Comment:
            return "Comment";
        case domain::NoteKind::Obstacle:
            return "Obstacle";
    }
    return "Note";
}

}  // namespace

bool isDay(Field field) {
    return field == Field::CompletedOn || field == Field::AssignmentDeadline ||
           field == Field::TaskDeadline || field == Field::DocumentDate;
}

std::string_view wordsOf(domain::Status status) {
    switch (status) {
        case domain::Status::Assigned:
            return "assigned";
        case domain::Status::Received:
            return "received";
        case domain::Status::InProgress:
            return "in progress";
        case domain::Status::AwaitingLeader:
            return "awaiting the leader";
        case domain::Status::Submitted:
            return "submitted";
        case domain::Status::Completed:
            return "completed";
        case domain::Status::Returned:
            return "returned";
        case domain::Status::Suspended:
            return "suspended";
        case domain::Status::Recalled:
            return "recalled";
        case domain::Status::NotApplicable:
            return "not applicable";
        case domain::Status::Unknown:
            break;
    }
    return "unknown";
}

std::string_view wordsOf(domain::Timeliness timeliness) {
    switch (timeliness) {
        case domain::Timeliness::InProgressOnTime:
            return "within the deadline";
        case domain::Timeliness::InProgressOverdue:
            return "OVERDUE";
        case domain::Timeliness::InProgressNoDeadline:
            return "no deadline";
        case domain::Timeliness::CompletedOnTime:
            return "completed on time";
        case domain::Timeliness::CompletedLate:
            return "completed late";
        case domain::Timeliness::CompletedUndecided:
            return "on time or late: not known";
        case domain::Timeliness::Suspended:
        case domain::Timeliness::NotApplicable:
        case domain::Timeliness::Unknown:
        case domain::Timeliness::Recalled:
            break;
    }
    return "-";
}

std::string_view wordsOf(domain::Proof proof) {
    switch (proof) {
        case domain::Proof::ReceivedInTime:
            return "the province received it in time";
        case domain::Proof::SignedInTime:
            return "signed in time, received later";
        case domain::Proof::ReportedAfter:
            return "reported after the deadline";
        case domain::Proof::Undecided:
            return "cannot be decided";
        case domain::Proof::AsRecorded:
            return "as recorded in an imported table";
    }
    return "";
}

std::string wordsOf(Field field) {
    switch (field) {
        case Field::AssignmentTask:
            return "task";
        case Field::CompletedOn:
            return "completed on";
        case Field::Percent:
            return "done";
        case Field::ReportedAt:
            return "reported at";
        case Field::DocumentText:
            return "document of the unit";
        case Field::ImportedStatus:
            return "status in the table";
        case Field::ImportedCompletedOn:
            return "completion day in the table";
        case Field::ImportedDescription:
            return "description in the table";
        case Field::TaskDeadlineRaw:
            return "deadline as written";
        default:
            break;
    }
    const domain::FieldInfo* info = domain::infoOf(field);
    std::string words(info == nullptr ? "a field of a newer version" : info->name);
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

std::string wordsOf(Field field, const domain::Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) return text->empty() ? "(blank)" : *text;
    if (auto* number = std::get_if<std::int64_t>(&value)) {
        if (field == Field::Status) return std::string(wordsOf(domain::statusFromNumber(*number)));
        if (field == Field::ReportedAt) return base::toVietnameseTime(*number);
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
    return "(cleared)";
}

std::string lineOf(const domain::Change& change) {
    if (auto* noted = std::get_if<domain::Noted>(&change))
        return std::string(wordsOf(noted->note)) + ": " + noted->text;
    const domain::Written* written = domain::writtenIn(change);
    if (written == nullptr) return std::string(domain::changeName(change));
    std::string out;
    for (const domain::FieldWrite& write : written->fields) {
        if (write.field == Field::AssignmentOrder) continue;  // a place in a table, for sorting
        if (!out.empty()) out += "; ";
        if (write.field == Field::AssignmentTask)
            out += "given to the unit";
        else
            out += wordsOf(write.field) + ": " + wordsOf(write.field, write.value);
    }
    return out.empty() ? "place in the table" : out;
}

}  // namespace cli
