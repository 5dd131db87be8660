#pragma once
// Values that disagree with each other: told, never blocked and never corrected.

#include <string>
#include <vector>
#include "documents/table.h"

namespace documents {

struct Contradiction {
    Problem::Kind kind;
    Column column;  // whose cell shows it
    std::string message;
};

/// `today` as in ReadOptions; `hasStatus` tells a blank status from a table without that column.
std::vector<Contradiction> contradictionsOf(const ImportRow& row, bool hasStatus,
                                            std::optional<base::Date> today);

}  // namespace documents
