#pragma once
// From a task table to documents, tasks and assignments. Objects are named by what they are, so
// importing a table twice writes nothing new; what a unit has written since is not overwritten:
// only cells that changed in the table are.

#include "documents/table.h"
#include "replica/replica.h"

namespace office {

using base::Result;
using base::Status;

struct ImportPlan {
    std::size_t documents = 0;  // distinct ones that the rows hold
    std::size_t tasks = 0;      // rows that will stand; the next three add up to it
    std::size_t created = 0;    // new for at least one unit
    std::size_t updated = 0;    // new for none, changed for at least one
    std::size_t unchanged = 0;  // every unit has it as the table does
    std::size_t leftOut = 0;    // rows refused, each with a problem
    std::vector<documents::Problem> problems;
    std::vector<replica::Act> acts;
};

/// What importing would do (a row too long for an entry is refused, and the rest goes on): into the
/// ledgers of the units named, or of the province unit if none is. Writes nothing.
Result<ImportPlan> planImport(replica::Replica& replica, const documents::ImportTable& table,
                              const std::vector<std::string>& units);

/// Unit codes of `CODE,…` or `all` (all communes). UnknownUnit.
Result<std::vector<std::string>> unitsOf(const domain::Directory& directory, std::string_view list);

}  // namespace office
