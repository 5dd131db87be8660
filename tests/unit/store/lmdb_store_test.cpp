// What only a store on disk has: keys, damage, full disks, processes that end.

#include "store/lmdb_store.h"
#include <fcntl.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <csignal>
#include <fstream>
#include "store/lmdb_layout.h"
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

namespace {

struct Disk {
    SeededRandom random{3};
    TemporaryFolder folder;
    Path path = folder.path / "store";
    Path data = path / "data.mdb";

    Result<std::unique_ptr<LmdbStore>> tryOpen() { return tryOpen(optionsFor(path)); }
    Result<std::unique_ptr<LmdbStore>> tryOpen(const LmdbStore::Options& options) {
        return LmdbStore::open(options, random);
    }
    std::unique_ptr<LmdbStore> open() {
        auto store = tryOpen();
        if (!store) FAIL(store.error().message);
        return std::move(*store);
    }
};

Bytes contentOf(const Path& path) {
    auto bytes = readFile(path, 64 << 20);
    REQUIRE(bytes);
    return *bytes;
}

void overwrite(const Path& path, ByteView bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << base::text(bytes);
}

/// Where `needle` lies in the file; it must lie there.
std::size_t placeOf(const Bytes& bytes, std::string_view needle) {
    const std::size_t at = base::text(bytes).find(needle);
    REQUIRE(at != std::string::npos);
    return at;
}

/// Runs `body` in a child process; what it returned, or 100 + the signal that killed it.
int inChild(const std::function<int()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/// Leaves pages behind the end of the file that were taken and freed within one transaction.
void writeAndEraseMuch(Store& store, SeededRandom& random) {
    auto txn = store.write();
    REQUIRE(txn);
    const std::uint64_t count = 40 + random.below(60), keptEvery = 3 + random.below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
        REQUIRE((*txn)->put(kFirst, orderedKey(i), random.bytes(100 + random.below(9000))));
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        if (i % keptEvery != 0) REQUIRE((*txn)->erase(kFirst, orderedKey(i)));
    }
    REQUIRE((*txn)->commit());
}

/// LMDB's own view: is the file shorter than its last page number says?
bool isShort(const Path& folder) {
    MDB_env* env = nullptr;
    MDB_envinfo info{};
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_open(env, folder.c_str(), MDB_RDONLY, 0600) == 0);
    REQUIRE(mdb_env_info(env, &info) == 0);
    mdb_env_close(env);
    return std::filesystem::file_size(folder / "data.mdb") < (info.me_last_pgno + 1) * 4096;
}

}  // namespace

TEST_CASE("lmdb store: commits are there after reopening, uncommitted changes are not") {
    Disk disk;
    {
        auto store = disk.open();
        putOne(*store, kFirst, "a", "1");
        auto txn = store->write();
        REQUIRE((*txn)->put(kFirst, bytesOf("b"), bytesOf("2")));
    }
    auto store = disk.open();
    CHECK(valueOf(*store, kFirst, "a") == "1");
    CHECK(valueOf(*store, kFirst, "b") == std::nullopt);
    CHECK(store->check());
    CHECK(store->sizeBytes() == std::filesystem::file_size(disk.data));
}

TEST_CASE("lmdb store: a process that dies before its commit leaves the last one") {
    Disk disk;
    CHECK(inChild([&] {
              auto store = disk.open();
              putOne(*store, kFirst, "a", "1");
              auto txn = store->write();
              for (std::uint64_t i = 0; i < 1000; ++i) {
                  if (!(*txn)->put(kSecond, orderedKey(i), Bytes(5000))) return 1;
              }
              ::raise(SIGKILL);
              return 0;
          }) == 100 + SIGKILL);
    auto store = disk.open();
    CHECK(valueOf(*store, kFirst, "a") == "1");
    CHECK(valueOf(*store, kSecond, base::text(orderedKey(0))) == std::nullopt);
    putOne(*store, kFirst, "a", "2");
}

