#pragma once
// What must hold once the faults have stopped and everybody has synchronised:
//
//   5   every head that was ever sent is in the final ledgers
//   6   a view folded again from nothing, and one read back from disk, is the same
//   7   a recorded session, played again to either side, changes nothing
//   17  nothing is pending, everything that anybody wrote is in a ledger exactly once, all replicas
//   agree

#include "rogue.h"

namespace sim {

/// Rounds of sessions until nobody has anything to say; at most kRoundsMax.
void converge(World& world, Province& province);
void checkEnd(World& world, const Rogue& rogue);

}  // namespace sim
