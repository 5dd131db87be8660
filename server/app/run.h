#pragma once
// The verb run: serves a data folder until a signal.

#include <optional>

#include "ops/data_folder.h"

namespace app {

struct RunOptions {
    ops::DataFolder folder;
    std::string listen;                // HOST:PORT; port 0 takes a free one
    std::optional<store::Path> log{};  // the data folder's by default
};

/// Prints `ready HOST:PORT` on stdout once it listens; returns after SIGTERM or SIGINT. Usage for
/// an address that is none; NotFound if the folder was never initialised; HomeBusy if another
/// process serves it; Io if the store or the network fails: then a supervisor starts it again.
base::Status run(const RunOptions& options);

}  // namespace app
