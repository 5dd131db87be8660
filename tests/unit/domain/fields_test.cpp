#include "domain/fields.h"
#include <catch2/catch.hpp>
#include <limits>

TEST_CASE("fields: a number of another device is a day or a status only within bounds") {
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    for (std::int64_t days : {kMin, std::int64_t{-25568}, std::int64_t{84006}, kMax})
        CHECK_FALSE(domain::dateFromNumber(days));
    CHECK(base::toIso(*domain::dateFromNumber(-25567)) == "1900-01-01");
    CHECK(base::toIso(*domain::dateFromNumber(84005)) == "2199-12-31");
    for (std::int64_t status : {kMin, std::int64_t{0}, std::int64_t{12}, std::int64_t{262}, kMax})
        CHECK(domain::statusFromNumber(status) == domain::Status::Unknown);
    CHECK(domain::statusFromNumber(6) == domain::Status::Completed);
}
