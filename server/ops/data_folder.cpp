#include "ops/data_folder.h"

#include "register/register.h"

namespace ops {
namespace {

using base::Code;
using base::fail;

constexpr std::uint64_t kMapBytes = std::uint64_t{1} << 40;       // a country's ledgers
constexpr std::uint64_t kMapBytesSmall = std::uint64_t{1} << 36;  // under an address space limit

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
    if (std::filesystem::exists(storeFolder(), ignored)) {
        return fail(Code::InvalidInput,
                    "The data folder '" + m_path.string() +
                        "' holds a store but no server.key; put the key file back from a backup, "
                        "or choose another folder.");
    }
    ServerKey key = ServerKey::generate(random);
    CHECK_OK(key.save(keyFile()));
    return key;
}

Result<ServerKey> DataFolder::loadKey() const {
    auto key = ServerKey::load(keyFile());
    if (key || key.error().code != Code::NotFound) return key;
    return fail(Code::NotFound, "There is no server in '" + m_path.string() +
                                    "'; run `thongsuot-server init --data " + m_path.string() +
                                    "` first.");
}

Result<store::ProcessLock> DataFolder::lock() const {
    return store::ProcessLock::acquire(lockFile());
}

Result<std::unique_ptr<store::LmdbStore>> DataFolder::openStore(const ServerKey& key,
                                                                store::Access access,
                                                                base::Random& random) const {
    store::LmdbStore::Options options;
    options.folder = storeFolder();
    options.tables = reg::tables();
    options.masterKey = key.storeKey;
    options.mapBytes = kMapBytes;
    options.access = access;
    auto opened = store::LmdbStore::open(options, random);
    if (opened || opened.error().code != Code::Io) return opened;
    options.mapBytes = kMapBytesSmall;
    return store::LmdbStore::open(options, random);
}

}  // namespace ops
