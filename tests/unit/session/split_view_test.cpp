// A server that shows two people different things is given away by what they write about it.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"

using test::InMemoryProvince;

namespace {

void write(InMemoryProvince& province, test::Machine& machine, const std::string& text) {
    REQUIRE(machine->append({machine.scope(), {test::note(text)}}));
    REQUIRE(province.sync(machine));
}

std::size_t splitViews(replica::Replica& replica) {
    auto count = replica.splitViews();
    REQUIRE(count);
    return *count;
}

}  // namespace

TEST_CASE("split view: two people of a unit who were shown different things hear of it") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto b = p.join("X01", domain::roles::kOfficer);
    REQUIRE(p.sync(*a));
    auto second = p.serverStore.clone();  // the same keys sign for both
    write(p, *a, "A thấy");
    p.restartServer(*second);
    REQUIRE(p.sync(*b));
    write(p, p.office, "chỉ B thấy");
    REQUIRE(p.office->append({b->scope(), {test::note("B thấy")}}));
    REQUIRE(p.sync(p.office));
    REQUIRE(p.sync(*b));
    REQUIRE((*b)->append({b->scope(), {test::note("viết sau khi thấy")}}));
    const base::Bytes segment = test::pendingSegment(p, *b);
    const base::DeviceId sender = (*b)->identity().device;

    p.restartServer(p.serverStore);
    auto taken = p.push(sender, segment);  // the server relays what it took elsewhere
    REQUIRE(taken);
    REQUIRE_FALSE(*taken);
    CHECK(splitViews(*a) == 0);
    REQUIRE(p.sync(*a));
    CHECK(splitViews(*a) == 1);
    p.restart(*a);
    CHECK(splitViews(*a) == 1);
    auto items = (*a)->audit();
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    CHECK(items->front().change == session::kSplitView);
}

TEST_CASE("split view: nobody is told of one where there is none") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto b = p.join("X01", domain::roles::kLeader);
    for (int i = 0; i < 4; ++i) {
        write(p, *a, "một");
        write(p, *b, "hai");
        REQUIRE((*a)->append({a->scope(), {test::note("trước khi nhận")}}));
        write(p, *b, "ba");
        REQUIRE(p.sync(*a));
        REQUIRE(p.sync(p.office));
    }
    for (replica::Replica* replica : {a->replica.get(), b->replica.get(), p.office.replica.get()})
        CHECK(splitViews(*replica) == 0);
}
