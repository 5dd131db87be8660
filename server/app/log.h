#pragma once
// The log file: one line for each event, kept small by starting a new file and keeping some old
// ones.

#include "net/peer.h"
#include "store/files.h"

namespace app {

/// Appends to the file; beyond 8 MiB it becomes FILE.1 and so on, at most five old ones. Every line
/// is on disk (not necessarily durable) when the call returns; control characters become '?'. Any
/// thread. Io if the file cannot be written.
base::Result<net::Log> openLog(const store::Path& path);

}  // namespace app
