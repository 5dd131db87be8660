#include "store/lmdb_store.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <set>
#include "store/lmdb_error.h"
#include "store/lmdb_layout.h"
#include "store/lmdb_txn.h"

namespace store {

using base::Code;
using base::Error;
using base::fail;

namespace {

constexpr std::uint16_t kStoreVersion = 1;
constexpr std::uint32_t kFirstGeneration = 1;
constexpr std::size_t kStoreIdBytes = 16;
constexpr std::string_view kMagic{"TSSTORE\0", 8};
constexpr const char* kMetaTable = "meta";
constexpr const char* kDataFile = "data.mdb";
constexpr const char* kUnfinishedFolder = "new";
constexpr std::string_view kFormatKey = "format", kCheckKey = "check";
constexpr std::string_view kCheckText = "thongsuot store";

constexpr std::uint64_t kFreeBytesMin = 4 * 1024 * 1024;  // below: nothing new is stored
constexpr std::uint64_t kFreeBytesRefill =
    64 * 1024 * 1024;  // from here on the ballast is filled again
constexpr std::uint64_t kMapBytesMin = 1024 * 1024;
constexpr std::uint64_t kMapGranule = 64 * 1024;  // a multiple of every page size in use
constexpr unsigned kReadersMax = 254;

MDB_val toVal(std::string_view text) {
    return store::toVal(base::view(text));
}

tl::unexpected<Error> unexpected(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

/// Hands a transaction that has begun to its owner; memory may run out in between.
template <class Txn, class... Arguments>
std::unique_ptr<Txn> owned(MDB_txn* begun, Arguments&&... arguments) {
    std::unique_ptr<MDB_txn, decltype(&mdb_txn_abort)> guard(begun, &mdb_txn_abort);
    auto owner = std::make_unique<Txn>(begun, std::forward<Arguments>(arguments)...);
    (void)guard.release();
    return owner;
}

/// A transaction of open() itself: aborted unless committed.
class OwnTxn {
public:
    OwnTxn(const LmdbEnvironment& environment, unsigned flags) : m_env(environment) {
        rc = mdb_txn_begin(m_env.env, nullptr, flags, &txn);
    }
    OwnTxn(const OwnTxn&) = delete;
    OwnTxn& operator=(const OwnTxn&) = delete;
    ~OwnTxn() {
        if (txn != nullptr) mdb_txn_abort(txn);
    }
    /// Also what keeps the table handles of a transaction that only read.
    Status commit() {
        rc = mdb_txn_commit(std::exchange(txn, nullptr));
        if (rc != 0) return unexpected(m_env.error(rc, "open"));
        return {};
    }
    MDB_txn* txn = nullptr;
    int rc = 0;

private:
    const LmdbEnvironment& m_env;
};

Error errorDamaged(const Path& folder, const std::string& how) {
    return {Code::Corrupt, "The store '" + folder.string() + "' is damaged: " + how +
                               "; restore it from a backup."};
}

std::uint64_t sizeOf(const Path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

Status checkTables(std::span<const Table> tables) {
    std::set<std::uint8_t> ids{0};
    std::set<std::string_view> names{kMetaTable, ""};
    for (const Table& table : tables) {
        if (!ids.insert(table.id).second || !names.insert(table.name).second) {
            return fail(Code::Internal, "Table '" + std::string(table.name) +
                                            "' has a reserved or repeated number or name.");
        }
    }
    return {};
}

}  // namespace

// ---- One opening for each folder in a process ----

class LmdbStore::Registration {
public:
    static Result<std::unique_ptr<Registration>> enter(const Path& folder) {
        struct stat info {};
        if (::stat(folder.c_str(), &info) != 0) {
            return unexpected(systemError(errno, "open the store", folder));
        }
        List& open = list();
        std::lock_guard lock(open.mutex);
        const auto [place, isNew] = open.folders.insert({info.st_dev, info.st_ino});
        if (!isNew) {
            return fail(Code::HomeBusy,
                        "The store '" + folder.string() + "' is already open in this program.");
        }
        return std::make_unique<Registration>(*place);
    }
    explicit Registration(std::pair<dev_t, ino_t> folder) : m_folder(folder) {}
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() {
        List& open = list();
        std::lock_guard lock(open.mutex);
        open.folders.erase(m_folder);
    }

private:
    struct List {
        std::mutex mutex;
        std::set<std::pair<dev_t, ino_t>> folders;
    };
    static List& list() {
        static List open;
        return open;
    }
    std::pair<dev_t, ino_t> m_folder;
};

// ---- Opening ----

LmdbStore::LmdbStore(const Options& options)
    : m_folder(options.folder),
      m_access(options.access),
      m_freeBytes(options.freeBytes),
      m_tables(options.tables.begin(), options.tables.end()),
      m_masterKey(options.masterKey),
      m_mapBytes(options.mapBytes) {}

LmdbStore::~LmdbStore() = default;

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const Options& options, base::Random& random) {
    std::unique_ptr<LmdbStore> store(new LmdbStore(options));
    CHECK_OK(store->openAll(options, random));
    return store;
}

Status LmdbStore::openAll(const Options& options, base::Random& random) {
    CHECK_OK(checkTables(m_tables));
    if (m_access == Access::ReadWrite) CHECK_OK(ensureFolder(m_folder));
    TRY(m_registration, Registration::enter(m_folder));
    if (sizeOf(m_folder / kDataFile) == 0) {
        // LMDB would quietly begin a new store in place of an emptied file.
        std::error_code ignored;
        if (std::filesystem::exists(m_folder / kDataFile, ignored) || Ballast(m_folder).exists()) {
            return unexpected(errorDamaged(m_folder, "its data file is empty or gone"));
        }
        if (m_access == Access::ReadOnly) {
            return fail(Code::NotFound, "There is no store in '" + m_folder.string() + "'.");
        }
        CHECK_OK(makeData(options, random));
    }
    m_environment = std::make_unique<LmdbEnvironment>(m_folder, options.masterKey, random);
    CHECK_OK(openEnvironment());
    CHECK_OK(checkLength());
    CHECK_OK(readFormat());
    if (m_access == Access::ReadOnly) return findTables();
    std::error_code ignored;
    std::filesystem::remove_all(m_folder / kUnfinishedFolder, ignored);
    CHECK_OK(makeTables());
    return m_environment->ballast.exists() ? Status() : m_environment->ballast.fill();
}

Status LmdbStore::makeData(const Options& options, base::Random& random) {
    const Path beside = m_folder / kUnfinishedFolder;
    std::error_code error;
    std::filesystem::remove_all(beside, error);
    CHECK_OK(ensureFolder(beside));
    m_environment = std::make_unique<LmdbEnvironment>(beside, options.masterKey, random);
    CHECK_OK(openEnvironment());
    CHECK_OK(writeFormat());
    m_environment.reset();
    std::filesystem::rename(beside / kDataFile, m_folder / kDataFile, error);
    if (error) return unexpected(systemError(error.value(), "make the store", m_folder));
    return syncFolder(m_folder);
}

Status LmdbStore::openEnvironment() {
    LmdbEnvironment& e = *m_environment;
    const std::uint64_t map = std::max(m_mapBytes, kMapBytesMin) / kMapGranule * kMapGranule;
    // No NOSYNC, NOMETASYNC or WRITEMAP: each of them loses commits or integrity in a power cut.
    const unsigned flags = MDB_NOTLS | (m_access == Access::ReadOnly ? MDB_RDONLY : 0U);
    int rc = mdb_env_create(&e.env);
    if (rc == 0) rc = mdb_env_set_mapsize(e.env, map);
    if (rc == 0) rc = mdb_env_set_maxdbs(e.env, static_cast<MDB_dbi>(m_tables.size() + 1));
    if (rc == 0) rc = mdb_env_set_maxreaders(e.env, kReadersMax);
    if (rc == 0) rc = mdb_env_open(e.env, e.folder.c_str(), flags, 0600);
    int stale = 0;
    if (rc == 0) rc = mdb_reader_check(e.env, &stale);  // readers of processes that were killed
    if (rc != 0) return unexpected(e.error(rc, "open"));
    return {};
}

Status LmdbStore::checkLength() const {
    DataFile file{};
    MDB_stat stat{};
    MDB_envinfo info{};
    int rc = mdb_env_get_fd(m_environment->env, &file.fd);
    if (rc == 0) rc = mdb_env_stat(m_environment->env, &stat);
    if (rc == 0) rc = mdb_env_info(m_environment->env, &info);
    if (rc != 0) return unexpected(m_environment->error(rc, "open"));
    struct stat onDisk {};
    if (::fstat(file.fd, &onDisk) != 0) {
        return unexpected(systemError(errno, "open the store", m_folder));
    }
    file.pageBytes = stat.ms_psize;
    file.fileBytes = static_cast<std::uint64_t>(onDisk.st_size);
    file.lastPage = info.me_last_pgno;
    if (!isWhole(file)) return unexpected(errorDamaged(m_folder, "its data file is cut short"));
    return {};
}

Status LmdbStore::writeFormat() {
    LmdbEnvironment& e = *m_environment;
    OwnTxn txn(e, 0);
    std::array<std::uint8_t, kStoreIdBytes> id;
    e.random.fill(id);
    e.ad = AdBuilder(id, kStoreVersion, kFirstGeneration);
    Bytes format, check;
    base::Writer(format).raw(base::view(kMagic)).u16(kStoreVersion).raw(id).u32(kFirstGeneration);
    AdBuilder::Buffer buffer;
    crypto::sealX(e.key.view(), e.random, e.ad.build(0, base::view(kCheckKey), buffer),
                  base::view(kCheckText), check);
    MDB_val formatKey = toVal(kFormatKey), checkKey = toVal(kCheckKey);
    MDB_val formatValue = toVal(format), checkValue = toVal(check);
    int rc = txn.rc;
    if (rc == 0) rc = mdb_dbi_open(txn.txn, kMetaTable, MDB_CREATE, &e.tables[0]);
    if (rc == 0) rc = mdb_put(txn.txn, e.tables[0], &formatKey, &formatValue, 0);
    if (rc == 0) rc = mdb_put(txn.txn, e.tables[0], &checkKey, &checkValue, 0);
    if (rc != 0) return unexpected(e.error(rc, "make"));
    return txn.commit();
}

Status LmdbStore::readFormat() {
    LmdbEnvironment& e = *m_environment;
    OwnTxn txn(e, MDB_RDONLY);
    if (txn.rc != 0) return unexpected(e.error(txn.rc, "open"));
    MDB_val k = toVal(kFormatKey), v{};
    int rc = mdb_dbi_open(txn.txn, kMetaTable, 0, &e.tables[0]);
    if (rc == MDB_NOTFOUND) {
        return unexpected(errorDamaged(m_folder, "its description is gone"));
    }
    if (rc == 0) rc = mdb_get(txn.txn, e.tables[0], &k, &v);
    if (rc != 0) return unexpected(e.error(rc, "open"));
    base::Reader reader(toView(v));
    const ByteView magic = reader.raw(kMagic.size());
    const std::uint16_t version = reader.u16();
    if (!reader.ok() || base::text(magic) != kMagic || version == 0) {
        return unexpected(errorDamaged(m_folder, "its description is not one"));
    }
    if (version > kStoreVersion) {
        return fail(Code::Unsupported, "The store '" + m_folder.string() +
                                           "' was written by a newer version of the program; "
                                           "update this one.");
    }
    const ByteView id = reader.raw(kStoreIdBytes);
    const std::uint32_t generation = reader.u32();
    if (!reader.atEnd()) return unexpected(errorDamaged(m_folder, "its description is not one"));
    e.ad = AdBuilder(id, version, generation);
    CHECK_OK(txn.commit());
    return readCheck();
}

Status LmdbStore::readCheck() const {
    LmdbEnvironment& e = *m_environment;
    OwnTxn txn(e, MDB_RDONLY);
    if (txn.rc != 0) return unexpected(e.error(txn.rc, "open"));
    MDB_val k = toVal(kCheckKey), v{};
    const int rc = mdb_get(txn.txn, e.tables[0], &k, &v);
    if (rc == MDB_NOTFOUND)
        return unexpected(errorDamaged(m_folder, "its description is not whole"));
    if (rc != 0) return unexpected(e.error(rc, "open"));
    AdBuilder::Buffer buffer;
    Bytes plain;
    if (!crypto::openX(e.key.view(), e.ad.build(0, base::view(kCheckKey), buffer), toView(v),
                       plain) ||
        base::text(plain) != kCheckText) {
        return fail(Code::WrongPassphrase, "The key does not open the store '" + m_folder.string() +
                                               "'; it belongs to another one.");
    }
    return {};
}

Status LmdbStore::makeTables() {
    LmdbEnvironment& e = *m_environment;
    OwnTxn txn(e, 0);  // writes nothing if everything is there
    int rc = txn.rc;
    for (const Table& table : m_tables) {
        if (rc != 0) break;
        rc =
            mdb_dbi_open(txn.txn, std::string(table.name).c_str(), MDB_CREATE, &e.tables[table.id]);
    }
    if (rc != 0) return unexpected(e.error(rc, "open"));
    return txn.commit();
}

Status LmdbStore::findTables() {
    LmdbEnvironment& e = *m_environment;
    OwnTxn txn(e, MDB_RDONLY);
    int rc = txn.rc;
    for (const Table& table : m_tables) {
        if (rc != 0) break;
        rc = mdb_dbi_open(txn.txn, std::string(table.name).c_str(), 0, &e.tables[table.id]);
        if (rc != MDB_NOTFOUND) continue;
        e.tables[table.id] = kNotMade;
        rc = 0;
    }
    if (rc != 0) return unexpected(e.error(rc, "open"));
    return txn.commit();
}

// ---- Using ----

Result<std::unique_ptr<ReadTxn>> LmdbStore::read() {
    MDB_txn* txn = nullptr;
    const int rc = mdb_txn_begin(m_environment->env, nullptr, MDB_RDONLY, &txn);
    if (rc != 0) return unexpected(m_environment->error(rc, "read"));
    return owned<LmdbReadTxn>(txn, *m_environment);
}

Result<DiskRoom> LmdbStore::room() {
    Ballast& ballast = m_environment->ballast;
    TRY(const std::uint64_t free, m_freeBytes(m_folder));
    if (!ballast.isWhole() && free >= kFreeBytesRefill) CHECK_OK(ballast.fill());
    TRY(const bool isEnough, mayStore());
    return isEnough ? DiskRoom::Enough : DiskRoom::Tight;
}

Result<bool> LmdbStore::mayStore() const {
    TRY(const std::uint64_t free, m_freeBytes(m_folder));
    // What the ballast gave is for erasing, not for the next put.
    const bool isWhole = m_environment->ballast.isWhole();
    return free >= kFreeBytesMin + (isWhole ? 0 : kBallastBytes);
}

Result<bool> LmdbStore::hasRoom() {
    TRY(const DiskRoom diskRoom, room());
    return diskRoom == DiskRoom::Enough;
}

Status LmdbStore::reopen() {
    base::Random& random = m_environment->random;
    m_environment.reset();  // LMDB must not be open twice
    m_environment = std::make_unique<LmdbEnvironment>(m_folder, m_masterKey, random);
    CHECK_OK(openEnvironment());
    CHECK_OK(checkLength());
    CHECK_OK(readFormat());
    return m_access == Access::ReadOnly ? findTables() : makeTables();
}

Result<std::unique_ptr<WriteTxn>> LmdbStore::write() {
    LmdbEnvironment& e = *m_environment;
    if (m_access == Access::ReadOnly) {
        return fail(Code::Internal,
                    "The store '" + m_folder.string() + "' was opened for reading only.");
    }
    TRY(WriterTurn::Held turn, e.turn.take());
    if (e.refusesWrites) return unexpected(errorReopen());
    TRY(const DiskRoom diskRoom, room());
    MDB_txn* txn = nullptr;
    const int rc = mdb_txn_begin(e.env, nullptr, 0, &txn);
    if (rc != 0) return unexpected(e.error(rc, "write to"));
    return owned<LmdbWriteTxn>(txn, e, std::move(turn), diskRoom);
}

Status LmdbStore::check() {
    TRY(const std::unique_ptr<ReadTxn> txn, read());
    for (const Table& table : m_tables) {
        CHECK_OK(txn->scan(table, {}, [](ByteView, ByteView) -> Result<bool> { return true; }));
    }
    return {};
}

Status LmdbStore::copyTo(const Path& folder) {
    CHECK_OK(ensureFolder(folder));
    const int rc = mdb_env_copy2(m_environment->env, folder.c_str(), 0);
    if (rc != 0) return unexpected(lmdbError(rc, "copy the store to", folder));
    const Path data = folder / kDataFile;
    FileDescriptor fd(::open(data.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
        return unexpected(systemError(errno, "copy the store to", data));
    return syncFolder(folder);
}

std::uint64_t LmdbStore::sizeBytes() const {
    return sizeOf(m_folder / kDataFile);
}

}  // namespace store
