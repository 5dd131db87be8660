#pragma once
// The verbs that answer and end: init, rotate-key and health. (run is in run.h.)

#include "app/output.h"
#include "ops/data_folder.h"

namespace app {

using base::Result;
using base::Status;

/// `publicAddress` is HOST:PORT, or empty. Usage if it is neither; else as DataFolder::initialise.
Result<Answer> init(const ops::DataFolder& folder, const std::string& publicAddress);
/// Makes keys that replace the server's once the province has signed for them. NotFound if no
/// province lives here; else as ops::health.
Result<Answer> rotateKey(const ops::DataFolder& folder);
/// With `isCheck` it ends with kFailed unless the server runs and takes new work. Errors as
/// ops::health.
Result<Answer> health(const ops::DataFolder& folder, bool isCheck);

}  // namespace app
