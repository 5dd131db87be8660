// What the offices' verbs share: ids by their first letters, numbers of fields as values.

#include "replica/assignments.h"
#include <catch2/catch.hpp>
#include <limits>

using base::Code;
using replica::idWithPrefix;

namespace {

base::ObjectId idOf(std::uint8_t first, std::uint8_t second) {
    base::ObjectId id;
    id.data = {first, second};
    return id;
}

Code codeOf(std::string_view prefix, std::span<const base::ObjectId> ids) {
    auto found = idWithPrefix<base::ObjectId>(prefix, ids, "task");
    REQUIRE_FALSE(found);
    return found.error().code;
}

}  // namespace

TEST_CASE("ids: the first four letters suffice, in either case and with blanks around") {
    const std::vector ids{idOf(0xAB, 0xCD), idOf(0xAB, 0xCE), idOf(0xAB, 0xCD)};
    CHECK(*idWithPrefix<base::ObjectId>("abcd", ids, "task") == ids[0]);
    CHECK(*idWithPrefix<base::ObjectId>(" ABCE00 ", ids, "task") == ids[1]);
    CHECK(codeOf("abc", ids) == Code::InvalidInput);
    CHECK(codeOf("abcg", ids) == Code::InvalidInput);
    CHECK(codeOf("", ids) == Code::InvalidInput);
    CHECK(codeOf("abcf", ids) == Code::NotFound);
    CHECK(codeOf(std::string(40, 'a'), ids) == Code::NotFound);
}

TEST_CASE("ids: a beginning that several share names none of them") {
    base::ObjectId other = idOf(0xAB, 0xCD);
    other.data.back() = 1;
    const std::vector ids{idOf(0xAB, 0xCD), other};
    CHECK(codeOf("abcd", ids) == Code::InvalidInput);
    CHECK(*idWithPrefix<base::ObjectId>(other.hex(), ids, "task") == other);
}

TEST_CASE("fields: a number of another device is a day or a status only within bounds") {
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    for (std::int64_t days : {kMin, std::int64_t{-25568}, std::int64_t{84006}, kMax})
        CHECK_FALSE(replica::dateOf(days));
    CHECK(base::toIso(*replica::dateOf(-25567)) == "1900-01-01");
    CHECK(base::toIso(*replica::dateOf(84005)) == "2199-12-31");
    for (std::int64_t status : {kMin, std::int64_t{0}, std::int64_t{12}, std::int64_t{262}, kMax})
        CHECK(replica::statusOf(status) == domain::Status::Unknown);
    CHECK(replica::statusOf(6) == domain::Status::Completed);
}
