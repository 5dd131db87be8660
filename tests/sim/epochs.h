#pragma once
// A server that was put back to an older copy and let loose at once, so that it signs two
// histories, and then begins a new epoch.

#include "world.h"

namespace sim {

/// Played to copies of the server and of all devices that work: everybody comes to the same
/// ledgers, and all that was ever acknowledged stands in them, with the time at which it was.
void checkNewEpoch(World& world, const store::MemoryStore& backup);

}  // namespace sim
