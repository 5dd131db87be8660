#pragma once
// Assignments as people see them: joined with their task and its documents, with derived
// timeliness. Values, no I/O but through the replica.

#include "domain/timeliness.h"
#include "replica/replica.h"

namespace replica {

struct AssignmentInfo {
    ObjectKey key;
    base::ObjectId task;
    std::string unit;                    // code
    std::vector<std::string> documents;  // codes as written
    std::string content;
    std::string section;
    std::string deadlineRaw;
    std::optional<base::Date> deadline;
    domain::Status status = domain::Status::Assigned;
    domain::Timeliness timeliness = domain::Timeliness::Unknown;
    bool isDueSoon = false;              // in progress, by the province's work calendar
    std::optional<domain::Proof> proof;  // of a completion
    std::optional<base::Date> completedOn;
    std::string result;
    bool pending = false;
    std::size_t conflicts = 0;
    bool isDoubtful = false;  // a cell of its row in the table could not be read with certainty
    std::int64_t order = 0;   // place in the table that it came from
    domain::Row row;
};

struct AssignmentFilter {
    std::string unit;    // code; empty = all
    std::string search;  // compared without diacritics
    std::optional<domain::Status> status;
    std::optional<domain::Timeliness> timeliness;
    bool withProof = true;
};

/// All assignments that this replica reads and the filter lets through, by unit and order.
/// Timeliness as of a day.
Result<std::vector<AssignmentInfo>> listAssignments(Replica& replica,
                                                    const AssignmentFilter& filter,
                                                    base::Date asOf);

/// The one whose id begins with these hexadecimal digits (idWithPrefix).
Result<AssignmentInfo> findAssignment(Replica& replica, std::string_view id, base::Date asOf);

/// How many assignments hold a conflict. One pass over all rows.
Result<std::size_t> countConflicts(Replica& replica);

/// What a report says of all assignments, or of one unit's.
struct Figures {
    domain::Summary summary;
    std::size_t dueSoon = 0;    // of those in progress and on time
    std::size_t conflicts = 0;  // assignments that hold one
    std::size_t doubtful = 0;   // whose row in the table could not be read with certainty
};
Result<Figures> figuresOf(Replica& replica, const std::string& unit, base::Date asOf);

}  // namespace replica