TEST_CASE("lmdb store: another key does not open it, and it is no plain text") {
    Disk disk;
    putOne(*disk.open(), kFirst, "key", "a planted plain text of the office");
    auto options = optionsFor(disk.path);
    options.masterKey = keyOf(8);
    CHECK(codeOf(disk.tryOpen(options)) == Code::WrongPassphrase);
    const Bytes bytes = contentOf(disk.data);
    CHECK(base::text(bytes).find("planted") == std::string::npos);
    CHECK(valueOf(*disk.open(), kFirst, "key") == "a planted plain text of the office");
}

TEST_CASE("lmdb store: a flipped bit is Corrupt when that value is read, others still read") {
    Disk disk;
    {
        auto store = disk.open();
        putOne(*store, kFirst, "key-of-one", "the value of one");
        putOne(*store, kFirst, "key-of-two", "the value of two");
    }
    const Bytes whole = contentOf(disk.data);
    // In a leaf the key is followed by its value: nonce, ciphertext, tag. Old copies of the page
    // come first or last, so each copy is damaged.
    for (const std::size_t offset : {0UL, 24UL, 39UL, 55UL}) {
        Bytes bytes = whole;
        const std::string_view needle = "key-of-two";
        for (std::size_t at = placeOf(bytes, needle); at != std::string::npos;
             at = base::text(bytes).find(needle, at + 1)) {
            if (at + needle.size() + offset < bytes.size()) bytes[at + needle.size() + offset] ^= 4;
        }
        overwrite(disk.data, bytes);
        auto store = disk.open();
        auto txn = store->read();
        Bytes out;
        CHECK(valueOf(**txn, kFirst, "key-of-one") == "the value of one");
        CHECK(codeOf((*txn)->get(kFirst, bytesOf("key-of-two"), out)) == Code::Corrupt);
        CHECK(out.empty());
        CHECK(codeOf(store->check()) == Code::Corrupt);
    }
}

TEST_CASE("lmdb store: a value moved to another key or table does not open") {
    Disk disk;
    {
        auto store = disk.open();
        putOne(*store, kFirst, "key-of-one", "the value of one");
    }
    Bytes bytes = contentOf(disk.data);
    const std::string_view needle = "key-of-one";
    for (std::size_t at = placeOf(bytes, needle); at != std::string::npos;
         at = base::text(bytes).find(needle, at + 1)) {
        bytes[at + 7] = 'O';
    }
    overwrite(disk.data, bytes);
    auto store = disk.open();
    auto txn = store->read();
    Bytes out;
    CHECK(codeOf((*txn)->get(kFirst, bytesOf("key-of-One"), out)) == Code::Corrupt);

    Disk other;
    std::array<Table, 2> swapped{Table{2, "first"}, Table{1, "second"}};
    putOne(*other.open(), kFirst, "k", "v");
    auto options = optionsFor(other.path);
    options.tables = swapped;
    auto wrong = other.tryOpen(options);
    REQUIRE(wrong);
    auto wrongTxn = (*wrong)->read();
    CHECK(codeOf((*wrongTxn)->get(swapped[0], bytesOf("k"), out)) == Code::Corrupt);
}

TEST_CASE("lmdb store: a data file cut anywhere is Corrupt at opening, without a crash") {
    Disk disk;
    {
        auto store = disk.open();
        for (std::uint64_t i = 0; i < 40; ++i) {
            putOne(*store, kFirst, base::text(orderedKey(i)), std::string(3000, 'x'));
        }
    }
    REQUIRE_FALSE(isShort(disk.path));
    const Bytes whole = contentOf(disk.data);
    for (std::size_t size = 0; size < whole.size(); size += 4096 + size % 1000) {
        overwrite(disk.data, ByteView(whole).first(size));
        const int answer = inChild([&] {
            auto store = disk.tryOpen();
            return store ? 0 : store.error().code == Code::Corrupt ? 7 : 8;
        });
        INFO("cut to " << size << " of " << whole.size());
        CHECK(answer == 7);
    }
    std::filesystem::remove(disk.data);
    CHECK(codeOf(disk.tryOpen()) == Code::Corrupt);
}

