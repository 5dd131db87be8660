// Officers' signatures from one replica to the others: what a program that checks nothing hands in
// has no effect anywhere, and says why.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "domain/row.h"
#include "office/administration.h"
#include "office/rules.h"
#include "replica/assignments.h"
#include "sync/officers.h"

using base::Code;
using domain::Field;
using domain::ObjectKind;
using domain::Written;
using test::InMemoryProvince;
using test::Machine;
namespace roles = domain::roles;

namespace {

const base::ObjectId kAssignment = base::ObjectId::from(base::Bytes(16, 9));
constexpr auto kCompleted = static_cast<std::int64_t>(domain::Status::Completed);

Written completion(const std::string& result, const base::ObjectId& of = kAssignment) {
    return {ObjectKind::Assignment,
            of,
            {{Field::Result, result, {}},
             {Field::CompletedOn, std::int64_t{20'400}, {}},
             {Field::Status, kCompleted, {}}}};
}

base::PublicKey officerOf(const Machine& machine, std::size_t number = 0) {
    return machine.replica->identity().officerKeys.at(number).publicKey;
}

struct Stating {
    domain::Change stated(Machine& by, const Written& written, std::size_t officer = 0) {
        auto change = by->state(by.scope(), written, officerOf(by, officer));
        REQUIRE(change);
        return *change;
    }
    /// Everybody who reads the ledger finds it without effect, for this reason.
    void refused(Machine& by, const domain::Change& change, std::string_view reason) {
        INFO(reason);
        const std::size_t before = reasonsOf(*reader).size();
        auto verdict = p.push(by->identity().device, test::smuggled(p, by, a->scope(), change));
        REQUIRE(verdict);
        REQUIRE_FALSE(*verdict);  // the server cannot know
        for (Machine* one : {reader.get(), &p.office}) {
            REQUIRE(p.sync(*one));
            auto reasons = reasonsOf(*one);
            REQUIRE(reasons.size() == before + 1);
            CHECK(reasons.back() == reason);
            auto row = (*one)->row({a->scope(), ObjectKind::Assignment, kAssignment});
            REQUIRE(row);
            CHECK_FALSE(*row);
        }
    }
    static std::vector<std::string> reasonsOf(Machine& machine) {
        auto audit = machine->audit();
        REQUIRE(audit);
        std::vector<std::string> out;
        for (const auto& one : *audit) out.push_back(one.reason);
        return out;
    }
    std::string resultOf(Machine& machine) {
        auto row = machine->row({a->scope(), ObjectKind::Assignment, kAssignment});
        REQUIRE(row);
        return *row ? (*row)->text(Field::Result) : std::string();
    }
    void addOfficer(Machine& to, const std::string& name, domain::Roles as) {
        auto made = office::invite(*p.office.replica, {"", name, as, 3'600'000, "server:7443",
                                                       to->identity().device.hex().substr(0, 8)});
        REQUIRE(made);
        p.settleOffice();
        REQUIRE(p.sync(to));
        REQUIRE(syncing::addOfficer(to, made->invitation));
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", roles::kOfficer);
    std::unique_ptr<Machine> reader = p.join("X01", roles::kOfficer);
};

}  // namespace

TEST_CASE("statement: what an officer has signed takes effect everywhere, and shows who") {
    Stating s;
    const domain::Change stated = s.stated(*s.a, completion("Đã bàn giao"));
    REQUIRE((*s.a)->append({s.a->scope(), {stated}}));
    CHECK(s.resultOf(*s.a) == "Đã bàn giao");
    s.p.restart(*s.a);
    CHECK(s.resultOf(*s.a) == "Đã bàn giao");
    REQUIRE(s.p.sync(*s.a));
    for (Machine* one : {s.a.get(), s.reader.get(), &s.p.office}) {
        REQUIRE(s.p.sync(*one));
        CHECK(s.resultOf(*one) == "Đã bàn giao");
        CHECK(Stating::reasonsOf(*one).empty());
        auto history = (*one)->history({s.a->scope(), ObjectKind::Assignment, kAssignment});
        REQUIRE(history);
        REQUIRE(history->size() == 1);
        CHECK((history->front().change == stated));
        auto shown = replica::findAssignment(*one->replica, kAssignment.hex(), base::Date{20'500});
        REQUIRE(shown);
        CHECK(shown->status == domain::Status::Completed);
        CHECK(shown->proof);
    }
}

TEST_CASE("statement: a replica writes no completion that nobody signed, nor signs for strangers") {
    Stating s;
    auto unsignedOne = (*s.a)->append({s.a->scope(), {completion("Đã bàn giao")}});
    REQUIRE_FALSE(unsignedOne);
    CHECK(unsignedOne.error().code == Code::NotPermitted);
    CHECK((*s.a)->pendingEntries() == 0);
    auto foreign = (*s.a)->state(s.a->scope(), completion("x"), officerOf(*s.reader));
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().code == Code::NotPermitted);
    // A rule that the office has set is kept once it is known.
    REQUIRE(office::setRule(s.p.office, "statements", "optional"));
    REQUIRE(s.p.sync(s.p.office));
    CHECK_FALSE((*s.a)->append({s.a->scope(), {completion("Đã bàn giao")}}));
    REQUIRE(s.p.sync(*s.a));
    CHECK((*s.a)->append({s.a->scope(), {completion("Đã bàn giao")}}));
}

TEST_CASE("statement: what is false has no effect and stands in everybody's audit") {
    Stating s;
    auto stated = [&](Machine& by) {
        return std::get<domain::Stated>(s.stated(by, completion("Đã bàn giao")));
    };
    SECTION("nobody has signed") {
        s.refused(*s.a, completion("Đã bàn giao"), domain::kUnsigned);
    }
    SECTION("a forged signature") {
        domain::Stated bad = stated(*s.a);
        bad.signature = s.p.random.make<base::Signature>();
        s.refused(*s.a, bad, domain::kFalselySigned);
    }
    SECTION("copied from another object") {
        auto other = base::ObjectId::from(base::Bytes(16, 8));
        auto bad = std::get<domain::Stated>(s.stated(*s.a, completion("Đã bàn giao", other)));
        bad.written.id = kAssignment;
        s.refused(*s.a, bad, domain::kFalselySigned);
    }
    SECTION("copied from another scope") {
        auto inX02 = s.p.office->state(domain::scopeIdOf(s.p.office->identity().province, "X02"),
                                       completion("Đã bàn giao"), officerOf(s.p.office));
        REQUIRE(inX02);
        s.refused(s.p.office, *inX02, domain::kFalselySigned);
    }
    SECTION("copied from another province") {
        domain::Stated bad = stated(*s.a);
        bad.signature = crypto::sign(
            (*s.a)->identity().officerKeys[0], crypto::Context::Statement,
            domain::statementOf(bad.written, s.p.random.make<base::ProvinceId>(), s.a->scope()));
        s.refused(*s.a, bad, domain::kFalselySigned);
    }
    SECTION("used again by another officer's device") {
        s.refused(*s.a, stated(*s.reader), domain::kNoOfficerSigned);
    }
    SECTION("used again in another officer's name") {
        domain::Stated bad = stated(*s.reader);
        bad.officer = domain::officerNumber(officerOf(*s.a));
        s.refused(*s.a, bad, domain::kFalselySigned);
    }
    SECTION("an auditor's") {
        s.addOfficer(*s.a, "Kiểm toán viên", roles::kAuditor);
        REQUIRE(s.p.sync(*s.a));
        s.refused(*s.a, s.stated(*s.a, completion("Đã bàn giao"), 1), domain::kReaderSigned);
    }
    SECTION("of an officer who is not enrolled yet") {
        s.addOfficer(*s.a, "Trần Thị Lan", roles::kLeader);
        s.refused(*s.a, s.stated(*s.a, completion("Đã bàn giao"), 1), domain::kNoOfficerSigned);
    }
    SECTION("a replica that comes later finds the same") {
        s.refused(*s.a, completion("Đã bàn giao"), domain::kUnsigned);
        auto late = s.p.join("X01", roles::kOfficer);
        CHECK(Stating::reasonsOf(*late) ==
              std::vector<std::string>{std::string(domain::kUnsigned)});
    }
}

TEST_CASE("statement: what is written again after a fork keeps its signature") {
    Stating s;
    const domain::Change stated = s.stated(*s.a, completion("Đã bàn giao"));
    REQUIRE((*s.a)->append({s.a->scope(), {stated}}));
    auto told = (*s.a)->forked();
    CHECK((!told && told.error().code == Code::Forked));
    CHECK(s.resultOf(*s.a) == "Đã bàn giao");
    REQUIRE(s.p.sync(*s.a));
    REQUIRE(s.p.sync(*s.a));
    CHECK((*s.a)->forkCounts().restated == 1);
    CHECK((*s.a)->pendingEntries() == 0);
    for (Machine* one : {s.reader.get(), &s.p.office}) {
        REQUIRE(s.p.sync(*one));
        CHECK(s.resultOf(*one) == "Đã bàn giao");
        CHECK(Stating::reasonsOf(*one).empty());
    }
}

TEST_CASE("statement: who signs is the only one who may, or the one who is named") {
    Stating s;
    auto signer = [&](std::string_view name) { return syncing::signerOf(*s.a, name); };
    auto code = [&](std::string_view name) {
        auto answer = signer(name);
        REQUIRE_FALSE(answer);
        return answer.error().code;
    };
    REQUIRE(signer(""));
    CHECK(signer("")->name == "Lê Văn Đồng");
    CHECK(signer(" Lê Văn Đồng ")->key == officerOf(*s.a));
    CHECK(code("Trần Thị Lan") == Code::Usage);
    s.addOfficer(*s.a, "Kiểm toán viên", roles::kAuditor);
    REQUIRE(s.p.sync(*s.a));
    REQUIRE(signer(""));
    CHECK(signer("")->name == "Lê Văn Đồng");
    CHECK(code("Kiểm toán viên") == Code::NotPermitted);

    s.addOfficer(*s.a, "Trần Thị Lan", roles::kLeader);
    CHECK(code("") == Code::Usage);  // she may be the one who sits there
    CHECK(signer("").error().message.find("\"Lê Văn Đồng\", \"Trần Thị Lan\"") !=
          std::string::npos);
    CHECK(code("Trần Thị Lan") == Code::InvalidInput);
    REQUIRE(s.p.sync(*s.a));
    REQUIRE(signer("Trần Thị Lan"));
    CHECK(signer("Trần Thị Lan")->key == officerOf(*s.a, 2));

    s.addOfficer(*s.a, "Trần Thị Lan", roles::kClerk);
    REQUIRE(s.p.sync(*s.a));
    CHECK(code("Trần Thị Lan") == Code::Usage);
    const std::string third = officerOf(*s.a, 3).hex().substr(0, 8);
    CHECK(signer("Trần Thị Lan").error().message.find(third) != std::string::npos);
    REQUIRE(signer(third));
    CHECK(signer(third)->key == officerOf(*s.a, 3));

    auto auditor = s.p.join("X01", roles::kAuditor);
    auto none = syncing::signerOf(*auditor, "");
    REQUIRE_FALSE(none);
    CHECK(none.error().code == Code::NotPermitted);
}
