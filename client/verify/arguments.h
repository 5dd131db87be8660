#pragma once
// The command line of thongsuot-verify.

#include <span>
#include "base/bytes.h"
#include "verify/refusal.h"

namespace verify {

struct Arguments {
    enum class What { Receipt, Ledger, Help, Version };
    What what = What::Receipt;
    std::string path;
    base::Hash root;
    Language language = Language::Vietnamese;
    bool json = false;
    bool list = false;
};

/// What is wrong with it, as one sentence in the language that it asks for.
struct UsageError {
    std::string sentence;
};

tl::expected<Arguments, UsageError> readArguments(std::span<const std::string> words);
/// The language that is asked for, whatever else is wrong.
Language languageOf(std::span<const std::string> words);
Text help();

}  // namespace verify