TEST_CASE("lmdb store: a healthy short file opens, and cut further it is whole or Corrupt") {
    Disk disk;
    int shortStores = 0, corrupt = 0;
    for (int round = 0; round < 25; ++round) {
        {
            auto store = disk.open();
            writeAndEraseMuch(*store, disk.random);
            REQUIRE(store->check());
        }
        if (!isShort(disk.path)) continue;
        ++shortStores;
        REQUIRE(disk.open()->check());
        const Bytes whole = contentOf(disk.data);
        for (const std::size_t kept : {99UL, 75UL, 50UL, 25UL}) {
            overwrite(disk.data, ByteView(whole).first(whole.size() * kept / 100));
            const int answer = inChild([&] {
                auto store = disk.tryOpen();
                if (!store) return store.error().code == Code::Corrupt ? 7 : 8;
                return (*store)->check() ? 0 : 9;  // what was cut off was free
            });
            INFO("round " << round << ", " << kept << " % kept");
            CHECK((answer == 0 || answer == 7));
            corrupt += answer == 7 ? 1 : 0;
        }
        overwrite(disk.data, whole);
    }
    CHECK(shortStores > 0);
    CHECK(corrupt > 0);
}

TEST_CASE("lmdb layout: a damaged free list is answered, whatever it says") {
    Disk disk;
    {
        auto store = disk.open();
        for (int i = 0; i < 20; ++i) writeAndEraseMuch(*store, disk.random);
    }
    const Bytes whole = contentOf(disk.data);
    const Path copy = disk.folder.path / "damaged";
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        Bytes bytes = whole;
        // Page 0 is left out, so that page 1 or a root behind it is walked with the damage in it.
        for (int i = 0; i < 200; ++i) {
            const std::size_t at = 8192 + disk.random.below(bytes.size() - 8192);
            bytes[at / 4096 * 4096 + at % 64] = static_cast<std::uint8_t>(disk.random.below(256));
        }
        std::uint64_t lastPages[2];
        std::memcpy(&lastPages[0], bytes.data() + 136, 8);
        std::memcpy(&lastPages[1], bytes.data() + 4096 + 136, 8);
        overwrite(copy, ByteView(bytes).first(bytes.size() - 4096 * disk.random.below(8)));
        FileDescriptor fd(::open(copy.c_str(), O_RDONLY | O_CLOEXEC));
        for (const std::uint64_t lastPage : lastPages) {
            if (!isWhole({fd.get(), 4096, std::filesystem::file_size(copy), lastPage})) ++refused;
        }
    }
    CHECK(refused > 100);
}

TEST_CASE("lmdb store: a creation that was cut short is begun again") {
    for (const std::string_view left : {"", "half a page", "TSSTORE"}) {
        Disk disk;
        REQUIRE(ensureFolder(disk.path / "new"));
        overwrite(disk.path / "new" / "data.mdb", bytesOf(left));
        putOne(*disk.open(), kFirst, "k", "v");
        CHECK(valueOf(*disk.open(), kFirst, "k") == "v");
        CHECK_FALSE(std::filesystem::exists(disk.path / "new"));
    }
}

TEST_CASE("lmdb store: a data file in its place without a first commit is Corrupt") {
    Disk disk;
    REQUIRE(ensureFolder(disk.path));
    MDB_env* env = nullptr;
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_open(env, disk.path.c_str(), 0, 0600) == 0);
    mdb_env_close(env);
    CHECK(codeOf(disk.tryOpen()) == Code::Corrupt);
}

