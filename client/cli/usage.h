#pragma once
// What is wrong with a command line, said so that whoever typed it sees what was meant. CLI11
// would complain of the first thing missing instead of the word that it does not know.

#include <optional>
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace cli {

/// One sentence about an unknown verb, an unknown option or a missing verb, with the nearest known
/// word; nothing if the words are known, or help is asked for.
std::optional<std::string> unknownWord(CLI::App& app, std::span<const std::string> arguments);

}  // namespace cli
