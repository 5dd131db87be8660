#include "store/vault.h"
#include <sys/stat.h>
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

namespace {

constexpr std::string_view kPassphrase = "ba con trau di qua cau";

struct MadeVault {
    SeededRandom random{5};
    TemporaryFolder folder;
    Path path = folder.path / "vault";
    crypto::SecretKey masterKey;
    MadeVault() {
        auto created = Vault::create(path, kPassphrase, random, kStretchCostMin);
        REQUIRE(created);
        masterKey = created->masterKey;
    }
    Vault open() const {
        auto vault = Vault::open(path);
        REQUIRE(vault);
        return std::move(*vault);
    }
    bool isMaster(const Result<crypto::SecretKey>& key) const {
        return key && crypto::equalConstantTime(key->view(), masterKey.view());
    }
};

Bytes contentOf(const Path& path) {
    auto bytes = readFile(path, 1 << 20);
    REQUIRE(bytes);
    return *bytes;
}

void resealChecksum(Bytes& file) {
    const auto end = crypto::hash("", {ByteView(file).first(file.size() - 32)});
    std::copy(end.data.begin(), end.data.end(), file.end() - 32);
}

}  // namespace

TEST_CASE("vault: the passphrase opens it, another one does not") {
    MadeVault made;
    const Vault vault = made.open();
    CHECK(made.isMaster(vault.unlock(kPassphrase)));
    CHECK(codeOf(vault.unlock("ba con trau")) == Code::WrongPassphrase);
    struct stat info {};
    REQUIRE(::stat(made.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(codeOf(vault.unlockWithKeyFile(made.path)) == Code::Malformed);
}

TEST_CASE("vault: it is never overwritten, and needs a passphrase and a sound cost") {
    MadeVault made;
    const Path other = made.folder.path / "other";
    CHECK(codeOf(Vault::create(made.path, "x", made.random, kStretchCostMin)) ==
          Code::InvalidInput);
    CHECK(codeOf(Vault::create(other, "", made.random, kStretchCostMin)) == Code::InvalidInput);
    CHECK(codeOf(Vault::create(other, "x", made.random, StretchCost{1, 8192})) == Code::Internal);
    CHECK(codeOf(Vault::open(other)) == Code::NotFound);
}

TEST_CASE("vault: a key file opens it as the passphrase does") {
    MadeVault made;
    const Path keyFile = made.folder.path / "key", wrong = made.folder.path / "wrong";
    {
        Vault vault = made.open();
        CHECK(codeOf(vault.addKeyFileSlot(keyOf(1), keyFile, made.random)) ==
              Code::WrongPassphrase);
        REQUIRE(vault.addKeyFileSlot(made.masterKey, keyFile, made.random));
        CHECK(codeOf(vault.addKeyFileSlot(made.masterKey, keyFile, made.random)) ==
              Code::InvalidInput);
    }
    const Vault vault = made.open();
    CHECK(made.isMaster(vault.unlockWithKeyFile(keyFile)));
    CHECK(made.isMaster(vault.unlock(kPassphrase)));
    CHECK(contentOf(keyFile).size() == 32);
    CHECK(codeOf(vault.unlockWithKeyFile(wrong)) == Code::NotFound);
    REQUIRE(writeFileDurably(wrong, keyOf(9).view()));
    CHECK(codeOf(vault.unlockWithKeyFile(wrong)) == Code::WrongPassphrase);
    REQUIRE(writeFileDurably(wrong, Bytes(33)));
    CHECK(codeOf(vault.unlockWithKeyFile(wrong)) == Code::Malformed);
}

TEST_CASE("vault: eight slots, not nine") {
    MadeVault made;
    Vault vault = made.open();
    for (int i = 1; i < 8; ++i) {
        REQUIRE(vault.addKeyFileSlot(made.masterKey, made.folder.path / std::to_string(i),
                                     made.random));
    }
    CHECK(codeOf(vault.addKeyFileSlot(made.masterKey, made.folder.path / "8", made.random)) ==
          Code::Limit);
    CHECK(made.isMaster(made.open().unlockWithKeyFile(made.folder.path / "7")));
}

TEST_CASE("vault: after a change of passphrase only the new one opens, key files still do") {
    MadeVault made;
    const Path keyFile = made.folder.path / "key";
    Vault vault = made.open();
    REQUIRE(vault.addKeyFileSlot(made.masterKey, keyFile, made.random));
    CHECK(codeOf(vault.changePassphrase("no", "new", made.random, kStretchCostMin)) ==
          Code::WrongPassphrase);
    CHECK(codeOf(vault.changePassphrase(kPassphrase, "", made.random, kStretchCostMin)) ==
          Code::InvalidInput);
    REQUIRE(vault.changePassphrase(kPassphrase, "new", made.random, kStretchCostMin));
    const Vault reopened = made.open();
    CHECK(codeOf(reopened.unlock(kPassphrase)) == Code::WrongPassphrase);
    CHECK(made.isMaster(reopened.unlock("new")));
    CHECK(made.isMaster(reopened.unlockWithKeyFile(keyFile)));
}

TEST_CASE("vault: any damaged byte, any cut and any surplus is Corrupt") {
    MadeVault made;
    const Bytes whole = contentOf(made.path);
    REQUIRE(whole.size() == 60 + 104 + 32);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        Bytes bytes = whole;
        bytes[i] ^= static_cast<std::uint8_t>(1 << (i % 8));
        REQUIRE(writeFileDurably(made.path, bytes));
        CHECK(codeOf(Vault::open(made.path)) == Code::Corrupt);
    }
    for (const std::size_t size : {0UL, 7UL, 59UL, 60UL, 164UL, 195UL, 197UL, 300UL, 5000UL}) {
        Bytes bytes = whole;
        bytes.resize(size);
        REQUIRE(writeFileDurably(made.path, bytes));
        CHECK(codeOf(Vault::open(made.path)) == Code::Corrupt);
    }
}

TEST_CASE("vault: with a forged checksum, headers are still authenticated and costs bounded") {
    MadeVault made;
    const Bytes whole = contentOf(made.path);
    auto openWith = [&](std::size_t at, std::uint8_t value) {
        Bytes bytes = whole;
        bytes[at] = value;
        resealChecksum(bytes);
        REQUIRE(writeFileDurably(made.path, bytes));
        return Vault::open(made.path);
    };
    CHECK(codeOf(openWith(8, 2)) == Code::Unsupported);  // version
    CHECK(codeOf(openWith(8, 0)) == Code::Corrupt);
    CHECK(codeOf(openWith(10, 0)) == Code::Corrupt);  // number of slots
    CHECK(codeOf(openWith(10, 9)) == Code::Corrupt);
    CHECK(codeOf(openWith(60, 3)) == Code::Corrupt);  // kind
    CHECK(codeOf(openWith(61, 1)) == Code::Corrupt);  // reserved
    CHECK(codeOf(openWith(64, 2)) == Code::Corrupt);  // passes below the floor
    CHECK(codeOf(openWith(65, 1)) == Code::Corrupt);  // passes above the cap
    CHECK(codeOf(openWith(73, 1)) == Code::Corrupt);  // terabytes of memory
    const auto morePasses = openWith(64, 4);
    REQUIRE(morePasses);
    CHECK(codeOf(morePasses->unlock(kPassphrase)) == Code::WrongPassphrase);
    const auto otherId = openWith(12, static_cast<std::uint8_t>(whole[12] + 1));
    REQUIRE(otherId);
    CHECK(codeOf(otherId->unlock(kPassphrase)) == Code::WrongPassphrase);
}

TEST_CASE("vault: calibration never goes below the floor or above the cap") {
    REQUIRE(crypto::initialise());
    const auto cost = calibrateStretch();
    REQUIRE(cost);
    CHECK(cost->passes == kStretchCostMin.passes);
    CHECK(cost->memoryBytes >= kStretchCostMin.memoryBytes);
    CHECK(cost->memoryBytes <= kStretchCostMax.memoryBytes);
}
