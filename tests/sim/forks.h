#pragma once
// What few seeds meet by themselves: three copies of one device, of which two write the same work
// again before they hear of each other, and the third sends it as it was.

#include "world.h"

namespace sim {

/// Played to copies of a device that works, of the office and of the server: each act has effect
/// once, everybody shows the same, and the rest is named in the audit.
void checkForks(World& world);

}  // namespace sim
