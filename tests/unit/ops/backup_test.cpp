#include "ops/backup.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "../province/in_memory.h"
#include "ops/health.h"
#include "ops/restore.h"

namespace fs = std::filesystem;
using base::Bytes;
using base::Code;
using test::InMemoryProvince;

namespace {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "ops-test.XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path;
};

/// A data folder on disk with the ledgers of a province in it, which is not running.
struct Stored {
    Stored() : folder(root.path / "server") {
        auto made = folder.initialise(random);
        REQUIRE(made);
        key = *made;
        auto store = folder.openStore(key, store::Access::ReadWrite, random);
        REQUIRE(store);
        auto machine = province.join("X01", domain::roles::kOfficer);
        for (int i = 0; i < 5; ++i)
            REQUIRE((*machine)->append({machine->scope(), {test::note("việc")}}));
        REQUIRE(province.sync(*machine));
        device = (*machine)->identity().device;
        province.stopServer();
        auto from = province.serverStore.read();
        auto to = (*store)->write();
        REQUIRE(from);
        REQUIRE(to);
        for (const store::Table& table : reg::tables()) {
            REQUIRE((*from)->scan(table, {}, [&](auto name, auto value) -> base::Result<bool> {
                CHECK_OK((*to)->put(table, name, value));
                return true;
            }));
        }
        REQUIRE((*to)->commit());
        fs::copy_file(folder.keyFile(), keyCopy);
    }
    base::Result<ops::BackupReport> backup() {
        return ops::backup(folder, file, province.clock, random);
    }
    base::Result<ledger::Watermark> restore(const ops::DataFolder& to) {
        return ops::restore(to, file, keyCopy, province.clock, random);
    }

    TemporaryFolder root;
    crypto::SystemRandom random;
    InMemoryProvince province;
    ops::DataFolder folder;
    ops::ServerKey key;
    base::DeviceId device;
    fs::path file = root.path / "backup";
    fs::path keyCopy = root.path / "key";
};

Bytes contentOf(const fs::path& path) {
    auto bytes = store::readFile(path, std::size_t{1} << 30);
    REQUIRE(bytes);
    return *bytes;
}

}  // namespace

TEST_CASE("backup: what was backed up is restored, marked, and says what it holds") {
    Stored s;
    auto report = s.backup();
    REQUIRE(report);
    CHECK(report->fileBytes == fs::file_size(s.file));
    CHECK((fs::status(s.file).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    CHECK_FALSE(fs::exists(s.file.string() + ".part"));
    CHECK(report->watermark.verify(s.key.head.publicKey));
    CHECK(report->watermark.ledgers.size() == 2);

    ops::DataFolder to(s.root.path / "again");
    auto restored = s.restore(to);
    REQUIRE(restored);
    CHECK(*restored == report->watermark);
    CHECK_FALSE(fs::exists(to.path() / "restore.part"));
    auto health = ops::health(to, s.province.clock, s.random);
    REQUIRE(health);
    CHECK(health->entries == report->watermark.entries());
    REQUIRE(health->restored);
    CHECK(health->restored->backup == report->watermark);
    CHECK_FALSE(ops::health(s.folder, s.province.clock, s.random)->restored);

    auto recovery = ops::recovery(to, s.province.clock, s.random);
    REQUIRE(recovery);
    CHECK(recovery->restored);
    CHECK(recovery->silent.size() == 2);  // the office's and the commune's device
    REQUIRE(ops::resume(to, s.random));
    CHECK_FALSE(ops::recovery(to, s.province.clock, s.random)->restored);
}

TEST_CASE("backup: no key is in it") {
    Stored s;
    REQUIRE(s.backup());
    const Bytes bytes = contentOf(s.file);
    const Bytes key = contentOf(s.keyCopy);
    for (std::size_t at = 11; at + 16 <= key.size(); at += 16) {
        auto part = std::span(key).subspan(at, 16);
        CHECK(std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) == bytes.end());
    }
}

TEST_CASE("backup: any changed byte is found before anything is restored") {
    Stored s;
    REQUIRE(s.backup());
    const Bytes whole = contentOf(s.file);
    ops::DataFolder to(s.root.path / "again");
    auto mustRefuse = [&](const Bytes& bytes, std::size_t at) {
        REQUIRE(store::writeFileDurably(s.file, bytes));
        auto restored = s.restore(to);
        INFO("byte " << at << " of " << whole.size());
        REQUIRE_FALSE(restored);
        CHECK(restored.error().code == Code::Corrupt);
        CHECK_FALSE(fs::exists(to.keyFile()));
        CHECK_FALSE(fs::exists(to.storeFolder()));
    };
    for (std::size_t i = 0; i < 60; ++i) {
        const std::size_t at = i * (whole.size() - 1) / 59;
        Bytes changed = whole;
        changed[at] ^= 0x20;
        mustRefuse(changed, at);
    }
    for (std::size_t back = 1; back < 240; back += 7) {  // the watermark and its end
        Bytes changed = whole;
        changed[whole.size() - back] ^= 0x01;
        mustRefuse(changed, whole.size() - back);
    }
    for (std::size_t length : {std::size_t{0}, std::size_t{11}, whole.size() / 2, whole.size() - 1})
        mustRefuse(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)),
                   length);
    Bytes longer = whole;
    longer.push_back(0);
    mustRefuse(longer, whole.size());
    REQUIRE(store::writeFileDurably(s.file, whole));
    CHECK(s.restore(to));
}

