#include "register/verify.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"

using base::Code;
using test::InMemoryProvince;

namespace {

struct Worked {
    Worked() : machine(province.join("X01", domain::roles::kOfficer)) {
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 3; ++i)
                REQUIRE((*machine)->append({machine->scope(), {test::note("việc")}}));
            REQUIRE(province.sync(*machine));
        }
        province.stopServer();
    }
    base::Result<reg::Verified> verify() {
        auto txn = province.serverStore.read();
        REQUIRE(txn);
        return reg::verifyLedgers(**txn);
    }
    template <class Change>
    void change(const Change& change) {
        auto txn = province.serverStore.write();
        REQUIRE(txn);
        change(**txn);
        REQUIRE((*txn)->commit());
    }
    InMemoryProvince province;
    std::unique_ptr<test::Machine> machine;
};

}  // namespace

TEST_CASE("verify: a whole store says what its ledgers are") {
    Worked w;
    auto verified = w.verify();
    REQUIRE(verified);
    CHECK(verified->province == (*w.machine)->identity().province);
    CHECK(verified->charterVersion == 1);
    REQUIRE(verified->ledgers.size() == 2);
    for (const auto& ledger : verified->ledgers) {
        if (ledger.scope == w.machine->scope()) CHECK(ledger.size == 9);
    }
    w.province.restartServer();
    CHECK(verified->lastArrival == w.province.reg->lastArrival());
    for (const auto& ledger : verified->ledgers) {
        CHECK(w.province.reg->state(ledger.scope).size == ledger.size);
        CHECK(w.province.reg->state(ledger.scope).root == ledger::shortRoot(ledger.root));
    }
}

TEST_CASE("verify: an empty store is whole") {
    store::MemoryStore store;
    auto txn = store.read();
    REQUIRE(txn);
    auto verified = reg::verifyLedgers(**txn);
    REQUIRE(verified);
    CHECK(verified->ledgers.empty());
}

TEST_CASE("verify: whatever is changed in records, index, chains or ledgers is found") {
    Worked w;
    const store::Table table =
        GENERATE(store::kLedgers, store::kRecords, store::kBlobs, store::kChains);
    base::Bytes key, value;
    {
        auto txn = w.province.serverStore.read();
        REQUIRE(txn);
        auto last = (*txn)->lastKey(table, {});
        REQUIRE(last);
        REQUIRE(*last);
        key = **last;
        REQUIRE((*txn)->get(table, key, value));
    }
    SECTION("a bit anywhere") {
        // The epoch stands in no record: a watermark and the devices know it.
        const std::size_t first = table.id == store::kLedgers.id ? sizeof(std::uint32_t) : 0;
        for (std::size_t at = first; at < value.size(); at += 1 + value.size() / 40) {
            base::Bytes changed = value;
            changed[at] ^= 4;
            w.change([&](store::WriteTxn& txn) { REQUIRE(txn.put(table, key, changed)); });
            INFO("byte " << at << " of a value of " << table.name);
            auto verified = w.verify();
            CHECK_FALSE(verified);
        }
    }
    SECTION("the whole of it") {
        w.change([&](store::WriteTxn& txn) { REQUIRE(txn.erase(table, key)); });
        CHECK_FALSE(w.verify());
    }
}
