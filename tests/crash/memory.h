#pragma once
// Memory that runs out on demand: operator new is overridden for this test binary (memory.cpp).
// What C libraries take with malloc is not counted.

#include <cstdint>

namespace crash {

/// The n-th allocation from now on (the first is 1) throws std::bad_alloc, once.
void failAllocationAt(std::uint64_t n);
/// How many are still to pass, the failing one included; ends the plan.
std::uint64_t allocationsLeft();

/// While it lives, allocations neither count nor fail: nothing may be thrown through C.
class PlentyOfMemory {
public:
    PlentyOfMemory() : m_left(allocationsLeft()) {}
    ~PlentyOfMemory() { failAllocationAt(m_left); }
    PlentyOfMemory(const PlentyOfMemory&) = delete;
    PlentyOfMemory& operator=(const PlentyOfMemory&) = delete;

private:
    std::uint64_t m_left;
};

}  // namespace crash
