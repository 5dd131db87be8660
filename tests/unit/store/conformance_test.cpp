// Both stores through the same cases: what one of them does, the other does.

#include <map>
#include <thread>
#include "store/memory_store.h"
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

namespace {

struct InMemory {
    MemoryStore store;
    Store& get() { return store; }
};

struct OnDisk {
    SeededRandom random{1};
    TemporaryFolder folder;
    std::unique_ptr<LmdbStore> store;
    Store& get() {
        if (store == nullptr) {
            auto opened = LmdbStore::open(optionsFor(folder.path), random);
            REQUIRE(opened);
            store = std::move(*opened);
        }
        return *store;
    }
};

using Model = std::map<std::string, std::string>;

Model contentOf(const ReadTxn& txn, const Table& table, std::string_view from = {}) {
    Model found;
    std::string before;
    REQUIRE(txn.scan(table, bytesOf(from), [&](ByteView key, ByteView value) -> Result<bool> {
        REQUIRE((found.empty() || before < base::text(key)));
        before = base::text(key);
        found[before] = base::text(value);
        return true;
    }));
    return found;
}

std::optional<std::string> lastOf(const ReadTxn& txn, const Table& table, std::string_view prefix) {
    const auto last = txn.lastKey(table, bytesOf(prefix));
    REQUIRE(last);
    if (!*last) return {};
    return std::string(base::text(**last));
}

std::optional<std::string> lastOf(const Model& model, std::string_view prefix) {
    std::optional<std::string> last;
    for (const auto& [key, value] : model) {
        if (key.starts_with(prefix)) last = key;
    }
    return last;
}

/// Keys over few characters, so that they meet again, 0xff among them; values short and long.
std::string randomKey(SeededRandom& random) {
    constexpr std::string_view kCharacters{"\0ab\xff", 4};
    std::string key;
    for (std::size_t n = 1 + random.below(5); n > 0; --n) key += kCharacters[random.below(4)];
    return key;
}

std::string randomValue(SeededRandom& random) {
    const std::size_t size = random.below(8) == 0 ? random.below(20'000) : random.below(300);
    return std::string(base::text(random.bytes(size)));
}

void compare(const ReadTxn& txn, const std::array<Model, 2>& model, SeededRandom& random) {
    for (std::size_t t = 0; t < kTables.size(); ++t) {
        CHECK(contentOf(txn, kTables[t]) == model[t]);
        const std::string key = randomKey(random);
        CHECK(contentOf(txn, kTables[t], key) == Model(model[t].lower_bound(key), model[t].end()));
        CHECK(lastOf(txn, kTables[t], key) == lastOf(model[t], key));
        CHECK(lastOf(txn, kTables[t], "") == lastOf(model[t], ""));
        const auto it = model[t].find(key);
        const auto value = valueOf(txn, kTables[t], key);
        CHECK(value == (it == model[t].end() ? std::nullopt : std::optional(it->second)));
    }
}

void randomStep(WriteTxn& txn, std::array<Model, 2>& model, SeededRandom& random) {
    const std::size_t t = random.below(kTables.size());
    const std::string key = randomKey(random), value = randomValue(random);
    switch (random.below(4)) {
        case 0:
            REQUIRE(txn.erase(kTables[t], bytesOf(key)));
            model[t].erase(key);
            break;
        case 1: {
            const bool isLast = model[t].empty() || key > model[t].rbegin()->first;
            const Status done = txn.append(kTables[t], bytesOf(key), bytesOf(value));
            CHECK(done.has_value() == isLast);
            if (!done) CHECK(codeOf(done) == Code::Internal);
            if (done) model[t][key] = value;
            break;
        }
        default:
            REQUIRE(txn.put(kTables[t], bytesOf(key), bytesOf(value)));
            model[t][key] = value;
    }
}

}  // namespace

TEMPLATE_TEST_CASE("store: any run of operations equals a sorted map", "", InMemory, OnDisk) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        TestType made;
        Store& store = made.get();
        SeededRandom random(seed);
        std::array<Model, 2> committed;
        for (int round = 0; round < 25; ++round) {
            INFO("seed " << seed << ", round " << round);
            auto before = store.read();
            auto txn = store.write();
            REQUIRE((before && txn));
            std::array<Model, 2> model = committed;
            for (std::size_t steps = random.below(30); steps > 0; --steps) {
                randomStep(**txn, model, random);
            }
            compare(**txn, model, random);
            compare(**before, committed, random);
            const bool commits = random.below(4) != 0;
            if (commits) REQUIRE((*txn)->commit());
            compare(**before, committed, random);  // a reader keeps the state that it began with
            if (commits) committed = model;
            txn->reset();
            auto after = store.read();
            REQUIRE(after);
            compare(**after, committed, random);
        }
    }
}

TEMPLATE_TEST_CASE("store: a transaction without commit changes nothing", "", InMemory, OnDisk) {
    TestType made;
    putOne(made.get(), kFirst, "k", "old");
    {
        auto txn = made.get().write();
        REQUIRE(txn);
        REQUIRE((*txn)->put(kFirst, bytesOf("k"), bytesOf("new")));
        REQUIRE((*txn)->put(kFirst, bytesOf("l"), bytesOf("more")));
        CHECK(valueOf(**txn, kFirst, "k") == "new");
    }
    CHECK(valueOf(made.get(), kFirst, "k") == "old");
    CHECK(valueOf(made.get(), kFirst, "l") == std::nullopt);
}

