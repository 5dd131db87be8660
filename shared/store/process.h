#pragma once
// What the system may show of a running program. Linux only; a port has its own.

namespace store {

/// No core file, whatever catches them on this machine, and no look into the memory by other
/// programs of the same user: the keys are in it. To be called first in main(), before a secret is
/// read.
void keepMemoryPrivate();

}  // namespace store
