#pragma once
// A province with some work in it, and what is exported from it.

#include <catch2/catch.hpp>
#include <sstream>
#include "../province/in_memory.h"
#include "office/administration.h"
#include "replica/receipt_export.h"
#include "sync/enrolment.h"
#include "verify/report.h"

namespace test {

using ledger::Receipt;
using verify::Fault;

struct Exporting {
    Exporting() {
        a = p.join("X01", domain::roles::kOfficer);
        b = p.join("X01", domain::roles::kOfficer | domain::roles::kLeader);
        c = p.join("X02", domain::roles::kClerk);
        first = write(*a, "Đã rà soát 12 hộ");
        REQUIRE(p.sync(*b));
        second = write(*b, "Đã thông xe chín đoạn");
        other = write(*c, "Việc của xã khác");
        REQUIRE(p.sync(*a));
        REQUIRE(p.sync(p.office));
        root = replica::rootFingerprint(p.office->directory().directory());
    }
    /// One entry, received an hour later.
    base::Hash write(Machine& machine, const std::string& text) {
        p.clock.now += 3'600'000;
        auto hash = machine->append({machine.scope(), {note(text)}});
        REQUIRE(hash);
        p.clock.now += 60'000;
        REQUIRE(p.sync(machine));
        return *hash;
    }
    Receipt receipt(Machine& from, const base::Hash& entry,
                    replica::Bodies bodies = replica::Bodies::Closed) const {
        auto made = replica::makeReceipt(from, entry.hex(), bodies);
        if (!made) FAIL(made.error().message);
        return *made;
    }
    verify::Verdict<verify::CheckedReceipt> check(const Receipt& receipt) const {
        return verify::checkReceipt(receipt.encode(), root);
    }
    /// The receipt holds.
    verify::CheckedReceipt good(const Receipt& receipt) const {
        auto checked = check(receipt);
        if (!checked) {
            FAIL(verify::codeName(checked.error().fault) << ": " << checked.error().detail);
        }
        return *checked;
    }
    /// The receipt is refused for this reason.
    void refused(const Receipt& receipt, Fault fault) const {
        auto checked = check(receipt);
        REQUIRE_FALSE(checked);
        INFO(verify::codeName(checked.error().fault) << ": " << checked.error().detail);
        CHECK(verify::codeName(checked.error().fault) == verify::codeName(fault));
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a, b, c;
    base::Hash first, second, other;
    base::Hash root;
};

}  // namespace test
