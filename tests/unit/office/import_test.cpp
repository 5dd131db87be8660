#include "office/import.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "documents/table.h"
#include "office/administration.h"
#include "office/assign.h"
#include "replica/assignments.h"

using domain::Field;
using domain::ObjectKind;
using replica::AssignmentInfo;
using test::InMemoryProvince;

namespace {

const std::string kHeader =
    "Nội dung nhiệm vụ;Văn bản giao;Thời hạn;Trạng thái;Diễn giải trạng thái;Ngày hoàn thành\n";
constexpr base::Date kDay{20'400};

struct Office {
    office::ImportPlan import(const std::string& rows, const std::vector<std::string>& units) {
        std::string csv = kHeader + rows;
        auto table = documents::readTable(base::view(csv));
        REQUIRE(table);
        auto plan = office::planImport(*province.office.replica, *table, units);
        REQUIRE(plan);
        REQUIRE(province.office->appendAll(plan->acts, replica::Cost::Bulk));
        return *plan;
    }
    std::vector<AssignmentInfo> list() {
        auto list = replica::listAssignments(*province.office.replica, {}, kDay);
        REQUIRE(list);
        return *list;
    }
    AssignmentInfo only() {
        auto all = list();
        REQUIRE(all.size() == 1);
        return all.front();
    }
    InMemoryProvince province;
};

}  // namespace

TEST_CASE("import: the same table twice changes nothing, and so does one whose rows moved") {
    Office o;
    auto first = o.import(
        "Sửa đường;12/KH-UBND;31/8/2026;Đang thực hiện;;\nDọn kênh;77/VP-TH;;;;\n", {"X01", "X02"});
    CHECK(first.created == 2);
    CHECK(o.list().size() == 4);
    auto again = o.import(
        "Dọn kênh;77/VP-TH;;;;\nSửa đường;12/KH-UBND;31/8/2026;Đang thực hiện;;\n", {"X01", "X02"});
    CHECK(again.created == 0);
    CHECK(again.updated == 0);
    CHECK(again.unchanged == 2);
    CHECK(again.acts.empty());
}

TEST_CASE("import: a deadline that the table takes back is taken back") {
    Office o;
    o.import("Sửa đường;12/KH-UBND;31/8/2026;;;\n", {"X01"});
    CHECK(o.only().deadline);
    CHECK(o.only().timeliness == domain::Timeliness::Unknown);  // a blank status cell
    auto changed = o.import("Sửa đường;12/KH-UBND;Theo văn bản 15/CV-SNV;;;\n", {"X01"});
    CHECK(changed.updated == 1);
    CHECK_FALSE(o.only().deadline);
    CHECK(o.only().deadlineRaw == "Theo văn bản 15/CV-SNV");
    o.import("Sửa đường;12/KH-UBND;;;;\n", {"X01"});
    CHECK(o.only().deadlineRaw.empty());
}

TEST_CASE("import: a doubtful cell marks the task until the table is corrected") {
    Office o;
    o.import("Sửa đường;12/KH-UBND;31/02/2026;;;\n", {"X01"});
    CHECK(o.only().isDoubtful);
    o.import("Sửa đường;12/KH-UBND;28/02/2026;;;\n", {"X01"});
    CHECK(o.only().deadline);
    o.import("Sửa đường;12/KH-UBND;28/02/2026;Đang thực hiện;;\n", {"X01"});
    CHECK_FALSE(o.only().isDoubtful);
}

TEST_CASE("import: a completion follows its cells, and counts as recorded in a table") {
    Office o;
    o.import("Sửa đường;12/KH-UBND;31/8/2026;Đang thực hiện;Đã xong phần móng;\n", {"X01"});
    CHECK(o.only().result.empty());
    o.import("Sửa đường;12/KH-UBND;31/8/2026;Đã hoàn thành;Đã xong phần móng;20/8/2026\n", {"X01"});
    CHECK(o.only().status == domain::Status::Completed);
    CHECK(o.only().result == "Đã xong phần móng");
    CHECK(o.only().completedOn == base::dateOf({2026, 8, 20}));
    CHECK(o.only().proof == domain::Proof::AsRecorded);
    o.import("Sửa đường;12/KH-UBND;31/8/2026;Đã hoàn thành;Đã xong phần móng;21/8/2026\n", {"X01"});
    CHECK(o.only().completedOn == base::dateOf({2026, 8, 21}));
    CHECK(o.only().proof == domain::Proof::AsRecorded);
    o.import("Sửa đường;12/KH-UBND;31/8/2026;Đã hoàn thành;Đã xong phần móng;cuối tháng\n",
             {"X01"});
    CHECK_FALSE(o.only().completedOn);
}

TEST_CASE("import: what a unit has written stays where the table's own cell did not change") {
    Office o;
    const std::string row = "Sửa đường;12/KH-UBND;31/8/2026;Đang thực hiện;;\n";
    o.import(row, {"X01"});
    AssignmentInfo a = o.only();
    domain::Written done{ObjectKind::Assignment, a.key.id, {}};
    done.fields.push_back(domain::writeOver(&a.row, Field::Result, std::string("xã đã làm")));
    done.fields.push_back(domain::writeOver(&a.row, Field::Status,
                                            static_cast<std::int64_t>(domain::Status::Completed)));
    REQUIRE(o.province.office->append({a.key.scope, {done}}));
    CHECK(o.import(row, {"X01"}).unchanged == 1);
    CHECK(o.only().result == "xã đã làm");
    CHECK(o.only().status == domain::Status::Completed);
    CHECK(o.only().conflicts == 0);
}

TEST_CASE("assign: a row that is no assignment does not keep a unit from getting the task") {
    Office o;
    o.import("Sửa đường;12/KH-UBND;31/8/2026;Đang thực hiện;;\n", {"X01"});
    AssignmentInfo a = o.only();
    const base::ScopeId other = domain::scopeIdOf(o.province.office->identity().province, "X02");
    base::ObjectId id = domain::assignmentIdOf(a.task, other);
    domain::Noted note{ObjectKind::Assignment, id, domain::NoteKind::Comment, "rác"};
    REQUIRE(o.province.office->append({other, {note}}));
    auto assigned = office::assignTask(*o.province.office.replica, a.key.id.hex(), {"X02"});
    REQUIRE(assigned);
    CHECK(assigned->created == 1);
    auto again = office::assignTask(*o.province.office.replica, a.key.id.hex(), {"X02"});
    REQUIRE(again);
    CHECK(again->created == 0);
    CHECK(again->existing == 1);
}

TEST_CASE("revoke: it is written even where a key cannot be changed") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    // A key of X01 that opens for nobody, as a hostile office device could have it ordered.
    const domain::Directory& directory = p.office->directory().directory();
    domain::KeyMade bad;
    bad.scope = a->scope();
    bad.version = 2;
    REQUIRE(p.office->append({directory.directoryScopeId(), {bad}}));
    REQUIRE(p.sync(p.office));
    auto done = office::revoke(*p.office.replica, (*a)->identity().device.hex(), "mất máy");
    REQUIRE(done);
    CHECK(done->keys.made == 1);
    REQUIRE(p.sync(p.office));
    CHECK(directory.device((*a)->identity().device)->revokedSince);
    auto b = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*b)->append({b->scope(), {test::note("dùng khóa mới")}}));
}
