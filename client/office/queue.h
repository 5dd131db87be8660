#pragma once
// The office decides about work that came without the right (replica/quarantine.h): it makes it its
// own, or refuses it. Both are an entry in the ledger of the unit; a sync carries it.

#include "replica/replica.h"

namespace office {

/// What waits for a decision, as much as can be shown at once. NotPermitted on a device that does
/// not decide.
base::Result<std::vector<replica::QueueItem>> queue(replica::Replica& replica);
/// The one whose hash begins with these hexadecimal digits, however much waits. NotFound,
/// InvalidInput (ambiguous).
base::Result<replica::QueueItem> queued(replica::Replica& replica, std::string_view prefix);

/// Why nothing of it can be adopted, for people; empty: something can.
std::string reasonNotAdoptable(const replica::QueueItem& item);

/// The entry that decides: of what is adopted the changes that can be, what an officer has stated
/// in person as the office's plain word.
replica::Act decisionOf(const replica::QueueItem& item, domain::Verdict verdict,
                        std::string reason);

struct Decided {
    replica::QueueItem item;
    base::Hash entry;         // of the decision
    std::size_t changes = 0;  // adopted
    std::size_t leftOut = 0;  // not adopted, since they never had the right
};
/// Adopts the one whose hash begins with these hexadecimal digits; of one act no other version can
/// be adopted then. NotFound, InvalidInput (ambiguous, nothing to adopt, its device may send it
/// itself), Limit, WaitingForKey: nothing was written.
base::Result<Decided> adopt(replica::Replica& replica, std::string_view prefix);
/// The same for refusing it. Limit if the reason is too long.
base::Result<Decided> refuse(replica::Replica& replica, std::string_view prefix,
                             const std::string& reason);

}  // namespace office
