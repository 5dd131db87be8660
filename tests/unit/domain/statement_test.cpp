// What an officer's signature is good for: one write, by one device of his, in one scope.

#include <catch2/catch.hpp>
#include "domain/directory.h"
#include "domain/row.h"
#include "province.h"

using domain::Field;
using domain::ObjectKind;
using domain::Stated;
using domain::Written;
using test::Member;
using test::Province;
namespace roles = domain::roles;

namespace {

const base::ObjectId kAssignment = base::ObjectId::from(base::Bytes(16, 9));
constexpr auto kCompleted = static_cast<std::int64_t>(domain::Status::Completed);

Written completion() {
    return {ObjectKind::Assignment,
            kAssignment,
            {{Field::Result, std::string("Đã bàn giao"), {7, 9}},
             {Field::CompletedOn, std::int64_t{20'400}, {}},
             {Field::Status, kCompleted, {7}}}};
}

struct Statements {
    Statements() {
        p.found();
        member = p.join("X01", roles::kOfficer);
        size = p.directory.size();
    }
    Stated stated(const Written& written, const crypto::SigningKey& key, const char* unit = "X01") {
        return {written, domain::officerNumber(key.publicKey),
                crypto::sign(key, crypto::Context::Statement,
                             domain::statementOf(written, p.id, p.scope(unit)))};
    }
    std::optional<std::string> reason(const domain::Change& change, const Member& by,
                                      const char* unit = "X01") {
        return domain::reasonWithoutEffect(p.directory, by.id(p.id), p.scope(unit), size, change);
    }
    std::optional<std::string> reason(const domain::Change& change) {
        return reason(change, member);
    }
    void setRule(const char* value) {
        REQUIRE_FALSE(p.apply(p.office, domain::RuleSet{"statements", value}));
        size = p.directory.size();
    }
    /// One more officer of the member's device, with this key.
    crypto::SigningKey addOfficer(domain::Roles as) {
        const base::DeviceId device = member.id(p.id);
        test::Ticket ticket = p.invite("X01", as, base::copy(device.view()));
        REQUIRE_FALSE(p.apply(p.office, ticket.change));
        auto key = crypto::SigningKey::generate(p.random);
        domain::OfficerEnrolled enrolled{ticket.keys.number, device, key.publicKey, {}};
        enrolled.signature =
            crypto::sign(ticket.keys.key, crypto::Context::Enrol, enrolled.statement(p.id));
        REQUIRE_FALSE(p.apply(member, enrolled));
        size = p.directory.size();
        return key;
    }

    Province p;
    Member member{p.random};
    std::uint64_t size = 0;
};

}  // namespace

TEST_CASE("statement: it counts with the signature of an officer of its device") {
    Statements s;
    CHECK_FALSE(s.reason(s.stated(completion(), s.member.officer)));
    s.setRule("required");
    CHECK_FALSE(s.reason(s.stated(completion(), s.member.officer)));
    // The province's officers state in every unit's ledger.
    CHECK_FALSE(s.reason(s.stated(completion(), s.p.office.officer), s.p.office));
    CHECK_FALSE(s.reason(s.stated(completion(), s.p.office.officer, "X02"), s.p.office, "X02"));
}

TEST_CASE("statement: a forged signature has no effect, whether the rule asks for one or not") {
    Statements s;
    for (const char* rule : {"optional", "required"}) {
        s.setRule(rule);
        for (std::size_t i : {0, 31, 32, 63}) {
            Stated bad = s.stated(completion(), s.member.officer);
            bad.signature.data[i] ^= 1;
            CHECK(s.reason(bad) == domain::kFalselySigned);
        }
        Stated empty = s.stated(completion(), s.member.officer);
        empty.signature = {};
        CHECK(s.reason(empty) == domain::kFalselySigned);
        Stated byDevice = s.stated(completion(), s.member.device);
        byDevice.officer = domain::officerNumber(s.member.officer.publicKey);
        CHECK(s.reason(byDevice) == domain::kFalselySigned);
    }
}

TEST_CASE("statement: it is good for nothing but the write that was signed") {
    Statements s;
    const Stated good = s.stated(completion(), s.member.officer);
    auto refuses = [&](auto change) {
        Stated bad = good;
        change(bad.written);
        return s.reason(bad) == domain::kFalselySigned;
    };
    CHECK(refuses([](Written& w) { w.id.data[15] ^= 1; }));
    CHECK(refuses([](Written& w) { w.fields[0].value = std::string("Đã bàn giao."); }));
    CHECK(refuses([](Written& w) { w.fields[0].value = std::monostate{}; }));
    CHECK(refuses([](Written& w) { w.fields[1].value = std::int64_t{20'401}; }));
    CHECK(refuses([](Written& w) { w.fields[0].replaces = {9, 7}; }));
    CHECK(refuses([](Written& w) { w.fields[0].replaces.pop_back(); }));
    CHECK(refuses([](Written& w) { w.fields[1].replaces = {7}; }));
    CHECK(refuses([](Written& w) { w.fields[1].field = Field::Percent; }));
    CHECK(refuses([](Written& w) { w.fields.pop_back(); }));
    CHECK(refuses([](Written& w) { std::swap(w.fields[0], w.fields[1]); }));
    CHECK(refuses([](Written& w) { w.fields.push_back(w.fields.back()); }));
    // An object of a newer version, whose fields are not known either.
    Written other{ObjectKind::Assignment, kAssignment, {}};
    Stated bad = s.stated(other, s.member.officer);
    bad.written.kind = ObjectKind::Task;
    CHECK(s.reason(bad) == domain::kFalselySigned);
}

TEST_CASE("statement: it is good in no other scope and no other province") {
    Statements s;
    CHECK(s.reason(s.stated(completion(), s.p.office.officer, "X01"), s.p.office, "X02") ==
          domain::kFalselySigned);
    Stated foreign = s.stated(completion(), s.member.officer);
    foreign.signature = crypto::sign(
        s.member.officer, crypto::Context::Statement,
        domain::statementOf(completion(), s.p.random.make<base::ProvinceId>(), s.p.scope("X01")));
    CHECK(s.reason(foreign) == domain::kFalselySigned);
}

TEST_CASE("statement: an officer signs on his own device, from his enrolment on, and no auditor") {
    Statements s;
    const Member other = s.p.join("X01", roles::kLeader);
    s.size = s.p.directory.size();
    const Stated others = s.stated(completion(), other.officer);
    CHECK_FALSE(s.reason(others, other));
    CHECK(s.reason(others) == domain::kNoOfficerSigned);
    Stated inHisName = s.stated(completion(), s.member.officer);
    inHisName.signature = others.signature;
    CHECK(s.reason(inHisName) == domain::kFalselySigned);
    CHECK(s.reason(s.stated(completion(), crypto::SigningKey::generate(s.p.random))) ==
          domain::kNoOfficerSigned);

    const crypto::SigningKey auditor = s.addOfficer(roles::kAuditor);
    CHECK(s.reason(s.stated(completion(), auditor)) == domain::kReaderSigned);
    const crypto::SigningKey nobody = s.addOfficer(0);
    CHECK(s.reason(s.stated(completion(), nobody)) == domain::kReaderSigned);

    const std::uint64_t before = s.size + 1;  // the size behind his invitation
    const crypto::SigningKey second = s.addOfficer(roles::kLeader);
    const Stated his = s.stated(completion(), second);
    CHECK_FALSE(s.reason(his));
    s.size = before;
    CHECK(s.reason(his) == domain::kNoOfficerSigned);
    CHECK_FALSE(s.reason(s.stated(completion(), s.member.officer)));
}

TEST_CASE("statement: a signature gives no right that the device does not have") {
    Statements s;
    const Written task{ObjectKind::Task, {}, {{Field::TaskContent, std::string("x"), {}}}};
    CHECK(s.reason(s.stated(task, s.member.officer)) ==
          "only the province writes the field content");
    CHECK(s.reason(s.stated(completion(), s.member.officer, "X02"), s.member, "X02") ==
          "the device had no right to write here");
    REQUIRE_FALSE(s.p.apply(s.p.office, domain::DeviceRevoked{s.member.id(s.p.id), "mất máy"}));
    s.size = s.p.directory.size();
    CHECK(s.reason(s.stated(completion(), s.member.officer)) ==
          "the device had no right to write here");
}

TEST_CASE("statement: the rule asks a unit for one with its completions, from its place on") {
    Statements s;
    auto write = [&](Field field, domain::Value value) {
        return s.reason(Written{ObjectKind::Assignment, kAssignment, {{field, value, {}}}});
    };
    CHECK_FALSE(s.p.directory.requiresStatements(s.size));
    CHECK_FALSE(s.reason(completion()));
    const std::uint64_t before = s.p.directory.size();
    s.setRule("required");
    CHECK(s.reason(completion()) == domain::kUnsigned);
    CHECK(write(Field::Status, kCompleted) == domain::kUnsigned);
    CHECK(write(Field::CompletedOn, std::int64_t{20'400}) == domain::kUnsigned);
    CHECK(write(Field::CompletedOn, std::monostate{}) == domain::kUnsigned);  // says another day
    CHECK_FALSE(write(Field::Status, std::int64_t{3}));
    CHECK_FALSE(write(Field::Status, std::monostate{}));
    CHECK_FALSE(write(Field::Result, std::string("Đang làm")));
    CHECK_FALSE(s.reason(completion(), s.p.office));
    const std::uint64_t required = s.size;
    s.size = before;
    CHECK_FALSE(s.reason(completion()));
    s.setRule("optional");
    CHECK_FALSE(s.reason(completion()));
    s.setRule("a value of a newer version");
    CHECK(s.reason(completion()) == domain::kUnsigned);
    s.size = required;
    CHECK(s.reason(completion()) == domain::kUnsigned);
}

TEST_CASE("statement: its bytes are those of the protocol") {
    base::ProvinceId province;
    province.data.fill(0xAB);
    base::ScopeId scope;
    scope.data.fill(0xCD);
    Written written{ObjectKind::Assignment,
                    kAssignment,
                    {{Field::Result, std::string("xong"), {1, 256}},
                     {Field::CompletedOn, std::int64_t{20'400}, {}},
                     {static_cast<Field>(300), std::vector{kAssignment}, {}},
                     {Field::Percent, std::monostate{}, {}}}};
    std::string expected = "077772697474656e";
    for (int i = 0; i < 32; ++i) expected += "ab";
    for (int i = 0; i < 16; ++i) expected += "cd";
    const std::string id = "09090909090909090909090909090909";
    expected += "03" + id + "04";
    expected +=
        "22"
        "02"
        "04786f6e67"
        "02"
        "0100000000000000"
        "0001000000000000";
    expected +=
        "23"
        "01"
        "e0be02"
        "00";
    expected +=
        "ac02"
        "03"
        "01" +
        id + "00";
    expected +=
        "24"
        "00"
        "00";
    CHECK(base::toHex(domain::statementOf(written, province, scope)) == expected);
    base::PublicKey key;
    key.data = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    CHECK(domain::officerNumber(key) == 0x0807060504030201ULL);
}

TEST_CASE("statement: a stated write is the write that it states") {
    const Written written = completion();
    domain::Change plain = written;
    domain::Change stated = Stated{written, 1, {}};
    for (domain::Change* change : {&plain, &stated}) {
        REQUIRE(domain::writtenIn(*change) != nullptr);
        CHECK((*domain::writtenIn(std::as_const(*change)) == written));
    }
    domain::Change noted = domain::Noted{};
    CHECK(domain::writtenIn(noted) == nullptr);
    CHECK(domain::onlyReads(0));
    CHECK(domain::onlyReads(roles::kAuditor));
    CHECK_FALSE(domain::onlyReads(roles::kAuditor | roles::kClerk));
    CHECK_FALSE(domain::onlyReads(1024));  // a role of a newer version
}
