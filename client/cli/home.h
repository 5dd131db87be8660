#pragma once
// A home: the folder of one device. vault (key slots), store/ (everything, encrypted), lock (one
// process at a time).

#include "base/system_clock.h"
#include "crypto/crypto.h"
#include "replica/replica.h"
#include "store/lmdb_store.h"
#include "store/vault.h"

namespace cli {

using base::Bytes;
using base::Result;
using base::Status;

/// Setting of an enrolment: the number of its invitation. A founding has none.
inline constexpr std::string_view kInvitation = "invitation";

/// An unlocked home. Closing it releases the lock. A lock that another process holds is waited for,
/// but not for long: a round of `sync --watch` may just be at work.
class Home {
public:
    /// NotFound if nobody has enrolled here, WrongPassphrase, HomeBusy, Corrupt.
    static Result<std::unique_ptr<Home>> open(const store::Path& folder,
                                              const std::string& passphrase);
    /// Opens the home or makes it: vault, store, nothing in it.
    static Result<std::unique_ptr<Home>> openOrCreate(const store::Path& folder,
                                                      const std::string& passphrase);
    /// Whether a home was made in this folder.
    static bool exists(const store::Path& folder);
    /// Lets other processes use the home until resume(), HomeBusy while one of them does. No
    /// replica outlives a pause.
    void pause();
    Status resume();

    const base::Clock& clock() const { return m_clock; }
    crypto::SystemRandom& random() { return m_random; }
    store::Store& store() { return *m_store; }
    /// The replica of an enrolled home. NotFound while its enrolment or founding is not finished:
    /// nothing may be written or synchronised before the province was checked.
    Result<replica::Replica*> replica();
    /// For enrolment and founding: the unfinished one of an earlier try, if there is one;
    /// InvalidInput if the home is a device's already.
    Result<replica::Replica*> unfinishedReplica();
    /// Marked as unfinished until finishEnrolment().
    Result<replica::Replica*> createReplica(replica::Replica::Beginning beginning);
    Status finishEnrolment();
    /// Gives up an unfinished enrolment that was refused, so that another code can be tried.
    /// Everything in the store goes, in one commit.
    Status discardReplica();

private:
    explicit Home(store::Path folder) : m_folder(std::move(folder)) {}
    Status lock();
    Status unlockVault(const std::string& passphrase);
    Status make(const std::string& passphrase);
    Status checkParts() const;
    Status openStore();
    Result<bool> isUnfinished();

    store::Path m_folder;
    base::SystemClock m_clock;
    crypto::SystemRandom m_random;
    std::optional<store::ProcessLock> m_lock;
    crypto::SecretKey m_masterKey;
    std::unique_ptr<store::LmdbStore> m_store;
    std::unique_ptr<replica::Replica> m_replica;
};

}  // namespace cli
