#pragma once
// What is written in the measurements: lines of JSON, each one officer's save, and the changes they
// become.

#include <filesystem>
#include <string>
#include "base/result.h"
#include "domain/change.h"

namespace bench {

/// {"task": "t" and hexadecimal digits, "seq", "doc", "status", "result", "by", "pct", "due": day,
/// "at": UTC time}.
struct Save {
    std::string line;
    domain::Change change;
};

/// One Written change of one Assignment: every value of the line becomes a field, the task its id
/// (10 bytes as given, 6 more from their hash, since the product's ids are 16 random bytes).
/// InvalidInput for a line of another shape.
base::Result<Save> parseSave(const std::string& line);
/// At most `count` lines of a file; NotFound, InvalidInput.
base::Result<std::vector<Save>> readSaves(const std::filesystem::path& file, std::size_t count);
/// Lines from a seed, about 300 bytes each, in words that the dictionary has not seen.
class SaveStream {
public:
    explicit SaveStream(std::uint64_t seed);
    ~SaveStream();
    Save next();

private:
    class Maker;
    std::unique_ptr<Maker> m_maker;
    std::size_t m_count = 0;
};
/// The first lines of a stream.
std::vector<Save> makeSaves(std::size_t count, std::uint64_t seed);

}  // namespace bench
