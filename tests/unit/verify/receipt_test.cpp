// Receipts as a replica makes them and as a stranger checks them.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include "base/text.h"
#include "exporting.h"
#include "office/rules.h"
#include "sync/officers.h"

using test::Exporting;
using test::Fault;
using test::Machine;
using verify::Bound;
using verify::Content;
using verify::Language;

namespace {

const domain::Written kCompletion{
    domain::ObjectKind::Assignment, {}, {{domain::Field::CompletedOn, std::int64_t{20'400}, {}}}};

}  // namespace

TEST_CASE("receipt: who handed in which bytes is proven, not before when and received when") {
    Exporting e;
    ledger::Receipt made = e.receipt(*e.b, e.second);
    verify::CheckedReceipt r = e.good(made);
    CHECK(r.entry == e.second);
    CHECK(r.province.name == "Tỉnh Sông Trăng");
    CHECK(r.province.code == "ST");
    CHECK(r.unit == "X01");
    CHECK(r.unitName == "Xã Cồn Gió");
    CHECK(r.author.device == (*e.b)->identity().device);
    CHECK(r.author.unit == "X01");
    REQUIRE(r.author.officers.size() == 1);
    CHECK(r.author.officers[0].name == "Lê Văn Đồng");
    CHECK(r.author.officers[0].roles == (domain::roles::kOfficer | domain::roles::kLeader));
    CHECK(r.position == 1);
    CHECK(r.received - r.claimed == 60'000);
    // The author had seen the first entry of the ledger, which it names by the root there.
    CHECK((r.notBefore.how == Bound::How::Shown));
    CHECK(r.notBefore.time == r.received - 3'660'000);
    CHECK((r.stated.how == Bound::How::Shown));
    CHECK((r.said.content == Content::Closed));
    CHECK(made.encode().size() < 16 * 1024);

    // Who had seen nothing of the ledger is not said to have.
    CHECK((e.good(e.receipt(*e.a, e.first)).notBefore.how == Bound::How::NothingSeen));
}

TEST_CASE("receipt: it opens its own entry only where that was asked for") {
    Exporting e;
    ledger::Receipt opened = e.receipt(*e.a, e.second, replica::Bodies::Opened);
    verify::CheckedReceipt r = e.good(opened);
    REQUIRE((r.said.content == Content::Told));
    REQUIRE(r.said.changes.size() == 1);
    CHECK(std::get<domain::Noted>(r.said.changes[0]).text == "Đã thông xe chín đoạn");
    CHECK_FALSE(r.said.withoutEffect[0]);
    ledger::Receipt other = e.receipt(*e.a, e.first, replica::Bodies::Opened);
    std::swap(opened.opening, other.opening);
    e.refused(opened, Fault::OpeningWrong);
    e.refused(other, Fault::OpeningWrong);
}

TEST_CASE(
    "receipt: every entry of every unit has one, whoever wrote it and wherever in its record") {
    Exporting e;
    auto& office = e.p.office;
    // Many entries of one device in one record, by the province in a commune's ledger.
    std::vector<replica::Act> acts;
    for (int i = 0; i < 5; ++i)
        acts.push_back({e.a->scope(), {test::note("việc " + std::to_string(i))}});
    auto hashes = office->appendAll(acts, replica::Cost::Bulk);
    REQUIRE(hashes);
    REQUIRE(e.p.sync(office));
    hashes->insert(hashes->end(), {e.first, e.second, e.other});
    std::size_t later = 0;
    for (const base::Hash& hash : *hashes) {
        ledger::Receipt receipt = e.receipt(office, hash, replica::Bodies::Opened);
        later += receipt.entry.later.size();
        verify::CheckedReceipt r = e.good(receipt);
        CHECK(r.entry == hash);
        CHECK((r.said.content == Content::Told));
        CHECK(r.author.unit == (hash == e.other                       ? "X02"
                                : hash == e.first || hash == e.second ? "X01"
                                                                      : "ST"));
        auto again = ledger::Receipt::decode(receipt.encode());
        REQUIRE(again);
        CHECK(again->encode() == receipt.encode());
    }
    CHECK(later == 4 + 3 + 2 + 1);
}

TEST_CASE("receipt: who has signed a completion is told and was checked, or that nobody has") {
    Exporting e;
    Machine& a = *e.a;
    auto handIn = [&](const domain::Change& change) {
        auto hash = a->append({a.scope(), {change}});
        REQUIRE(hash);
        REQUIRE(e.p.sync(a));
        return *hash;
    };
    auto signedBy = [&](std::size_t officer) {
        auto stated =
            a->state(a.scope(), kCompletion, a->identity().officerKeys.at(officer).publicKey);
        REQUIRE(stated);
        return *stated;
    };
    auto told = [&](const ledger::Receipt& receipt, const char* vi, const char* en,
                    const std::optional<std::string>& name) {
        verify::CheckedReceipt r = e.good(receipt);
        CHECK(verify::textOf(r, Language::Vietnamese).find(vi) != std::string::npos);
        CHECK(verify::textOf(r, Language::English).find(en) != std::string::npos);
        const verify::Json json = verify::jsonOf(r, Language::English);
        CHECK(json["content"]["changes"][0]["signed_by"] ==
              (name ? verify::Json(*name) : verify::Json()));
        return json["content"]["changes"][0]["without_effect"];
    };
    auto receiptOf = [&](const base::Hash& entry) {
        return e.receipt(a, entry, replica::Bodies::Opened);
    };

    const base::Hash first = handIn(signedBy(0));
    CHECK(told(receiptOf(first), "Lê Văn Đồng (cán bộ) đã ký", "signed in person by Lê Văn Đồng",
               "Lê Văn Đồng")
              .is_null());
    // A second officer of the device is told from the first.
    auto invited = office::invite(
        *e.p.office.replica, {"", "Trần Thị Lan", domain::roles::kLeader, 3'600'000, "server:7443",
                              a->identity().device.hex().substr(0, 8)});
    REQUIRE(invited);
    e.p.settleOffice();
    REQUIRE(e.p.sync(a));
    REQUIRE(syncing::addOfficer(a, invited->invitation));
    REQUIRE(e.p.sync(a));
    const base::Hash second = handIn(signedBy(1));
    CHECK(told(receiptOf(second), "Trần Thị Lan (lãnh đạo) đã ký",
               "signed in person by Trần Thị Lan (leader)", "Trần Thị Lan")
              .is_null());
    CHECK(told(receiptOf(first), "Lê Văn Đồng (cán bộ) đã ký", "signed in person by Lê Văn Đồng",
               "Lê Văn Đồng")
              .is_null());

    auto refused = [&](const domain::Change& change, const char* vi, std::string_view reason) {
        auto verdict = e.p.push(a->identity().device, test::smuggled(e.p, a, a.scope(), change));
        REQUIRE((verdict && !*verdict));
        REQUIRE(e.p.sync(e.p.office));
        auto audit = e.p.office->audit();
        REQUIRE((audit && !audit->empty()));
        const ledger::Receipt receipt =
            e.receipt(e.p.office, audit->back().entry, replica::Bodies::Opened);
        CHECK(told(receipt, vi, std::string(reason).c_str(), {}) == std::string(reason));
        CHECK(told(receipt, "không có chữ ký hợp lệ", "no officer has validly signed", {}) ==
              std::string(reason));
        return receipt;
    };
    domain::Change forged = signedBy(0);
    std::get<domain::Stated>(forged).signature.data[0] ^= 1;
    refused(forged, "chữ ký của cán bộ không đúng", domain::kFalselySigned);
    std::get<domain::Stated>(forged).officer ^= 1;
    refused(forged, "không phải cán bộ của thiết bị", domain::kNoOfficerSigned);
    refused(kCompletion, "phải có chữ ký của cán bộ", domain::kUnsigned);

    // The rule that was in force then comes along.
    REQUIRE(office::setRule(*e.p.office.replica, "statements", "optional"));
    REQUIRE(e.p.sync(e.p.office));
    REQUIRE(e.p.sync(a));
    ledger::Receipt plain = receiptOf(handIn(kCompletion));
    CHECK(told(plain, "không có chữ ký hợp lệ", "no officer has validly signed", {}).is_null());
    REQUIRE(std::erase_if(plain.items, [&](const ledger::Receipt::Item& item) {
                auto* proof = std::get_if<ledger::EntryProof>(&item);
                return proof != nullptr && proof->position + 1 == e.p.office->directory().size();
            }) == 1);
    CHECK(told(plain, "phải có chữ ký của cán bộ", "needs the signature", {}) ==
          std::string(domain::kUnsigned));
}

TEST_CASE("receipt: an administrator who was invited himself is shown back to genesis") {
    Exporting e;
    auto second = e.p.join("ST", domain::roles::kAdministrator | domain::roles::kProvincial);
    auto invitation = office::invite(
        *second, {"X02", "Y Hơ Riêng", domain::roles::kLeader, 86'400'000, "server:7443"});
    REQUIRE(invitation);
    REQUIRE(e.p.sync(*second));
    auto joining = syncing::prepareJoining(invitation->invitation, "", e.p.random);
    REQUIRE(joining);
    test::Machine d;
    auto replica = replica::Replica::create(d.store, e.p.clock, e.p.random,
                                            {joining->identity, joining->change});
    REQUIRE(replica);
    d.replica = std::move(*replica);
    auto introduction = d->introductionSegment();
    REQUIRE(introduction);
    REQUIRE(e.p.introduce(*d.replica, *introduction));
    e.p.settleOffice();
    REQUIRE(e.p.sync(d));
    base::Hash hash = e.write(d, "Việc mới");
    verify::CheckedReceipt r = e.good(e.receipt(d, hash));
    CHECK(r.author.officers[0].name == "Y Hơ Riêng");

    // Without what shows that administrator, his invitation is nobody's.
    ledger::Receipt less = e.receipt(d, hash);
    std::erase_if(less.items, [&](const ledger::Receipt::Item& item) {
        auto* proof = std::get_if<ledger::EntryProof>(&item);
        return proof != nullptr && proof->device == (*second)->identity().device && proof->seq == 0;
    });
    CHECK(less.items.size() + 1 == e.receipt(d, hash).items.size());
    e.refused(less, Fault::DeviceUnknown);
}

TEST_CASE("receipt: what is not ordered, not there or of the directory has none, with a sentence") {
    Exporting e;
    auto refusal = [&](const std::string& entry) {
        auto made = replica::makeReceipt(*e.a, entry, replica::Bodies::Closed);
        REQUIRE_FALSE(made);
        CHECK(base::sentence(made.error().message) == made.error().message);
        return made.error();
    };
    auto pending = (*e.a)->append({e.a->scope(), {test::note("chưa gửi")}});
    REQUIRE(pending);
    CHECK(refusal(pending->hex()).message.find("thongsuot sync") != std::string::npos);
    CHECK((refusal(std::string(64, '0')).code == base::Code::NotFound));
    CHECK((refusal("xyz").code == base::Code::InvalidInput));
    base::Hash ofDirectory;
    REQUIRE((*e.a)->eachRecord((*e.a)->directory().directory().directoryScopeId(), 0,
                               [&](const store::StoredRecord& stored) -> base::Result<bool> {
                                   TRY(auto opened, store::openRecord(stored));
                                   ofDirectory = opened.entries[0].hash;
                                   return false;
                               }));
    CHECK(refusal(ofDirectory.hex()).message.find("ledger export directory") != std::string::npos);
    CHECK((refusal(e.other.hex()).code == base::Code::NotFound));  // not read here
    CHECK(e.good(*replica::makeReceipt(*e.a, e.first.hex().substr(0, 12), replica::Bodies::Closed))
              .entry == e.first);
}

TEST_CASE("receipt: what came later neither changes nor weakens it") {
    Exporting e;
    ledger::Receipt before = e.receipt(*e.a, e.first);
    REQUIRE(office::revoke(*e.p.office.replica, (*e.a)->identity().device.hex(), "mất máy"));
    e.p.settleOffice();
    e.write(*e.b, "Sau đó");
    verify::CheckedReceipt r = e.good(before);
    CHECK(r.entry == e.first);
    verify::CheckedReceipt newer = e.good(e.receipt(*e.b, e.first));
    CHECK(newer.entry == e.first);
    CHECK(newer.received == r.received);
    CHECK(newer.head.size == r.head.size + 1);
}

// The figures of docs/adr/0012: test_verify "[sizes]"
TEST_CASE("receipt: its size in a province of 96 communes and 200 devices", "[.][sizes]") {
    Exporting e;
    auto& office = e.p.office;
    std::vector<office::UnitLine> units;
    for (int i = 3; i <= 96; ++i) {
        std::string code = "X" + std::to_string(100 + i);
        units.push_back({code, "Xã số " + code, domain::UnitLevel::Commune, ""});
    }
    REQUIRE(office::importUnits(*office.replica, units));
    e.p.settleOffice();
    auto tell = [&](const std::string& what, test::Machine& from, const base::Hash& entry) {
        auto began = std::chrono::steady_clock::now();
        base::Bytes bytes = e.receipt(from, entry).encode();
        auto made = std::chrono::steady_clock::now();
        REQUIRE(verify::checkReceipt(bytes, e.root));
        auto checked = std::chrono::steady_clock::now();
        auto us = [](auto start, auto end) {
            return std::chrono::duration_cast<std::chrono::microseconds>(end - start).count();
        };
        std::printf(
            "%s: %zu bytes, directory %llu entries, ledger %llu; made in %lld us, checked in "
            "%lld us\n",
            what.c_str(), bytes.size(), static_cast<unsigned long long>(from->directory().size()),
            static_cast<unsigned long long>(from->ledgerInfo(from.scope()).size()),
            static_cast<long long>(us(began, made)), static_cast<long long>(us(made, checked)));
        std::fflush(stdout);
    };
    auto early = e.p.join("X103", domain::roles::kOfficer);
    tell("an early device", *early, e.write(*early, "Đã xong"));
    constexpr std::size_t kDevices = 200;
    while (office->directory().directory().devices().size() < kDevices) {
        std::size_t n = office->directory().directory().devices().size();
        e.p.join(units[n % units.size()].code, domain::roles::kOfficer);
    }
    auto last = e.p.join("X150", domain::roles::kOfficer);
    tell("a late device", *last, e.write(*last, "Đã xong"));
    REQUIRE(e.p.sync(*early));
    tell("an early device, later", *early, e.write(*early, "Đã xong lần nữa"));
    std::vector<replica::Act> acts;
    for (int i = 0; i < 5000; ++i)
        acts.push_back({early->scope(), {test::note("việc " + std::to_string(i))}});
    auto hashes = (*early)->appendAll(acts, replica::Cost::Bulk);
    REQUIRE(hashes);
    REQUIRE(e.p.sync(*early));
    tell("first of a long record", *early, hashes->front());
    tell("last of 5,000", *early, hashes->back());
}

// Writes the golden receipt: THONGSUOT_GOLDEN_RECEIPT=FILE test_verify "[golden]"
TEST_CASE("receipt: the golden one is written where that is asked for", "[.][golden]") {
    const char* path = std::getenv("THONGSUOT_GOLDEN_RECEIPT");
    REQUIRE(path != nullptr);
    Exporting e;
    ledger::Receipt closed = e.receipt(*e.a, e.second);
    ledger::Receipt opened = e.receipt(*e.a, e.second, replica::Bodies::Opened);
    verify::Json json{
        {"layout", "receipts"}, {"root", e.root.hex()}, {"accepts", verify::Json::array()}};
    for (const auto& [name, receipt] :
         {std::pair{"closed", &closed}, std::pair{"opened", &opened}}) {
        json["accepts"].push_back(
            {{"name", name},
             {"bytes", base::toHex(receipt->encode())},
             {"expect", verify::jsonOf(e.good(*receipt), Language::Vietnamese)}});
    }
    std::ofstream out(path, std::ios::binary);
    out << json.dump(1) << "\n";
    REQUIRE(out.flush());
}
