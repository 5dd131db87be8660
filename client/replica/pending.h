#pragma once
// What this device has written and no verified head covers yet.

#include "ledger/segment.h"
#include "replica/tables.h"

namespace replica {

/// An own entry that is not under a verified head yet.
struct PendingEntry {
    std::uint64_t ordinal = 0;  // key in the store
    std::uint64_t seq = 0;
    base::TimeMs claimed = 0;
    ledger::Seen seen;
    base::Hash prev;
    base::Hash hash;
    base::Signature seal;
    base::Bytes bytes;
};

}  // namespace replica