TEMPLATE_TEST_CASE("store: keys of 1 to 511 bytes and empty values are kept", "", InMemory,
                   OnDisk) {
    TestType made;
    auto txn = made.get().write();
    REQUIRE(txn);
    const std::string longest(511, 'x'), tooLong(512, 'x');
    Bytes out;
    REQUIRE((*txn)->put(kFirst, bytesOf(longest), {}));
    CHECK(valueOf(**txn, kFirst, longest) == "");
    CHECK(codeOf((*txn)->put(kFirst, bytesOf(tooLong), {})) == Code::Limit);
    CHECK(codeOf((*txn)->put(kFirst, {}, {})) == Code::Limit);
    CHECK(codeOf((*txn)->erase(kFirst, {})) == Code::Limit);
    CHECK(codeOf((*txn)->get(kFirst, {}, out)) == Code::Limit);
    CHECK(codeOf((*txn)->put(Table{0, "meta"}, bytesOf("k"), {})) == Code::Internal);
    CHECK(lastOf(**txn, kFirst, tooLong) == std::nullopt);
    CHECK(contentOf(**txn, kFirst, tooLong).empty());
    REQUIRE((*txn)->commit());
    CHECK(valueOf(made.get(), kFirst, longest) == "");
}

TEMPLATE_TEST_CASE("store: a scan stops when told, passes errors on, and may read inside", "",
                   InMemory, OnDisk) {
    TestType made;
    for (const char* key : {"a", "b", "c"}) putOne(made.get(), kFirst, key, std::string("v") + key);
    auto txn = made.get().read();
    REQUIRE(txn);
    int seen = 0;
    REQUIRE(
        (*txn)->scan(kFirst, {}, [&](ByteView, ByteView) -> Result<bool> { return ++seen < 2; }));
    CHECK(seen == 2);
    CHECK(codeOf((*txn)->scan(kFirst, {}, [](ByteView, ByteView) -> Result<bool> {
              return base::fail(Code::Refused, "a visitor that refuses");
          })) == Code::Refused);
    Model inner;
    REQUIRE((*txn)->scan(kFirst, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        inner = contentOf(**txn, kFirst);
        CHECK("v" + std::string(base::text(key)) == base::text(value));
        return true;
    }));
    CHECK(inner.size() == 3);
}

TEMPLATE_TEST_CASE("store: a visitor cannot change or end what it scans", "", InMemory, OnDisk) {
    TestType made;
    putOne(made.get(), kFirst, "k", "v");
    auto txn = made.get().write();
    REQUIRE(txn);
    REQUIRE((*txn)->scan(kFirst, {}, [&](ByteView key, ByteView) -> Result<bool> {
        CHECK(codeOf((*txn)->put(kFirst, key, {})) == Code::Internal);
        CHECK(codeOf((*txn)->append(kFirst, key, {})) == Code::Internal);
        CHECK(codeOf((*txn)->erase(kFirst, key)) == Code::Internal);
        CHECK(codeOf((*txn)->commit()) == Code::Internal);
        return true;
    }));
    REQUIRE((*txn)->erase(kFirst, bytesOf("k")));
    REQUIRE((*txn)->commit());
    CHECK(valueOf(made.get(), kFirst, "k") == std::nullopt);
}

TEMPLATE_TEST_CASE("store: a transaction that has ended answers with an error", "", InMemory,
                   OnDisk) {
    TestType made;
    auto txn = made.get().write();
    REQUIRE(txn);
    REQUIRE((*txn)->commit());
    Bytes out;
    CHECK(codeOf((*txn)->commit()) == Code::Internal);
    CHECK(codeOf((*txn)->put(kFirst, bytesOf("k"), {})) == Code::Internal);
    CHECK(codeOf((*txn)->get(kFirst, bytesOf("k"), out)) == Code::Internal);
    CHECK(codeOf((*txn)->lastKey(kFirst, {})) == Code::Internal);
}

TEMPLATE_TEST_CASE("store: a second writer waits, on the same thread it is refused", "", InMemory,
                   OnDisk) {
    TestType made;
    auto first = made.get().write();
    REQUIRE(first);
    CHECK(codeOf(made.get().write()) == Code::Internal);
    REQUIRE((*first)->put(kFirst, bytesOf("k"), bytesOf("1")));
    std::string seen;
    bool done = false;
    std::thread other([&] {
        auto txn = made.get().write();
        Bytes out;
        if (txn && (*txn)->get(kFirst, bytesOf("k"), out)) seen = base::text(out);
        done = txn && (*txn)->put(kFirst, bytesOf("k"), bytesOf("2")) && (*txn)->commit();
    });
    REQUIRE((*first)->commit());
    other.join();
    CHECK(done);
    CHECK(seen == "1");
    CHECK(valueOf(made.get(), kFirst, "k") == "2");
}

TEST_CASE("store: ordered keys sort as numbers and read back") {
    const std::array<std::uint64_t, 5> numbers{0, 255, 256, 1ULL << 40, ~0ULL};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        CHECK(numberOfKey(orderedKey(numbers[i])) == numbers[i]);
        if (i > 0) CHECK(orderedKey(numbers[i - 1]) < orderedKey(numbers[i]));
    }
}
