#pragma once
// The machine's clock, for the programs; the core is given a Clock.

#include "base/clock.h"

namespace base {

class SystemClock final : public Clock {
public:
    TimeMs nowMs() const override;
    std::int64_t monotonicMs() const override;
};

}  // namespace base
