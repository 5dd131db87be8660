#include "cli/home.h"
#include <chrono>
#include "base/text.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kUnfinished = "unfinished";        // enrolment or founding
constexpr std::chrono::milliseconds kLockPatience{1500};      // a watch holds it for one round
constexpr std::uint64_t kMapBytes = std::uint64_t{64} << 30;  // address space, not disk

constexpr const char* kLock = "lock";
constexpr const char* kVault = "vault";
constexpr const char* kNewVault = "vault.new";  // of a home that is being made
constexpr const char* kData = "store/data.mdb";
constexpr std::size_t kErasedAtOnce = 4096;  // keys held in memory

// What is said of a destroyed home, in the first line, and below it in Vietnamese. While it is
// being removed the last one names its vault: no other home that is put into the folder is touched.
constexpr const char* kDestroyed = "REVOKED.txt";
constexpr const char* kInVietnamese =
    "Tỉnh đã thu hồi thiết bị này; dữ liệu trên máy đã được gỡ bỏ. Nội dung còn chờ gửi, nếu có, "
    "đã "
    "được chuyển về tỉnh. Muốn làm việc tiếp trên máy này, hãy xin tỉnh mã mời mới và ghi danh vào "
    "một thư mục khác.";
constexpr std::string_view kRemoving = "Removing: ";
constexpr std::size_t kNoteBytesMax = 4096;
constexpr const char* kDoomedVault = "vault.revoked";
constexpr const char* kDoomedStore = "store.revoked";

bool isThere(const store::Path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

struct Note {
    std::string sentence;  // one line for people, whatever the file holds
    std::string removing;  // id of a vault; empty: it is gone
};

Note readNote(const store::Path& folder) {
    auto bytes = store::readFile(folder / kDestroyed, kNoteBytesMax);
    std::string_view text = bytes ? base::text(*bytes) : std::string_view();
    const std::size_t end = std::min(text.find('\n'), text.size());
    Note out{base::forDisplay(std::string(base::trim(text.substr(0, end)))), {}};
    if (out.sentence.empty() || !base::isUtf8(text))
        out.sentence = "The province revoked this device; its data was removed.";
    const std::size_t removing = text.rfind(kRemoving);
    if (removing != std::string_view::npos && removing > end)
        out.removing = base::trim(text.substr(removing + kRemoving.size()));
    return out;
}

Status writeNote(const store::Path& folder, const Note& note) {
    std::string text = note.sentence + "\n" + kInVietnamese + "\n";
    if (!note.removing.empty()) text += std::string(kRemoving) + note.removing + "\n";
    return store::writeFileDurably(folder / kDestroyed, base::view(text));
}

bool isVault(const store::Path& folder, const std::string& id) {
    auto vault = store::Vault::open(folder / kVault);
    return vault && vault->id() == id;
}

Status eraseIfThere(const store::Path& file) {
    auto erased = store::eraseFile(file);
    if (!erased && erased.error().code == Code::NotFound) return {};
    return erased;
}

Status failureToRemove(const store::Path& folder, const std::error_code& error) {
    return fail(Code::Io,
                "Cannot remove the data of the home " + folder.string() + ": " + error.message());
}

/// Under these names nothing is a home any more; the vault, which tells whose they are, is last.
Status setAside(const store::Path& folder) {
    for (const char* key : {kNewVault, kRecoveryKeyFile}) CHECK_OK(eraseIfThere(folder / key));
    std::error_code error;
    if (isThere(folder / "store")) {
        std::filesystem::remove_all(folder / kDoomedStore, error);
        if (!error) std::filesystem::rename(folder / "store", folder / kDoomedStore, error);
    }
    if (!error) std::filesystem::rename(folder / kVault, folder / kDoomedVault, error);
    return error ? failureToRemove(folder, error) : store::syncFolder(folder);
}

/// Removes the home that the note names, the keys first. What the sentence says is so once this has
/// returned. May be repeated.
Status removeNamed(const store::Path& folder, Note note) {
    if (isVault(folder, note.removing)) CHECK_OK(setAside(folder));
    CHECK_OK(eraseIfThere(folder / kDoomedVault));
    std::error_code error;
    std::filesystem::remove_all(folder / kDoomedStore, error);
    if (error) return failureToRemove(folder, error);
    CHECK_OK(store::syncFolder(folder));
    note.removing.clear();
    return writeNote(folder, note);
}

}  // namespace

bool Home::exists(const store::Path& folder) {
    return isThere(folder / kVault) || isThere(folder / kData);
}

