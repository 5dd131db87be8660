// The index of objects equals a map, whatever is new, moved over, cut off or read again.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "replica/id_index.h"
#include "replica/tables.h"

using base::Code;
using base::Result;
using base::Status;
using replica::IdIndex;

namespace {

using Model = std::map<IdIndex::Key, std::uint64_t>;

/// A store whose writing ends after so many transactions.
class Ending : public store::Store {
public:
    Ending(store::Store& of, std::size_t writes) : m_of(of), m_left(writes) {}
    Result<std::unique_ptr<store::ReadTxn>> read() override { return m_of.read(); }
    Result<std::unique_ptr<store::WriteTxn>> write() override {
        if (m_left == 0) return base::fail(Code::Io, "the disk is full");
        --m_left;
        return m_of.write();
    }
    Result<bool> hasRoom() override { return m_of.hasRoom(); }
    Status reopen() override { return m_of.reopen(); }

private:
    store::Store& m_of;
    std::size_t m_left;
};

struct Indexed {
    IdIndex::Key key() {
        IdIndex::Key out{};
        random.fill(out);
        return out;
    }
    /// So many new ones in one commit.
    void add(std::size_t count) {
        std::vector<IdIndex::Entry> entries;
        for (std::size_t i = 0; i < count; ++i) entries.push_back({key(), next++});
        auto txn = store.write();
        REQUIRE(txn);
        REQUIRE(index.add(**txn, entries));
        REQUIRE((*txn)->commit());
        index.committed();
        for (const auto& entry : entries) model[entry.key] = entry.row;
    }
    void check(const IdIndex& of) {
        auto txn = store.read();
        REQUIRE(txn);
        for (const auto& [key, row] : model) {
            auto found = of.find(**txn, key);
            REQUIRE(found);
            REQUIRE(*found == row);
        }
        REQUIRE(of.find(**txn, key()).value() == std::nullopt);
    }
    /// As it is, and as another process reads it.
    void check() {
        check(index);
        IdIndex again(kFull);
        auto txn = store.read();
        REQUIRE(txn);
        REQUIRE(again.load(**txn));
        REQUIRE(again.isFull() == index.isFull());
        check(again);
    }
    std::size_t countOf(const store::Table& table) {
        std::size_t out = 0;
        auto txn = store.read();
        REQUIRE(txn);
        REQUIRE((*txn)->scan(table, {}, [&](base::ByteView, base::ByteView) -> Result<bool> {
            ++out;
            return true;
        }));
        return out;
    }

    static constexpr std::size_t kFull = 10'000;
    test::SeededRandom random{7};
    store::MemoryStore store;
    IdIndex index{kFull};
    Model model;
    std::uint64_t next = 0;
};

}  // namespace

TEST_CASE("id index: small commits and large ones are found, in few values") {
    Indexed t;
    for (std::size_t i = 0; i < 300; ++i) t.add(1 + i % 3);
    CHECK(t.countOf(replica::kRecentIds) < 12);
    t.check();
    for (std::size_t i = 0; i < 3; ++i) t.add(4096);
    t.check();
    CHECK(t.index.isFull());
    CHECK(t.countOf(replica::kIds) == 0);
}

TEST_CASE("id index: once full it moves over, and goes on") {
    Indexed t;
    t.add(4000);
    t.add(6000);
    REQUIRE(t.index.isFull());
    REQUIRE(t.index.moveOver(t.store));
    CHECK_FALSE(t.index.isFull());
    CHECK(t.countOf(replica::kIds) == 10'000);
    CHECK(t.countOf(replica::kRecentIds) == 0);
    t.check();
    t.add(5);
    t.check();
}

TEST_CASE("id index: cut off while it moves over, everything is found and the next try ends it") {
    Indexed t;
    t.add(10'000);
    for (std::size_t writes = 0; writes < 3; ++writes) {
        Ending ending(t.store, writes);
        auto moved = t.index.moveOver(ending);
        REQUIRE_FALSE(moved);
        CHECK(moved.error().code == Code::Io);
        t.check();
    }
    REQUIRE(t.index.moveOver(t.store));
    t.check();
    CHECK(t.countOf(replica::kRecentIds) == 0);
}

TEST_CASE("id index: what was not committed is not found") {
    Indexed t;
    t.add(3);
    const IdIndex::Key lost = t.key();
    {
        auto txn = t.store.write();
        REQUIRE(txn);
        REQUIRE(t.index.add(**txn, {{lost, 99}}));
    }
    auto txn = t.store.read();
    REQUIRE(txn);
    CHECK(t.index.find(**txn, lost).value() == std::nullopt);
    txn = {};
    t.add(2);
    t.check();
}

TEST_CASE("id index: a value that is cut is damage") {
    Indexed t;
    auto txn = t.store.write();
    REQUIRE(txn);
    REQUIRE((*txn)->put(replica::kRecentIds, store::orderedKey(0), base::Bytes(25, 1)));
    REQUIRE((*txn)->commit());
    auto read = t.store.read();
    REQUIRE(read);
    auto loaded = t.index.load(**read);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == Code::Corrupt);
}
