#pragma once
// The objects of the offices' work and their fields. A field is written as a whole; ids are never
// reused.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include "base/bytes.h"
#include "base/time.h"

namespace domain {

enum class ObjectKind : std::uint8_t { Document = 1, Task = 2, Assignment = 3, Note = 4 };

enum class Field : std::uint16_t {
    // Document
    DocumentCode = 1,  // as written
    DocumentKey = 2,   // normalised, for matching
    DocumentDate = 3,  // days since 1970-01-01
    DocumentSubject = 4,
    DocumentIssuer = 5,
    DocumentType = 6,
    // Task
    TaskContent = 16,
    TaskDocuments = 17,  // ids, in the order cited
    TaskSection = 18,
    TaskNumber = 19,  // as in the table's first column
    TaskDeadlineRaw = 20,
    TaskDeadline = 21,  // last day; absent if there is none
    TaskDeadlineKind = 22,
    TaskLeadRaw = 23,
    TaskCoordinatingRaw = 24,
    TaskOrder = 25,     // place in the table
    TaskDoubtful = 26,  // present if the import doubted a cell of the row
    // Assignment
    AssignmentTask = 32,  // one id
    Status = 33,
    Result = 34,
    CompletedOn = 35,
    Percent = 36,
    AssignmentDeadline = 37,  // where it differs from the task's
    Performer = 38,
    ReportedAt = 39,    // ms
    DocumentText = 40,  // number and date of the unit's own document
    AssignmentOrder = 41,
    ImportedStatus = 48,  // raw cells, to tell later what a table changed
    ImportedCompletedOn = 49,
    ImportedDescription = 50,
    // Note
    NoteParent = 64,
    NoteKind = 65,
    NoteText = 66,
};

enum class NoteKind : std::uint8_t { Progress = 1, Comment = 2, Obstacle = 3 };

enum class Status : std::uint8_t {
    Assigned = 1,
    Received = 2,
    InProgress = 3,
    AwaitingLeader = 4,
    Submitted = 5,
    Completed = 6,
    Returned = 7,
    Suspended = 8,
    Recalled = 9,
    NotApplicable = 10,
    Unknown = 11,
};
std::string_view statusName(Status status);  // snake_case, as the command line prints it
std::optional<Status> statusFromName(std::string_view name);
/// A number of a field as a status; what another device wrote may be anything.
Status statusFromNumber(std::int64_t number);
/// A number of a field as a day; days of the years 1900 to 2199 are days.
std::optional<base::Date> dateFromNumber(std::int64_t days);

/// Cleared, a number (date, enumeration, percent), a text in NFC, or ids.
using Value = std::variant<std::monostate, std::int64_t, std::string, std::vector<base::ObjectId>>;

enum class ValueType : std::uint8_t { Number, Text, Ids };
enum class Writer : std::uint8_t { Province, UnitOrProvince, Nobody };

struct FieldInfo {
    Field field;
    ObjectKind kind;
    ValueType type;
    Writer writer;
    std::string_view name;  // snake_case
};
/// Nothing for a field of a newer version.
const FieldInfo* infoOf(Field field);

}  // namespace domain
