#pragma once
// What a device says and does that the province has revoked.

#include <string>
#include "cli/home.h"

namespace cli {

/// Of a revoked device that still has its data: why, and what to do; for the line of what waits.
std::string revokedStatus(const replica::Replica& replica);

/// After a session that did not end well: where the province has revoked this device, by its own
/// directory and not by a server's word, nothing is kept that lies with the province. The error to
/// tell, which `status` repeats later. No replica outlives this.
base::Error leave(Home& home, replica::Replica& replica, base::Error told);

}  // namespace cli
