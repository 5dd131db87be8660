#pragma once
// What lies where in a server's data folder:
//
//   server.key    its keys (server_key.h)
//   server.key.next   keys that replace them once a charter names them, in the same form
//   server.key.old    keys that were replaced, while they are being erased
//   server.lock   held by the process that serves, empty otherwise
//   store/        all ledgers (store/lmdb_store.h)
//   server.log    what happened, unless another log file is named

#include <optional>
#include "ops/server_key.h"
#include "register/verify.h"
#include "store/lmdb_store.h"

namespace ops {

class DataFolder {
public:
    explicit DataFolder(Path path) : m_path(std::move(path)) {}

    const Path& path() const { return m_path; }
    Path keyFile() const { return m_path / "server.key"; }
    Path nextKeyFile() const { return m_path / "server.key.next"; }
    Path lockFile() const { return m_path / "server.lock"; }
    Path storeFolder() const { return m_path / "store"; }
    Path logFile() const { return m_path / "server.log"; }

    /// Makes the folder (mode 0700), its store and its keys. InvalidInput if a server lives there
    /// already.
    Result<ServerKey> initialise(base::Random& random) const;
    /// NotFound, with what to do, if the folder was never initialised; else as ServerKey::load.
    Result<ServerKey> loadKey() const;
    /// Keys to replace `present`, durable beside them; those of an earlier call if they wait still.
    /// The server may run meanwhile.
    Result<ServerKey> makeNextKey(const ServerKey& present, base::Random& random) const;
    /// Nothing if none were made.
    Result<std::optional<ServerKey>> loadNextKey() const;
    /// Puts the next keys in the place of the present ones and erases these. After a crash either
    /// are there whole; finishErasing() does the rest.
    Status adoptNextKey() const;
    /// Erases what an adoption that was cut off has left.
    Status finishErasing() const;
    /// HomeBusy, naming the holder, if another process serves this folder.
    Result<store::ProcessLock> lock(std::chrono::milliseconds patience = {}) const;
    /// Reserves 1 TiB of addresses, or 64 GiB where the system gives no more. Corrupt if the store
    /// is gone; else errors as LmdbStore::open. `random` must outlive the store.
    Result<std::unique_ptr<store::LmdbStore>> openStore(const ServerKey& key, store::Access access,
                                                        base::Random& random) const;

    /// Another copy of the store, in a folder of its own, to be written to. Errors as openStore().
    Result<std::unique_ptr<store::LmdbStore>> openStoreAt(const Path& copy, const ServerKey& key,
                                                          base::Random& random) const;
    /// Goes through such a copy from its first record to its last: reg::verifyLedgers, and every
    /// value that is kept beside the ledgers. Corrupt, naming what is damaged.
    Result<reg::Verified> verifyStoreAt(const Path& copy, const ServerKey& key,
                                        base::Random& random, const reg::Progress& progress) const;

private:
    Path oldKeyFile() const { return m_path / "server.key.old"; }
    store::LmdbStore::Options storeOptions(const ServerKey& key) const;

    Path m_path;
};

}  // namespace ops
