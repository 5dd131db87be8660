#include "ops/data_folder.h"

#include "register/register.h"

namespace ops {
namespace {

using base::Code;
using base::fail;

constexpr std::uint64_t kMapBytes = std::uint64_t{1} << 40;       // a country's ledgers
constexpr std::uint64_t kMapBytesSmall = std::uint64_t{1} << 36;  // under an address space limit

Result<std::unique_ptr<store::LmdbStore>> openWith(store::LmdbStore::Options options,
                                                   base::Random& random) {
    auto opened = store::LmdbStore::open(options, random);
    if (opened || opened.error().code != Code::Io) return opened;
    options.mapBytes = kMapBytesSmall;
    return store::LmdbStore::open(options, random);
}

}  // namespace

Result<ServerKey> DataFolder::initialise(base::Random& random) const {
    CHECK_OK(store::ensureFolder(m_path, 0700));
    TRY(auto held, lock());
    std::error_code ignored;
    if (std::filesystem::exists(keyFile(), ignored)) {
        return fail(Code::InvalidInput, "The data folder '" + m_path.string() +
                                            "' is already initialised; use `run`, or choose "
                                            "another folder.");
    }
    const Path unfinished = m_path / "server.key.new";  // of an init that was cut off
    if (std::filesystem::exists(unfinished, ignored)) {
        std::filesystem::remove_all(storeFolder(), ignored);
        std::filesystem::remove(unfinished, ignored);
    }
    if (std::filesystem::exists(storeFolder(), ignored)) {
        return fail(Code::InvalidInput,
                    "The data folder '" + m_path.string() +
                        "' holds a store but no server.key; put the key file back from a backup, "
                        "or choose another folder.");
    }
    ServerKey key = ServerKey::generate(random);
    CHECK_OK(key.save(unfinished));
    CHECK_OK(store::LmdbStore::open(storeOptions(key), random));
    // The key gets its name once the store is there: a key without a store means loss.
    std::error_code error;
    std::filesystem::rename(unfinished, keyFile(), error);
    if (error)
        return fail(Code::Io, "Cannot make '" + keyFile().string() + "': " + error.message());
    CHECK_OK(store::syncFolder(m_path));
    return key;
}

Result<ServerKey> DataFolder::loadKey() const {
    auto key = ServerKey::load(keyFile());
    if (key || key.error().code != Code::NotFound) return key;
    return fail(Code::NotFound, "There is no server in '" + m_path.string() +
                                    "'; run `thongsuot-server init --data " + m_path.string() +
                                    "` first.");
}

Result<std::optional<ServerKey>> DataFolder::loadNextKey() const {
    auto key = ServerKey::load(nextKeyFile());
    if (key) return std::optional(std::move(*key));
    if (key.error().code == Code::NotFound) return std::optional<ServerKey>();
    return tl::unexpected(std::move(key).error());
}

Result<ServerKey> DataFolder::makeNextKey(const ServerKey& present, base::Random& random) const {
    TRY(std::optional<ServerKey> waiting, loadNextKey());
    if (waiting) return *waiting;
    ServerKey next = present.successor(random);
    CHECK_OK(next.save(nextKeyFile()));
    return next;
}

Status DataFolder::adoptNextKey() const {
    CHECK_OK(finishErasing());
    std::error_code error;
    // Without hard links the old file is let go without being overwritten.
    std::filesystem::create_hard_link(keyFile(), oldKeyFile(), error);
    std::filesystem::rename(nextKeyFile(), keyFile(), error);
    if (error) {
        return fail(Code::Io, "Cannot put '" + nextKeyFile().string() + "' in the place of '" +
                                  keyFile().string() + "': " + error.message() + ".");
    }
    CHECK_OK(store::syncFolder(m_path));
    return finishErasing();
}

Status DataFolder::finishErasing() const {
    std::error_code ignored;
    if (!std::filesystem::exists(oldKeyFile(), ignored)) return {};
    if (std::filesystem::equivalent(oldKeyFile(), keyFile(), ignored)) {
        // Another name for the keys in force: the crash came before they were replaced.
        std::filesystem::remove(oldKeyFile(), ignored);
        return store::syncFolder(m_path);
    }
    return store::eraseFile(oldKeyFile());
}

store::LmdbStore::Options DataFolder::storeOptions(const ServerKey& key) const {
    store::LmdbStore::Options options;
    options.folder = storeFolder();
    options.tables = reg::tables();
    options.masterKey = key.storeKey;
    options.mapBytes = kMapBytes;
    return options;
}

Result<store::ProcessLock> DataFolder::lock(std::chrono::milliseconds patience) const {
    return store::ProcessLock::acquire(lockFile(), patience);
}

Result<std::unique_ptr<store::LmdbStore>> DataFolder::openStore(const ServerKey& key,
                                                                store::Access access,
                                                                base::Random& random) const {
    std::error_code ignored;
    if (!std::filesystem::exists(storeFolder() / "data.mdb", ignored)) {
        return fail(Code::Corrupt, "The data folder '" + m_path.string() +
                                       "' has lost its store: put it back from a backup. Do not "
                                       "start anew, the devices would be strangers; nothing was "
                                       "changed.");
    }
    store::LmdbStore::Options options = storeOptions(key);
    options.access = access;
    return openWith(std::move(options), random);
}

Result<std::unique_ptr<store::LmdbStore>> DataFolder::openStoreAt(const Path& copy,
                                                                  const ServerKey& key,
                                                                  base::Random& random) const {
    store::LmdbStore::Options options = storeOptions(key);
    options.folder = copy;
    return openWith(std::move(options), random);
}

Result<reg::Verified> DataFolder::verifyStoreAt(const Path& copy, const ServerKey& key,
                                                base::Random& random,
                                                const reg::Progress& progress) const {
    store::LmdbStore::Options options = storeOptions(key);
    options.folder = copy;
    options.access = store::Access::ReadOnly;
    TRY(auto store, openWith(std::move(options), random));
    TRY(auto txn, store->read());
    CHECK_OK(reg::restored(*txn));
    CHECK_OK(reg::clockMark(*txn));
    CHECK_OK(reg::heard(*txn));
    CHECK_OK(reg::Quarantine().load(*txn));
    CHECK_OK(reg::contradictions(*txn));
    CHECK_OK(reg::formerKept(*txn));
    return reg::verifyLedgers(*txn, progress);
}

}  // namespace ops
