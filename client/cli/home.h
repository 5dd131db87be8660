#pragma once
// A home: the folder of one device. vault (key slots), store/ (everything, encrypted), lock (one
// process at a time).

#include "base/system_clock.h"
#include "crypto/secret_bytes.h"
#include "replica/replica.h"
#include "store/lmdb_store.h"
#include "store/vault.h"

namespace cli {

using base::Bytes;
using base::Result;
using base::Status;

/// Setting of an enrolment: the number of its invitation. A founding has none.
inline constexpr std::string_view kInvitation = "invitation";
/// Setting of an office's recovery: a body with its invitation, unsigned, and its enrolment.
inline constexpr std::string_view kRecovery = "recovery";
/// Where a founding leaves the province recovery key until it is printed.
inline constexpr const char* kRecoveryKeyFile = "recovery-key.txt";

/// What opens a home: a key file where one is named, else the passphrase.
struct Opener {
    std::string keyFile;
    crypto::SecretBytes passphrase;
};
/// WrongPassphrase and what else the vault says.
Result<crypto::SecretKey> unlock(const store::Vault& vault, const Opener& opener);

/// The vault of a home that no other process uses, without its data.
struct HeldVault {
    store::ProcessLock lock;
    store::Vault vault;
};

/// An unlocked home. Closing it releases the lock. A lock that another process holds is waited for,
/// but not for long: a round of `sync --watch` may just be at work.
///
/// A home whose device was revoked is destroyed once nothing lies here alone (destroy()). What
/// remains is one file that says so, which every later command repeats: DeviceRevoked. That file is
/// written first, so that a crash in between is finished by the next command, not taken for damage;
/// until then it names the home's vault, so that another home in the folder is left alone:
/// InvalidInput.
class Home {
public:
    /// NotFound if nobody has enrolled here, WrongPassphrase, HomeBusy, Corrupt, DeviceRevoked.
    static Result<std::unique_ptr<Home>> open(const store::Path& folder, const Opener& opener);
    /// Opens the home or makes it: vault, store, nothing in it. A new one needs a passphrase.
    static Result<std::unique_ptr<Home>> openOrCreate(const store::Path& folder,
                                                      const Opener& opener);
    /// Whether a home was made in this folder.
    static bool exists(const store::Path& folder);
    /// NotFound if the folder in which a home is to be made is not there: its disk may be missing,
    /// and a home made in its place would be lost from sight with the next one.
    static Status checkPlace(const store::Path& folder);
    /// The vault as it is now, not held. Errors as open(), but for the passphrase.
    static Result<store::Vault> readVault(const store::Path& folder);
    /// For changes of it, HomeBusy.
    static Result<HeldVault> holdVault(const store::Path& folder);
    /// Lets other processes use the home until resume(), HomeBusy while one of them does,
    /// DeviceRevoked once one of them has destroyed it. No replica outlives a pause.
    void pause();
    Status resume();

    const base::Clock& clock() const { return m_clock; }
    crypto::SystemRandom& random() { return m_random; }
    store::Store& store() { return *m_store; }
    /// The replica of an enrolled home. NotFound while its enrolment or founding is not finished:
    /// nothing may be written or synchronised before the province was checked.
    Result<replica::Replica*> replica();
    /// For enrolment, founding and recovery: the unfinished one of an earlier try, if there is one;
    /// InvalidInput if the home is a device's already.
    Result<replica::Replica*> unfinishedReplica();
    /// Marked as unfinished until finishEnrolment().
    Result<replica::Replica*> createReplica(replica::Replica::Beginning beginning);
    /// The recovery code of this home, to be shown once; one from before opens no longer.
    Result<store::RecoveryCode> makeRecoveryCode();
    Status finishEnrolment();
    /// Destroys the keys and the data of this home for good, the keys first. `sentence` is what
    /// every command says from then on; the error that says it now. No replica outlives this.
    base::Error destroy(const std::string& sentence);

    /// Gives up an unfinished enrolment that was refused, so that another code can be tried.
    /// Everything in the store goes, in one commit.
    Status discardReplica();

private:
    explicit Home(store::Path folder) : m_folder(std::move(folder)) {}
    Status lock();
    Status unlockVault(const Opener& opener);
    Status make(const Opener& opener);
    static Status checkFound(const store::Path& folder);
    static Status checkNotDestroyed(const store::Path& folder);
    static Status checkParts(const store::Path& folder);
    Status openStore();
    Result<bool> isUnfinished();

    store::Path m_folder;
    base::SystemClock m_clock;
    crypto::SystemRandom m_random;
    std::optional<store::ProcessLock> m_lock;
    std::optional<crypto::LockedKey> m_masterKey;
    std::unique_ptr<store::LmdbStore> m_store;
    std::unique_ptr<replica::Replica> m_replica;
};

}  // namespace cli
