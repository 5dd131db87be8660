#pragma once
// Finds and reads the published test vectors, which lie beside the project and not in it.

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include "base/bytes.h"

namespace vectors {

using Json = nlohmann::json;

/// The file below the folder that the environment variable THONGSUOT_TEST_VECTORS, or else the
/// build, names. Nothing if it is not there; then "SKIPPED: <testName>" has been printed and the
/// test returns.
std::optional<Json> load(std::string_view path, std::string_view testName);

/// The bytes of a hexadecimal member; empty if there is no such member. A wrong digit fails the
/// test.
base::Bytes hex(const Json& object, const char* member);

}  // namespace vectors
