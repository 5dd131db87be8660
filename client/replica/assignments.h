#pragma once
// Assignments as people see them: joined with their task and its documents, with derived
// timeliness. Values, no I/O but through the replica.

#include <span>
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

/// The digits of an id as it was copied: lower case, at least 4 of them. InvalidInput.
Result<std::string> idPrefix(std::string_view text);

/// The one of `ids` that begins with these hexadecimal digits; an id that stands there repeatedly
/// counts once. `kind` ("assignment", "device") is for the sentences. NotFound, InvalidInput.
template <class Id>
Result<Id> idWithPrefix(std::string_view prefix, std::span<const Id> ids, std::string_view kind) {
    TRY(std::string digits, idPrefix(prefix));
    const Id* found = nullptr;
    for (const Id& id : ids) {
        if (!id.hex().starts_with(digits) || (found != nullptr && *found == id)) continue;
        if (found != nullptr) {
            return base::fail(base::Code::InvalidInput, "Several " + std::string(kind) +
                                                            "s begin with " + digits +
                                                            "; give more letters of the id.");
        }
        found = &id;
    }
    if (found == nullptr) {
        return base::fail(base::Code::NotFound, "There is no " + std::string(kind) + " " + digits +
                                                    " on this device; has it been synchronised?");
    }
    return *found;
}

/// A number of a field as a day or a status; what another device wrote may be anything. Days of
/// the years 1900 to 2199 are days.
std::optional<base::Date> dateOf(std::int64_t days);
domain::Status statusOf(std::int64_t number);

/// Whether one entry of an import holds this change, sealed, with room for the writes it displaces.
bool fitsEntry(const domain::Change& change);

/// A write of a field that displaces every live write of it, as it is shown now.
domain::FieldWrite writeOf(const domain::Row* row, domain::Field field, domain::Value value);

/// How many assignments hold a conflict. One pass over all rows.
Result<std::size_t> countConflicts(Replica& replica);

/// The summary of all assignments, or of one unit's.
Result<domain::Summary> summarise(Replica& replica, const std::string& unit, base::Date asOf);

}  // namespace replica
