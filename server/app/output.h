#pragma once
// What a verb prints: text for people, or one JSON document for scripts.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"

namespace app {

enum class Format { Text, Json };

enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2 };

/// The success of a verb, in both forms.
struct Answer {
    std::string json;
    std::string text;  // lines, each ended by a newline
    ExitCode exit = kDone;
};

std::string toText(const nlohmann::ordered_json& document);
void print(Format format, const Answer& answer);
/// Text goes to stderr, JSON to stdout; returns the exit code.
int printFailure(Format format, const base::Error& error);

}  // namespace app
