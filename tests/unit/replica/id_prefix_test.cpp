#include "replica/id_prefix.h"
#include <catch2/catch.hpp>
#include "base/bytes.h"

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
