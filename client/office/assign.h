#pragma once
// Giving a task that lies with one unit (or with the office) to others: its documents and the task
// are copied into each unit's ledger under the same ids, with an assignment of their own.

#include "office/import.h"

namespace office {

struct Assigned {
    std::size_t created = 0;
    std::size_t existing = 0;  // units that had the task before
};
/// `id` is the beginning of a task's or an assignment's id (replica::idWithPrefix).
Result<Assigned> assignTask(replica::Replica& replica, std::string_view id,
                            const std::vector<std::string>& units);

}  // namespace office