TEST_CASE("lmdb store: a data file that was emptied is Corrupt, not a new store") {
    for (const bool hasBallast : {true, false}) {
        Disk disk;
        putOne(*disk.open(), kFirst, "k", "v");
        std::filesystem::resize_file(disk.path / "data.mdb", 0);
        if (!hasBallast) std::filesystem::remove(disk.path / "ballast");
        CHECK(codeOf(disk.tryOpen()) == Code::Corrupt);
        CHECK(std::filesystem::file_size(disk.path / "data.mdb") == 0);
    }
}

TEST_CASE("lmdb store: a newer version is refused, a damaged description is Corrupt") {
    Disk disk;
    putOne(*disk.open(), kFirst, "k", "v");
    const Bytes whole = contentOf(disk.data);
    auto openWith = [&](std::size_t offset, std::uint8_t value) {
        Bytes bytes = whole;
        const std::string_view magic{"TSSTORE\0", 8};
        for (std::size_t at = placeOf(bytes, magic); at != std::string::npos;
             at = base::text(bytes).find(magic, at + 8)) {
            bytes[at + offset] = value;
        }
        overwrite(disk.data, bytes);
        return codeOf(disk.tryOpen());
    };
    CHECK(openWith(8, 2) == Code::Unsupported);
    CHECK(openWith(8, 0) == Code::Corrupt);
    CHECK(openWith(0, 'X') == Code::Corrupt);
    CHECK(openWith(26, 9) == Code::WrongPassphrase);  // the generation is authenticated
    overwrite(disk.data, Bytes(whole.size(), 0));
    CHECK(codeOf(disk.tryOpen()) == Code::Corrupt);
}

TEST_CASE("lmdb store: one opening for each folder in a process, whatever its path looks like") {
    Disk disk;
    auto store = disk.open();
    auto options = optionsFor(disk.path / ".." / "store");
    CHECK(codeOf(disk.tryOpen(options)) == Code::HomeBusy);
    store.reset();
    CHECK(disk.tryOpen(options));
}

TEST_CASE("lmdb store: reading only needs a store, and refuses to write") {
    Disk disk;
    auto options = optionsFor(disk.path);
    options.access = Access::ReadOnly;
    CHECK(codeOf(disk.tryOpen(options)) == Code::NotFound);
    options.tables = std::span(kTables).first(1);
    options.access = Access::ReadWrite;
    {
        auto store = disk.tryOpen(options);
        REQUIRE(store);
        putOne(**store, kFirst, "k", "v");
        CHECK(codeOf((*store)->read().value()->lastKey(kSecond, {})) == Code::Internal);
    }
    options = optionsFor(disk.path);  // declares a table that nobody has made yet
    options.access = Access::ReadOnly;
    auto store = disk.tryOpen(options);
    REQUIRE(store);
    CHECK(valueOf(**store, kFirst, "k") == "v");
    CHECK(valueOf(**store, kSecond, "k") == std::nullopt);
    CHECK(codeOf((*store)->write()) == Code::Internal);
    CHECK((*store)->check());
}

TEST_CASE("lmdb store: on a nearly full disk work is erased, not stored") {
    Disk disk;
    std::uint64_t free = 1 << 30;
    auto options = optionsFor(disk.path);
    options.freeBytes = [&free](const Path&) -> Result<std::uint64_t> { return free; };
    auto store = *disk.tryOpen(options);
    const Path ballast = disk.path / "ballast";
    putOne(*store, kFirst, "a", "1");
    putOne(*store, kFirst, "b", "2");
    CHECK(std::filesystem::file_size(ballast) == 8 << 20);

    auto isStored = [&] {
        auto txn = store->write();
        const Status done = (*txn)->put(kFirst, bytesOf("c"), bytesOf("3"));
        if (!done) CHECK(done.error().code == Code::Io);
        return done.has_value();
    };
    free = 4 << 20;
    CHECK(isStored());
    free = (4 << 20) - 1;
    CHECK_FALSE(isStored());
    CHECK(std::filesystem::file_size(ballast) == 8 << 20);
    {
        auto txn = store->write();
        REQUIRE((*txn)->erase(kFirst, bytesOf("a")));
        REQUIRE((*txn)->commit());
    }
    CHECK(std::filesystem::file_size(ballast) == 0);
    free = 12 << 20;  // what the ballast gave is not for new work
    CHECK(isStored());
    free = (12 << 20) - 1;
    CHECK_FALSE(isStored());
    free = 64 << 20;
    CHECK(isStored());
    CHECK(std::filesystem::file_size(ballast) == 8 << 20);
    CHECK(valueOf(*store, kFirst, "a") == std::nullopt);
    CHECK(valueOf(*store, kFirst, "b") == "2");
}

