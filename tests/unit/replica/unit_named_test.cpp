#include "replica/unit_named.h"
#include <catch2/catch.hpp>
#include "../domain/province.h"

namespace {

struct Units : test::Province {
    Units() {
        found();
        describe("X010");
        describe("X011");
    }
    void describe(const std::string& code) {
        CHECK_FALSE(
            apply(office, domain::UnitDescribed{code, "Xã", domain::UnitLevel::Commune, ""}));
    }
    std::string named(std::string_view code) const {
        auto unit = replica::unitNamed(directory, code);
        if (unit) return (*unit)->code;
        CHECK(unit.error().code == base::Code::UnknownUnit);
        return unit.error().message;
    }
};

}  // namespace

TEST_CASE("unit named: another case is no other code") {
    Units p;
    CHECK(p.named("X010") == "X010");
    CHECK(p.named("x010") == "X010");
    CHECK(p.named(" st ") == "ST");
    p.describe("x010");  // an older program took it
    CHECK(p.named("X010") == "X010");
    CHECK(p.named("x010") == "x010");
}

TEST_CASE("unit named: a code that nobody has names those that are near") {
    Units p;
    CHECK(p.named("X012") ==
          "There is no unit with the code \"X012\"; did you mean X01, X010, X011 or X02?");
    CHECK(p.named("KHÔNG") == "There is no unit with the code \"KHÔNG\".");
    CHECK(p.named("") == "There is no unit with the code \"\".");
}
