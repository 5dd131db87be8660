#pragma once
// The merge rules once more, as plainly as they can be said, to compare the fold with:
//
//   a write is live unless another entry names it; within one entry the last write of a field
//   counts; equal live values are one; the value written last is shown.

#include "world.h"

namespace sim {

/// Compares every assignment that the office shows with the model over its history.
void checkMerge(World& world);

}  // namespace sim