TEST_CASE("lmdb store: after a commit that failed it refuses to write, and reopens sound") {
    Disk disk;
    putOne(*disk.open(), kFirst, "k", "old");
    CHECK(inChild([&] {
              auto store = disk.open();
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{store->sizeBytes() + 8192, store->sizeBytes() + 8192};
              if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
              {
                  auto txn = store->write();
                  for (std::uint64_t i = 0; i < 100; ++i) {
                      if (!(*txn)->put(kFirst, orderedKey(i), Bytes(9000))) return 2;
                  }
                  if ((*txn)->commit()) return 3;
              }
              auto again = store->write();
              if (again || again.error().code != Code::Io) return 4;
              if (std::filesystem::file_size(disk.path / "ballast") != 0) return 5;
              return valueOf(*store, kFirst, "k") == "old" ? 7 : 6;
          }) == 7);
    auto store = disk.open();
    CHECK(valueOf(*store, kFirst, "k") == "old");
    CHECK(store->check());
    putOne(*store, kFirst, "k", "new");
}

TEST_CASE("lmdb store: a store that outgrows its reserved size says so and keeps what it has") {
    Disk disk;
    auto options = optionsFor(disk.path);
    options.mapBytes = 1 << 20;
    auto store = *disk.tryOpen(options);
    putOne(*store, kFirst, "k", "v");
    {
        auto txn = store->write();
        Status done;
        for (std::uint64_t i = 0; done && i < 1000; ++i) {
            done = (*txn)->put(kFirst, orderedKey(i), Bytes(5000));
        }
        CHECK(codeOf(done) == Code::Io);
        CHECK(codeOf((*txn)->commit()) == Code::Io);
    }
    putOne(*store, kFirst, "l", "w");  // nothing was written, so nothing is uncertain
    CHECK(valueOf(*store, kFirst, "k") == "v");
}

TEST_CASE("lmdb store: a copy is a store with the last commit") {
    Disk disk;
    auto store = disk.open();
    for (int i = 0; i < 5; ++i) writeAndEraseMuch(*store, disk.random);
    putOne(*store, kFirst, "k", "v");
    auto open = store->write();
    REQUIRE((*open)->put(kSecond, bytesOf("uncommitted"), {}));
    open->reset();
    REQUIRE(store->copyTo(disk.folder.path / "copy"));
    auto copy = disk.tryOpen(optionsFor(disk.folder.path / "copy"));
    REQUIRE(copy);
    CHECK((*copy)->check());
    CHECK(valueOf(**copy, kFirst, "k") == "v");
    CHECK_FALSE(store->copyTo(disk.folder.path / "copy"));
}

TEST_CASE("lmdb store: tables have distinct numbers and names, and neither 0 nor meta") {
    Disk disk;
    auto options = optionsFor(disk.path);
    for (const std::array<Table, 2>& tables :
         {std::array{Table{0, "a"}, Table{1, "b"}}, std::array{Table{1, "a"}, Table{1, "b"}},
          std::array{Table{1, "a"}, Table{2, "a"}}, std::array{Table{1, "meta"}, Table{2, "b"}}}) {
        options.tables = tables;
        CHECK(codeOf(disk.tryOpen(options)) == Code::Internal);
    }
}
