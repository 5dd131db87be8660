#include "store/vault.h"
#include <sys/stat.h>
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

namespace {

constexpr std::string_view kPassphrase = "ba con trau di qua cau";
constexpr std::string_view kOther = "mot con trau";

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
    CHECK(codeOf(Vault::create(made.path, kOther, made.random, kStretchCostMin)) ==
          Code::InvalidInput);
    CHECK(codeOf(Vault::create(other, "", made.random, kStretchCostMin)) == Code::InvalidInput);
    CHECK(codeOf(Vault::create(other, kOther, made.random, StretchCost{1, 8192})) ==
          Code::Internal);
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

TEST_CASE("vault: a key file that others may read is refused with what to do") {
    MadeVault made;
    const Path keyFile = made.folder.path / "key";
    Vault vault = made.open();
    REQUIRE(vault.addKeyFileSlot(made.masterKey, keyFile, made.random));
    for (const unsigned mode : {0640U, 0604U, 0620U, 0601U}) {
        REQUIRE(::chmod(keyFile.c_str(), mode) == 0);
        const auto refused = vault.unlockWithKeyFile(keyFile);
        REQUIRE(codeOf(refused) == Code::Io);
        CHECK(refused.error().message.find("chmod 600 " + keyFile.string()) != std::string::npos);
    }
    REQUIRE(::chmod(keyFile.c_str(), 0400) == 0);
    CHECK(made.isMaster(vault.unlockWithKeyFile(keyFile)));
}

TEST_CASE("vault: a key file is removed by its slot, the others and the passphrase stay") {
    MadeVault made;
    const Path first = made.folder.path / "first", second = made.folder.path / "second";
    Vault vault = made.open();
    REQUIRE(vault.addKeyFileSlot(made.masterKey, first, made.random));
    const auto added = vault.addKeyFileSlot(made.masterKey, second, made.random);
    REQUIRE(added);
    const auto slot = vault.slotOfKeyFile(first);
    REQUIRE(slot);
    CHECK(slot->name != added->name);
    CHECK(vault.slotOfKeyFile(second)->name == added->name);
    CHECK(codeOf(vault.removeKeyFileSlot(keyOf(1), slot->name)) == Code::WrongPassphrase);
    CHECK(codeOf(vault.removeKeyFileSlot(made.masterKey, "00000000")) == Code::NotFound);
    // The passphrase has a slot with a name too, but is none of a key file.
    CHECK(codeOf(vault.removeKeyFileSlot(made.masterKey, vault.slots()[0].name)) == Code::NotFound);
    REQUIRE(vault.removeKeyFileSlot(made.masterKey, slot->name));
    const Vault reopened = made.open();
    REQUIRE(reopened.slots().size() == 2);
    CHECK(codeOf(reopened.unlockWithKeyFile(first)) == Code::WrongPassphrase);
    CHECK(made.isMaster(reopened.unlockWithKeyFile(second)));
    CHECK(made.isMaster(reopened.unlock(kPassphrase)));
}

TEST_CASE("vault: a recovery code opens it until the next one is made") {
    MadeVault made;
    Vault vault = made.open();
    const RecoveryCode stranger = RecoveryCode::random(made.random);
    CHECK(codeOf(vault.unlockWithRecoveryCode(stranger)) == Code::NotFound);
    CHECK(codeOf(vault.newRecoveryCode(keyOf(1), made.random)) == Code::WrongPassphrase);
    const auto first = vault.newRecoveryCode(made.masterKey, made.random);
    REQUIRE(first);
    CHECK(made.isMaster(made.open().unlockWithRecoveryCode(*first)));
    CHECK(codeOf(vault.unlockWithRecoveryCode(stranger)) == Code::WrongPassphrase);
    const auto second = vault.newRecoveryCode(made.masterKey, made.random);
    REQUIRE(second);
    const Vault reopened = made.open();
    CHECK(reopened.slots().size() == 2);
    CHECK(codeOf(reopened.unlockWithRecoveryCode(*first)) == Code::WrongPassphrase);
    CHECK(made.isMaster(reopened.unlockWithRecoveryCode(*second)));
    CHECK(made.isMaster(reopened.unlock(kPassphrase)));
}

TEST_CASE("vault: a reset changes passphrase and code at once, and keeps key files") {
    MadeVault made;
    const Path keyFile = made.folder.path / "key";
    Vault vault = made.open();
    REQUIRE(vault.addKeyFileSlot(made.masterKey, keyFile, made.random));
    const auto code = vault.newRecoveryCode(made.masterKey, made.random);
    REQUIRE(code);
    const Bytes before = contentOf(made.path);
    const RecoveryCode stranger = RecoveryCode::random(made.random);
    CHECK(codeOf(vault.reset(stranger, kOther, made.random, kStretchCostMin)) ==
          Code::WrongPassphrase);
    CHECK(codeOf(vault.reset(*code, "ngắn", made.random, kStretchCostMin)) == Code::InvalidInput);
    CHECK(contentOf(made.path) == before);
    const auto next = vault.reset(*code, kOther, made.random, kStretchCostMin);
    REQUIRE(next);
    const Vault reopened = made.open();
    CHECK(made.isMaster(reopened.unlock(kOther)));
    CHECK(codeOf(reopened.unlock(kPassphrase)) == Code::WrongPassphrase);
    CHECK(codeOf(reopened.unlockWithRecoveryCode(*code)) == Code::WrongPassphrase);
    CHECK(made.isMaster(reopened.unlockWithRecoveryCode(*next)));
    CHECK(made.isMaster(reopened.unlockWithKeyFile(keyFile)));
    CHECK(reopened.slots().size() == 3);
}

TEST_CASE("vault: a change that cannot be written leaves what opened it before") {
    MadeVault made;
    Vault vault = made.open();
    const auto code = vault.newRecoveryCode(made.masterKey, made.random);
    REQUIRE(code);
    const Path away = made.folder.path.parent_path() / (made.folder.path.filename().string() + "x");
    std::filesystem::rename(made.folder.path, away);
    CHECK_FALSE(vault.reset(*code, kOther, made.random, kStretchCostMin));
    CHECK_FALSE(vault.newRecoveryCode(made.masterKey, made.random));
    CHECK_FALSE(vault.addKeyFileSlot(made.masterKey, away / "key", made.random));
    std::filesystem::rename(away, made.folder.path);
    CHECK_FALSE(std::filesystem::exists(made.folder.path / "key"));
    CHECK(made.isMaster(vault.unlockWithRecoveryCode(*code)));
    CHECK(made.isMaster(made.open().unlockWithRecoveryCode(*code)));
    CHECK(made.isMaster(vault.unlock(kPassphrase)));
}

TEST_CASE("vault: new passphrases have eight characters, counted as people do") {
    CHECK(codeOf(checkNewPassphrase("")) == Code::InvalidInput);
    CHECK(codeOf(checkNewPassphrase("1234567")) == Code::InvalidInput);
    CHECK(codeOf(checkNewPassphrase("ắắắắắắắ")) == Code::InvalidInput);  // 21 bytes
    CHECK(checkNewPassphrase("12345678"));
    CHECK(checkNewPassphrase("đêm trời"));
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

TEST_CASE("vault: after a change of passphrase the old one fails, everything else still opens") {
    MadeVault made;
    const Path keyFile = made.folder.path / "key";
    Vault vault = made.open();
    REQUIRE(vault.addKeyFileSlot(made.masterKey, keyFile, made.random));
    const auto code = vault.newRecoveryCode(made.masterKey, made.random);
    REQUIRE(code);
    CHECK(codeOf(vault.setPassphrase(keyOf(1), kOther, made.random, kStretchCostMin)) ==
          Code::WrongPassphrase);
    CHECK(codeOf(vault.setPassphrase(made.masterKey, "", made.random, kStretchCostMin)) ==
          Code::InvalidInput);
    REQUIRE(vault.setPassphrase(made.masterKey, kOther, made.random, kStretchCostMin));
    const Vault reopened = made.open();
    CHECK(codeOf(reopened.unlock(kPassphrase)) == Code::WrongPassphrase);
    CHECK(made.isMaster(reopened.unlock(kOther)));
    CHECK(made.isMaster(reopened.unlockWithKeyFile(keyFile)));
    CHECK(made.isMaster(reopened.unlockWithRecoveryCode(*code)));
    CHECK(reopened.slots().size() == 3);
}

TEST_CASE("vault: any damaged byte, any cut and any surplus is Corrupt") {
    MadeVault made;
    REQUIRE(made.open().newRecoveryCode(made.masterKey, made.random));
    const Bytes whole = contentOf(made.path);
    REQUIRE(whole.size() == 60 + 2 * 104 + 32);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        Bytes bytes = whole;
        bytes[i] ^= static_cast<std::uint8_t>(1 << (i % 8));
        REQUIRE(writeFileDurably(made.path, bytes));
        CHECK(codeOf(Vault::open(made.path)) == Code::Corrupt);
    }
    for (const std::size_t size :
         {0UL, 7UL, 59UL, 60UL, 164UL, 268UL, 299UL, 301UL, 400UL, 5000UL}) {
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
    CHECK(codeOf(openWith(8, 3)) == Code::Unsupported);  // version
    CHECK(codeOf(openWith(8, 0)) == Code::Corrupt);
    CHECK(codeOf(openWith(10, 0)) == Code::Corrupt);  // number of slots
    CHECK(codeOf(openWith(10, 9)) == Code::Corrupt);
    CHECK(codeOf(openWith(60, 4)) == Code::Corrupt);  // kind
    CHECK(codeOf(openWith(60, 0)) == Code::Corrupt);
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

TEST_CASE("vault: a slot made for one kind opens as no other") {
    MadeVault made;
    const Path keyFile = made.folder.path / "key";
    {
        Vault vault = made.open();
        REQUIRE(vault.addKeyFileSlot(made.masterKey, keyFile, made.random));
    }
    Bytes bytes = contentOf(made.path);
    REQUIRE(bytes[60 + 104] == 2);
    bytes[60 + 104] = 3;
    resealChecksum(bytes);
    REQUIRE(writeFileDurably(made.path, bytes));
    const RecoveryCode code{crypto::Secret<16>::from(contentOf(keyFile))};
    CHECK(codeOf(made.open().unlockWithRecoveryCode(code)) == Code::WrongPassphrase);
    CHECK(codeOf(made.open().unlockWithKeyFile(keyFile)) == Code::WrongPassphrase);
}

TEST_CASE("vault: one of version 1 opens, and is written as version 2 with its first change") {
    MadeVault made;
    Bytes bytes = contentOf(made.path);
    REQUIRE(bytes[8] == 2);
    bytes[8] = 1;
    resealChecksum(bytes);
    REQUIRE(writeFileDurably(made.path, bytes));
    Vault vault = made.open();
    CHECK(made.isMaster(vault.unlock(kPassphrase)));
    const auto code = vault.newRecoveryCode(made.masterKey, made.random);
    REQUIRE(code);
    CHECK(made.isMaster(made.open().unlock(kPassphrase)));
    bytes = contentOf(made.path);
    CHECK(bytes[8] == 2);
    // Version 1 had no recovery codes.
    bytes[8] = 1;
    resealChecksum(bytes);
    REQUIRE(writeFileDurably(made.path, bytes));
    CHECK(codeOf(Vault::open(made.path)) == Code::Corrupt);
}

TEST_CASE("vault: a guess costs 0.5 to 1 s, within the floor and the cap") {
    const auto predicted = [](double secondsAtFloor) {
        const StretchCost cost = stretchCostFor(secondsAtFloor);
        CHECK(cost.passes >= kStretchCostMin.passes);
        CHECK(cost.passes <= kStretchCostMax.passes);
        CHECK(cost.memoryBytes >= kStretchCostMin.memoryBytes);
        CHECK(cost.memoryBytes <= kStretchCostMax.memoryBytes);
        return secondsAtFloor * static_cast<double>(cost.passes) /
               static_cast<double>(kStretchCostMin.passes) * static_cast<double>(cost.memoryBytes) /
               static_cast<double>(kStretchCostMin.memoryBytes);
    };
    for (double seconds = 0.04; seconds < 0.9; seconds *= 1.03) {
        INFO("at the floor: " << seconds);
        CHECK(predicted(seconds) >= 0.5);
        CHECK(predicted(seconds) <= 1.0);
    }
    // Slower machines keep the floor, faster ones the cap.
    CHECK(stretchCostFor(3).memoryBytes == kStretchCostMin.memoryBytes);
    CHECK(stretchCostFor(3).passes == kStretchCostMin.passes);
    CHECK(stretchCostFor(0).memoryBytes == kStretchCostMax.memoryBytes);
    CHECK(stretchCostFor(0).passes == kStretchCostMax.passes);
    // Memory first.
    CHECK(stretchCostFor(0.3).passes == kStretchCostMin.passes);
    CHECK(stretchCostFor(0.3).memoryBytes > kStretchCostMin.memoryBytes);
}

TEST_CASE("vault: this machine can be measured") {
    REQUIRE(crypto::initialise());
    const auto cost = calibrateStretch();
    REQUIRE(cost);
    CHECK(cost->passes >= kStretchCostMin.passes);
    CHECK(cost->passes <= kStretchCostMax.passes);
    CHECK(cost->memoryBytes >= kStretchCostMin.memoryBytes);
    CHECK(cost->memoryBytes <= kStretchCostMax.memoryBytes);
}
