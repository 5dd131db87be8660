#include "store/memory_store.h"
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

TEST_CASE("memory store: a planned failure loses or keeps the commit, then writes are refused") {
    for (const FailedCommit outcome : {FailedCommit::Lost, FailedCommit::Kept}) {
        MemoryStore store;
        putOne(store, kFirst, "k", "old");
        store.failNextCommit(outcome);
        {
            auto txn = store.write();
            REQUIRE(txn);
            REQUIRE((*txn)->put(kFirst, bytesOf("k"), bytesOf("new")));
            CHECK(codeOf((*txn)->commit()) == Code::Io);
        }
        CHECK(codeOf(store.write()) == Code::Io);
        CHECK(valueOf(store, kFirst, "k") == (outcome == FailedCommit::Lost ? "old" : "new"));
        store.reopen();
        putOne(store, kFirst, "k", "again");
        CHECK(valueOf(store, kFirst, "k") == "again");
    }
}

TEST_CASE("memory store: a clone is the committed state, and both go their own ways") {
    MemoryStore store;
    putOne(store, kFirst, "k", "1");
    auto open = store.write();
    REQUIRE(open);
    REQUIRE((*open)->put(kFirst, bytesOf("k"), bytesOf("2")));
    const std::unique_ptr<MemoryStore> image = store.clone();
    REQUIRE((*open)->commit());
    putOne(*image, kSecond, "only", "here");
    putOne(*image, kFirst, "k", "3");
    CHECK(valueOf(store, kFirst, "k") == "2");
    CHECK(valueOf(store, kSecond, "only") == std::nullopt);
    CHECK(valueOf(*image, kFirst, "k") == "3");
}
