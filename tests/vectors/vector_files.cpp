#include "vector_files.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace vectors {

std::optional<Json> load(std::string_view path, std::string_view testName) {
    const char* fromEnvironment = std::getenv("THONGSUOT_TEST_VECTORS");
    std::filesystem::path folder =
        fromEnvironment && *fromEnvironment ? fromEnvironment : THONGSUOT_TEST_VECTORS_DEFAULT;
    std::ifstream file(folder / path);
    if (!file) {
        std::cout << "SKIPPED: " << testName << " (no " << (folder / path).string() << ")\n";
        return {};
    }
    return Json::parse(file);
}

base::Bytes hex(const Json& object, const char* member) {
    auto found = object.find(member);
    if (found == object.end()) return {};
    auto bytes = base::fromHex(found->get<std::string>());
    REQUIRE(bytes);
    return *bytes;
}

}  // namespace vectors
