#pragma once
// The Store on disk: LMDB 0.9.24 in its default, fully synchronous mode, every value encrypted.
//
// Folder:  data.mdb, lock.mdb (LMDB's), ballast (see ballast.h). A store is begun in the folder
// new/
//          and moved to its place after its first commit, so a data file is never half made.
// Tables:  LMDB's named databases, one for each Table, and "meta", which is table 0 and holds
//          "format": "TSSTORE" 0 | u16 storeVersion = 1 | store id (16, random) | u32 generation
//          "check":  a sealed constant, which tells a wrong key at once
// Values:  XChaCha20-Poly1305 under the master key as nonce (24, random) | ciphertext | tag (16);
//          AD = store id | u8 table | u16 storeVersion | u32 generation | key, little-endian.
//          The generation counts master keys; there has been only one so far.
//
// Keys, sizes and the number of values are visible to whoever has the disk, and the removal of a
// whole value, or the return of an older file, is not detected here: the ledgers above have their
// own chains and roots. A damaged value is found when it is read. LMDB's own pages have no
// checksums.

#include "base/clock.h"
#include "crypto/crypto.h"
#include "store/files.h"
#include "store/store.h"

namespace store {

struct LmdbEnvironment;
enum class DiskRoom : int;

enum class Access { ReadWrite, ReadOnly };

/// Open it once in a process: LMDB's file locks belong to the process, and closing one of two would
/// silently drop the lock of the other. open() keeps a list of the open folders (by device and
/// inode, whatever the path looks like), the one piece of process-wide state here, and refuses a
/// second time.
class LmdbStore final : public Store {
public:
    struct Options {
        Path folder;  // made with mode 0700 if it does not exist
        std::span<const Table>
            tables;  // all that will be used; ids 1 to 255, names outlive the store
        crypto::SecretKey masterKey;
        std::uint64_t mapBytes =
            0;  // address space, not disk: 64 GiB for a client, 1 TiB for a server
        Access access = Access::ReadWrite;
        /// How to learn the free space; tests put a full disk here.
        std::function<Result<std::uint64_t>(const Path&)> freeBytes = store::freeBytes;
    };

    /// Opens the store, or makes it if the folder holds none (ReadOnly: NotFound). WrongPassphrase
    /// if the key is another one; Unsupported if a newer version wrote it; Corrupt if it is
    /// truncated or damaged; HomeBusy if this process has it open; Limit, Io. `random` makes the
    /// nonces and must outlive the store; only the writing thread calls it.
    static Result<std::unique_ptr<LmdbStore>> open(const Options& options, base::Random& random);
    ~LmdbStore() override;  // every transaction has ended before

    Result<std::unique_ptr<ReadTxn>> read() override;
    /// With less than 4 MiB free on the disk (12 when the ballast is given up) the transaction only
    /// erases: put and append give Io, so that a full disk can still be tidied.
    Result<std::unique_ptr<WriteTxn>> write() override;

    /// Fills the ballast again where there is much room. Where a limit is no disk's (a quota, a
    /// file's size) only a write can tell.
    Result<bool> hasRoom() override;
    Status reopen() override;

    /// As hasRoom(), and changes nothing.
    Result<bool> mayStore() const;

    /// Opens every value of the declared tables; Corrupt at the first that fails. Takes as long as
    /// reading all.
    Status check();
    /// A consistent copy of the last commit into an empty folder, durable on return. Writers hardly
    /// wait.
    Status copyTo(const Path& folder);
    /// Size of the data file.
    std::uint64_t sizeBytes() const;

private:
    explicit LmdbStore(const Options& options);
    Status openAll(const Options& options, base::Random& random);
    Status makeData(const Options& options, base::Random& random);
    Status openEnvironment();
    Status checkLength() const;
    Status writeFormat();
    Status readFormat();
    Status readCheck() const;
    Status makeTables();
    Status findTables();
    Result<DiskRoom> room();

    class Registration;
    Path m_folder;
    Access m_access;
    std::function<Result<std::uint64_t>(const Path&)> m_freeBytes;
    std::vector<Table> m_tables;
    crypto::SecretKey m_masterKey;
    std::uint64_t m_mapBytes;
    std::unique_ptr<Registration> m_registration;  // outlives the environment
    std::unique_ptr<LmdbEnvironment> m_environment;
};

}  // namespace store