Result<crypto::SecretKey> unlock(const store::Vault& vault, const Opener& opener) {
    if (!opener.keyFile.empty()) return vault.unlockWithKeyFile(opener.keyFile);
    return vault.unlock(opener.passphrase.text());
}

/// Finishes what a crash has cut off.
Status Home::checkNotDestroyed(const store::Path& folder) {
    if (!isThere(folder / kDestroyed)) return {};
    const Note note = readNote(folder);
    if (!note.removing.empty()) {
        TRY(auto lock, store::ProcessLock::acquire(folder / kLock, kLockPatience));
        CHECK_OK(removeNamed(folder, readNote(folder)));
    }
    if (!isThere(folder / kVault) && !isThere(folder / "store"))
        return fail(Code::DeviceRevoked, note.sentence);
    return fail(Code::InvalidInput,
                note.sentence +
                    " Another home was put into its folder since, and was not touched: give that a "
                    "folder of its own (--home), or delete " +
                    (folder / kDestroyed).string() + " if it shall work here.");
}

base::Error Home::destroy(const std::string& sentence) {
    m_replica.reset();
    m_store.reset();
    m_masterKey.reset();
    auto vault = store::Vault::open(m_folder / kVault);
    if (!vault) return vault.error();
    const Note note{sentence, vault->id()};
    auto destroyed = writeNote(m_folder, note);
    if (destroyed) destroyed = removeNamed(m_folder, note);
    return destroyed ? base::Error{Code::DeviceRevoked, sentence} : destroyed.error();
}

Status Home::checkPlace(const store::Path& folder) {
    CHECK_OK(checkNotDestroyed(folder));
    std::error_code error;
    store::Path whole = std::filesystem::absolute(folder, error).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();  // the name ended with a slash
    const store::Path above = whole.parent_path();
    if (error || isThere(above)) return {};
    return fail(Code::NotFound, "The folder " + above.string() +
                                    ", in which the home was to be made, is not there. Is its disk "
                                    "plugged in, is --home right? If so, make that folder first.");
}

/// A vault gets its name only once the store is there: one without the other is damage.
Status Home::checkParts(const store::Path& folder) {
    bool hasVault = isThere(folder / kVault);
    bool hasData = isThere(folder / kData);
    if (hasVault && !hasData) {
        return fail(Code::Corrupt, "The home " + folder.string() +
                                       " has lost its data: its folder store holds none. Put the "
                                       "home back from a backup; nothing was changed.");
    }
    if (hasData && !hasVault && !isThere(folder / kNewVault)) {
        return fail(Code::Corrupt, "The home " + folder.string() +
                                       " has lost its file vault, without which its data cannot be "
                                       "opened. Put it back from a backup; nothing was changed.");
    }
    return {};
}

Status Home::checkFound(const store::Path& folder) {
    CHECK_OK(checkNotDestroyed(folder));
    if (!isThere(folder)) {
        return fail(Code::NotFound,
                    "The folder " + folder.string() +
                        " is not there. Is its disk plugged in, is --home right? A new device "
                        "begins with an invitation (thongsuot enrol).");
    }
    if (!exists(folder)) {
        return fail(Code::NotFound, "The home " + folder.string() +
                                        " belongs to no device yet. Enrol it with an invitation "
                                        "(thongsuot enrol), or choose another with --home.");
    }
    return {};
}

Result<std::unique_ptr<Home>> Home::open(const store::Path& folder, const Opener& opener) {
    CHECK_OK(checkFound(folder));
    std::unique_ptr<Home> home(new Home(folder));
    CHECK_OK(home->lock());
    CHECK_OK(checkParts(folder));
    CHECK_OK(home->unlockVault(opener));
    CHECK_OK(home->openStore());
    return home;
}

Result<std::unique_ptr<Home>> Home::openOrCreate(const store::Path& folder, const Opener& opener) {
    CHECK_OK(checkPlace(folder));
    CHECK_OK(store::ensureFolder(folder));
    std::unique_ptr<Home> home(new Home(folder));
    CHECK_OK(home->lock());
    CHECK_OK(checkParts(folder));
    if (!isThere(folder / kVault)) {
        CHECK_OK(home->make(opener));
        return home;
    }
    CHECK_OK(home->unlockVault(opener));
    CHECK_OK(home->openStore());
    return home;
}

Result<store::Vault> Home::readVault(const store::Path& folder) {
    CHECK_OK(checkFound(folder));
    CHECK_OK(checkParts(folder));
    return store::Vault::open(folder / kVault);
}

