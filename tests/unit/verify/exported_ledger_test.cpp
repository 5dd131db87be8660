// Whole ledgers, exported and checked from nothing.

#include "exporting.h"

using test::Exporting;
using test::Fault;
using test::Machine;
using verify::Language;

namespace {

struct Files {
    std::string directory, unit, openings;
};

base::Status put(std::string& out, base::ByteView bytes) {
    out += base::text(bytes);
    return {};
}

Files exported(Machine& from, const base::ScopeId& scope) {
    Files out;
    auto into = [](std::string& file) {
        return [&file](base::ByteView bytes) { return put(file, bytes); };
    };
    const auto& directory = from->directory().directory();
    REQUIRE(replica::exportLedger(from, directory.directoryScopeId(), into(out.directory)));
    REQUIRE(replica::exportLedger(from, scope, into(out.unit)));
    auto opened = replica::exportOpenings(from, scope, into(out.openings));
    REQUIRE(opened);
    CHECK(*opened == from->ledgerInfo(scope).size());
    return out;
}

verify::Verdict<verify::CheckedLedger> check(const Files& files, const base::Hash& root,
                                             std::string* list = nullptr) {
    std::istringstream directory(files.directory), unit(files.unit), openings(files.openings);
    verify::Parts parts{&directory, files.unit.empty() ? nullptr : &unit,
                        files.openings.empty() ? nullptr : &openings};
    return verify::checkLedger(parts, root, [&](const auto& entry, const auto& d) {
        if (list != nullptr) *list += verify::textOf(entry, d, Language::Vietnamese);
        return true;
    });
}

void refused(const Files& files, const base::Hash& root, Fault fault) {
    auto checked = check(files, root);
    REQUIRE_FALSE(checked);
    INFO(verify::codeName(checked.error().fault) << ": " << checked.error().detail);
    CHECK(verify::codeName(checked.error().fault) == verify::codeName(fault));
}

constexpr std::size_t kHeadBytes = ledger::kLedgerFileHeadBytes;

/// The records of a ledger file, with their lengths.
std::vector<std::string> recordsOf(const std::string& file) {
    std::vector<std::string> out;
    for (std::size_t at = kHeadBytes; at < file.size();) {
        base::Reader in(base::view(std::string_view(file).substr(at)));
        std::size_t size = 4 + in.u32();
        out.push_back(file.substr(at, size));
        at += size;
    }
    return out;
}

}  // namespace

TEST_CASE("exported ledger: all of it is proven, with who wrote how much") {
    Exporting e;
    Files files = exported(*e.a, e.a->scope());
    std::string list;
    auto checked = check(files, e.root, &list);
    REQUIRE(checked);
    CHECK(checked->unit == "X01");
    CHECK(checked->head.size == 2);
    CHECK(checked->authors.size() == 2);
    CHECK(checked->authors.at((*e.b)->identity().device).entries == 1);
    CHECK(checked->withoutRight == 0);
    CHECK(checked->notAllowed == 0);
    CHECK(checked->opened == 2);
    CHECK(list.find("Đã rà soát 12 hộ") < list.find("Đã thông xe chín đoạn"));
    CHECK(list.find("Đã thông xe chín đoạn") != std::string::npos);

    files.openings.clear();
    list.clear();
    REQUIRE(check(files, e.root, &list));
    CHECK(list.find("Đã rà soát") == std::string::npos);
    CHECK(list.find(e.first.hex().substr(0, 16)) != std::string::npos);

    files.unit.clear();
    list.clear();
    checked = check(files, e.root, &list);
    REQUIRE(checked);
    CHECK(checked->isDirectory);
    CHECK(list.find("lập tỉnh") != std::string::npos);
    CHECK(list.find("Xã Cồn Gió") != std::string::npos);
}

TEST_CASE("exported ledger: no byte of it can be changed, left out or added") {
    Exporting e;
    const Files files = exported(*e.a, e.a->scope());
    REQUIRE(check(files, e.root));
    for (auto part : {&Files::directory, &Files::unit, &Files::openings}) {
        const std::string& whole = files.*part;
        constexpr std::size_t kStep = 5;
        for (std::size_t at = 0; at < whole.size(); at += kStep) {
            Files bad = files;
            (bad.*part)[at] = static_cast<char>((bad.*part)[at] ^ 0x10);
            INFO("byte " << at);
            REQUIRE_FALSE(check(bad, e.root));
            (bad.*part) = whole.substr(0, at + 1 == whole.size() ? at : at + 1);
            REQUIRE_FALSE(check(bad, e.root));
        }
        Files bad = files;
        (bad.*part) += '\0';
        refused(bad, e.root, Fault::Damaged);
        bad.*part = whole + whole;
        CHECK_FALSE(check(bad, e.root));
    }
}

TEST_CASE(
    "exported ledger: parts of others, and records that are missing or swapped, are refused") {
    Exporting e;
    const Files files = exported(*e.a, e.a->scope());
    const Files other = exported(*e.c, e.c->scope());
    refused(files, ledger::LedgerHash::empty(), Fault::OtherRoot);
    Files bad = files;
    bad.openings = other.openings;
    refused(bad, e.root, Fault::OtherLedger);
    bad = files;
    bad.unit = files.directory;
    bad.openings.clear();
    CHECK_FALSE(check(bad, e.root));
    bad = files;
    bad.directory = files.unit;
    CHECK_FALSE(check(bad, e.root));
    bad = files;
    bad.unit = other.unit.substr(0, kHeadBytes) + files.unit.substr(kHeadBytes);
    refused(bad, e.root, Fault::OtherLedger);
    bad = files;
    bad.unit = "TSRC" + files.unit.substr(4);
    refused(bad, e.root, Fault::NotOurs);
    bad.unit = files.unit;
    bad.unit[4] = 2;
    refused(bad, e.root, Fault::NewerVersion);

    auto records = recordsOf(files.unit);
    REQUIRE(records.size() == 2);
    bad = files;
    bad.unit = files.unit.substr(0, kHeadBytes) + records[1] + records[0];
    bad.openings.clear();
    CHECK_FALSE(check(bad, e.root));
    bad.unit = files.unit.substr(0, kHeadBytes) + records[0];
    refused(bad, e.root, Fault::NotInLedger);
    bad.unit = files.unit.substr(0, kHeadBytes);
    CHECK_FALSE(check(bad, e.root));
    auto facts = recordsOf(files.directory);
    bad = files;
    bad.directory = files.directory.substr(0, kHeadBytes);
    for (std::size_t i = 0; i + 1 < facts.size(); ++i) bad.directory += facts[i];
    refused(bad, e.root, Fault::NotInLedger);
}

TEST_CASE("exported ledger: a body that stays closed is counted, and a list may be too long") {
    Exporting e;
    Files files = exported(*e.a, e.a->scope());
    std::fill(files.openings.end() - 64, files.openings.end(), '\0');
    auto checked = check(files, e.root);
    REQUIRE(checked);
    CHECK(checked->opened == 1);
    std::istringstream directory(files.directory), unit(files.unit);
    auto tooLong = verify::checkLedger({&directory, &unit, nullptr}, e.root,
                                       [](const auto&, const auto&) { return false; });
    REQUIRE_FALSE(tooLong);
    CHECK((tooLong.error().fault == Fault::TooLong));
}
