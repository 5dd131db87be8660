#pragma once
// Short ways to read a table written in the test, and to look at what came of it.

#include <algorithm>
#include <catch2/catch.hpp>
#include "documents/table.h"

namespace testing {

inline base::Result<documents::ImportTable> read(std::string_view text,
                                                 const documents::ReadOptions& options = {}) {
    return documents::readTable(base::view(text), options);
}

inline documents::ImportTable mustRead(std::string_view text,
                                       const documents::ReadOptions& options = {}) {
    auto table = read(text, options);
    if (!table) FAIL(table.error().message);
    return std::move(*table);
}

inline base::Error refusal(std::string_view text, const documents::ReadOptions& options = {}) {
    auto table = read(text, options);
    REQUIRE_FALSE(table);
    return table.error();
}

inline bool mentions(const base::Error& error, std::string_view words) {
    return error.message.find(words) != std::string::npos;
}

inline std::vector<documents::Problem> problemsOf(const documents::ImportTable& table,
                                                  documents::Problem::Kind kind) {
    std::vector<documents::Problem> found;
    std::copy_if(table.problems.begin(), table.problems.end(), std::back_inserter(found),
                 [&](const auto& problem) { return problem.kind == kind; });
    return found;
}

}  // namespace testing
