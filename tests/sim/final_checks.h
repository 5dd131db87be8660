#pragma once
// What must hold once the faults have stopped and everybody has synchronised:
//
//   1   every replica stores the records that the server stores
//   5   every head that was ever sent is in the final ledgers
//   6   a view folded again from nothing, and one read back from disk, is the same
//   7   a recorded session, played again from where it began, leads where it led; played twice, or
//       to the server, it changes nothing
//   17  nothing is pending, everything that anybody wrote is in a ledger exactly once, all replicas
//   agree

#include "rogue.h"
#include "work.h"

namespace sim {

/// Rounds of sessions until nobody has anything to say; at most kRoundsMax.
void converge(World& world, Province& province);
void checkEnd(World& world, const Rogue& rogue);
/// What is durable in the quarantine waits at the office, or is decided about; the office decides
/// about all of it, and everybody hears.
void settleQueue(World& world, Province& province, Work& work);
/// All that lies in the stores becomes part of the story (invariant 19).
void mixStores(World& world);

}  // namespace sim
