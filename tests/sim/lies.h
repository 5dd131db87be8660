#pragma once
// A server that lies, or that was put back to an older copy: no replica may take what it says.

#include "world.h"

namespace sim {

/// Plays a recorded session again to copies of the device, each time with one lie in it.
void checkLies(World& world);
/// Puts a server that runs on an older copy in front of copies of all devices.
void checkRestoredServer(World& world, const store::MemoryStore& backup);

}  // namespace sim