TEST_CASE("backup: a damaged store gives no backup") {
    Stored s;
    {
        auto store = s.folder.openStore(s.key, store::Access::ReadWrite, s.random);
        REQUIRE(store);
        auto txn = (*store)->write();
        REQUIRE(txn);
        auto last = (*txn)->lastKey(store::kChains, {});
        REQUIRE(last);
        REQUIRE((*txn)->erase(store::kChains, **last));
        REQUIRE((*txn)->commit());
    }
    auto report = s.backup();
    REQUIRE_FALSE(report);
    CHECK(report.error().code == Code::Corrupt);
    CHECK_FALSE(fs::exists(s.file));
    CHECK_FALSE(fs::exists(s.file.string() + ".part"));
}

TEST_CASE("backup: nothing that exists is written over") {
    Stored s;
    REQUIRE(s.backup());
    CHECK(s.backup().error().code == Code::InvalidInput);
    CHECK(s.restore(s.folder).error().code == Code::InvalidInput);
    ops::DataFolder other(s.root.path / "other");
    fs::create_directories(other.path());
    REQUIRE(store::writeFileDurably(other.path() / "letter.txt", Bytes{1}));
    CHECK(s.restore(other).error().code == Code::InvalidInput);
    CHECK(fs::exists(other.path() / "letter.txt"));
    s.file = s.root.path / "nowhere" / "backup";
    CHECK(s.backup().error().code == Code::NotFound);
}

TEST_CASE("restore: another server's key opens nothing") {
    Stored s;
    REQUIRE(s.backup());
    fs::remove(s.keyCopy);
    REQUIRE(ops::ServerKey::generate(s.random).save(s.keyCopy));
    ops::DataFolder to(s.root.path / "again");
    auto restored = s.restore(to);
    REQUIRE_FALSE(restored);
    CHECK(restored.error().code == Code::Corrupt);
    CHECK(restored.error().message.find("copy of server.key") != std::string::npos);
}

TEST_CASE("restore: one that was cut off is begun again, wherever it was") {
    Stored s;
    REQUIRE(s.backup());
    ops::DataFolder to(s.root.path / "again");
    fs::create_directories(to.path() / "restore.part" / "store");
    SECTION("while it copied") {}
    SECTION("between its last two steps") {
        fs::create_directories(to.storeFolder());
        REQUIRE(store::writeFileDurably(to.storeFolder() / "data.mdb", Bytes(10'000)));
    }
    REQUIRE(s.restore(to));
    CHECK(ops::health(to, s.province.clock, s.random));
}

TEST_CASE("confirm-clock: each confirmation counts anew") {
    Stored s;
    for (std::uint64_t number : {1, 2}) {
        s.province.clock.now += 60'000;
        auto confirmed = ops::confirmClock(s.folder, s.province.clock, s.random);
        REQUIRE(confirmed);
        CHECK(*confirmed == s.province.clock.now);
        auto store = s.folder.openStore(s.key, store::Access::ReadOnly, s.random);
        REQUIRE(store);
        auto txn = (*store)->read();
        REQUIRE(txn);
        auto mark = reg::clockMark(**txn);
        REQUIRE(mark);
        REQUIRE(*mark);
        CHECK((*mark)->number == number);
        CHECK((*mark)->wall == s.province.clock.now);
        CHECK((*mark)->arrival > 0);
    }
}