Result<HeldVault> Home::holdVault(const store::Path& folder) {
    CHECK_OK(checkFound(folder));
    TRY(auto lock, store::ProcessLock::acquire(folder / kLock, kLockPatience));
    TRY(auto vault, readVault(folder));
    return HeldVault{std::move(lock), std::move(vault)};
}

void Home::pause() {
    m_replica.reset();
    m_store.reset();
    m_lock.reset();
}

Status Home::resume() {
    if (!m_lock) CHECK_OK(lock());
    return m_store ? Status() : openStore();
}

/// Another process may have destroyed the home while this one paused or waited: nothing is made in
/// its place.
Status Home::lock() {
    TRY(m_lock, store::ProcessLock::acquire(m_folder / kLock, kLockPatience));
    if (!isThere(m_folder / kDestroyed)) return {};
    m_lock.reset();
    return checkNotDestroyed(m_folder);
}

Status Home::unlockVault(const Opener& opener) {
    TRY(store::Vault vault, store::Vault::open(m_folder / kVault));
    TRY(const crypto::SecretKey masterKey, unlock(vault, opener));
    m_masterKey.emplace(masterKey);
    return {};
}

/// What an earlier try left is replaced: nothing was written into it yet.
Status Home::make(const Opener& opener) {
    std::error_code error;
    if (isThere(m_folder / kNewVault)) {
        std::filesystem::remove_all(m_folder / "store", error);
        std::filesystem::remove(m_folder / kNewVault, error);
    }
    TRY(auto created,
        store::Vault::create(m_folder / kNewVault, opener.passphrase.text(), m_random));
    m_masterKey.emplace(created.masterKey);
    CHECK_OK(openStore());
    std::filesystem::rename(m_folder / kNewVault, m_folder / kVault, error);
    if (error) {
        return fail(Code::Io, "Cannot make the home " + m_folder.string() + ": " + error.message());
    }
    return store::syncFolder(m_folder);
}

Status Home::openStore() {
    store::LmdbStore::Options options;
    options.folder = m_folder / "store";
    options.tables = replica::tables();
    options.masterKey = crypto::SecretKey::from(m_masterKey->view());
    options.mapBytes = kMapBytes;
    TRY(m_store, store::LmdbStore::open(options, m_random));
    return {};
}

/// Opens the replica if need be; whether its enrolment still has to be completed. NotFound if there
/// is none.
Result<bool> Home::isUnfinished() {
    if (!m_replica) {
        TRY(m_replica, replica::Replica::open(*m_store, m_clock, m_random));
    }
    TRY(std::optional<Bytes> mark, m_replica->setting(kUnfinished));
    return mark && !mark->empty();
}

Result<replica::Replica*> Home::replica() {
    TRY(bool unfinished, isUnfinished());
    if (unfinished) {
        return fail(Code::NotFound,
                    "This home's enrolment was cut off before it was complete: run thongsuot enrol "
                    "(or authority init, or authority recover) again with the same code.");
    }
    return m_replica.get();
}

Result<replica::Replica*> Home::unfinishedReplica() {
    auto unfinished = isUnfinished();
    if (!unfinished) {
        if (unfinished.error().code == Code::NotFound) return nullptr;
        return tl::unexpected(unfinished.error());
    }
    if (*unfinished) return m_replica.get();
    return fail(Code::InvalidInput,
                "This home already belongs to a device; choose another folder with --home.");
}

Result<replica::Replica*> Home::createReplica(replica::Replica::Beginning beginning) {
    beginning.settings.emplace_back(kUnfinished, base::copy(base::view("1")));
    TRY(m_replica, replica::Replica::create(*m_store, m_clock, m_random, beginning));
    return m_replica.get();
}

Result<store::RecoveryCode> Home::makeRecoveryCode() {
    TRY(store::Vault vault, store::Vault::open(m_folder / kVault));
    return vault.newRecoveryCode(crypto::SecretKey::from(m_masterKey->view()), m_random);
}

Status Home::finishEnrolment() {
    return m_replica->setSetting(kUnfinished, {});
}

Status Home::discardReplica() {
    m_replica.reset();
    TRY(auto txn, m_store->write());
    for (const store::Table& table : replica::tables()) {
        for (bool more = true; more;) {
            TRY(more, store::eraseSome(*txn, table, kErasedAtOnce));
        }
    }
    return txn->commit();
}

}  // namespace cli
