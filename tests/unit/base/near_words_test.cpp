#include "base/near_words.h"
#include <catch2/catch.hpp>

TEST_CASE("near words: the nearest comes first, what is far is no suggestion") {
    const std::vector<std::string> known{"X010", "X001", "X023", "T00"};
    CHECK(base::editDistance("kitten", "sitting") == 3);
    CHECK(base::editDistance("", "abc") == 3);
    CHECK(base::nearWords("X001", known, 5).front() == "X001");
    CHECK(base::nearWords("X032", known, 2) == std::vector<std::string>{"X010", "X001"});
    CHECK(base::nearWords("QQQQ", known, 5).empty());
    CHECK(base::nearWords("X01", known, 1).size() == 1);
    CHECK(base::nearWords(std::string(41, 'X'), known, 5).empty());
}
