#pragma once
// The merge rules once more, as plainly as they can be said, to compare the fold with:
//
//   a write is live unless another entry names it; within one entry the last write of a field
//   counts; equal live values are one; the value written last is shown.
//
// What was written is known from those who wrote it, and in which order from the server's ledgers;
// no replica is asked.

#include "world.h"

namespace sim {

/// Every device that works shows the objects that it may read as the model has them, and nothing
/// else; their histories tell every change that was kept. The office is asked for those of all
/// assignments, everybody for some of all kinds.
void checkMerge(World& world);

}  // namespace sim
