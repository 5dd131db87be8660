#pragma once
// One seed from beginning to end: the province is founded, works for some days under faults, and
// comes to rest.

#include "world.h"

namespace sim {

struct Outcome {
    std::string violation;  // empty: every invariant held
    std::vector<std::string> lastEvents;
    base::Hash trace;  // over every event, message and final state
    Counters counters;
    std::uint64_t entries = 0;  // ordered by the server
};

/// A pure function of its argument (but for what Print::Yes prints).
Outcome simulate(const Options& options);

}  // namespace sim
