#pragma once
// Two devices of a commune and the province's server, with their stores on disk, through a day of
// work: notes, an import, the neighbour's entries, sessions.

#include "../unit/province/in_memory.h"
#include "store/lmdb_store.h"

namespace crash {

/// A folder that goes with the object; in memory where the machine has such a place.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const store::Path& path() const { return m_path; }

private:
    store::Path m_path;
};

using base::Result;
using base::Status;
using DiskStore = std::unique_ptr<store::LmdbStore>;

Result<DiskStore> openDevice(const store::Path& folder, base::Random& random);
Result<DiskStore> openServer(const store::Path& folder, base::Random& random);

/// All that the device shows, for comparison: ledgers with their digests, pending entries, rows.
Result<std::string> stateOf(replica::Replica& replica);
/// All that the server would tell: every record of these ledgers, and every root.
Result<std::string> stateOf(const reg::Register& reg, std::span<const base::ScopeId> scopes);

class Scenario {
public:
    explicit Scenario(const store::Path& folder);
    ~Scenario();

    /// The parts of the day, in order. An error leaves the device and the server to be opened
    /// again.
    static std::size_t steps();
    Status step(std::size_t number);
    /// All processes end and start again.
    Status reopen();

    /// Syncs everybody twice; afterwards they agree, and every acknowledged entry is there.
    void settleAndCheck();
    std::string deviceState();
    std::string serverState();

    test::InMemoryProvince& province() { return *m_province; }
    std::vector<base::ScopeId> scopes();
    store::Path deviceFolder() const { return m_folder / "device"; }
    store::Path serverFolder() const { return m_folder / "server"; }

private:
    struct DiskDevice {
        DiskStore store;
        std::unique_ptr<replica::Replica> replica;
    };
    DiskDevice join(const char* name);
    Status restart(DiskDevice& device, const char* name);
    Status append(std::size_t entries, replica::Cost cost);
    Status sync();
    Status othersWork();
    base::ScopeId scope() const;

    store::Path m_folder;
    test::SeededRandom m_random{7};
    DiskStore m_serverStore;
    std::unique_ptr<test::InMemoryProvince> m_province;
    DiskDevice m_neighbour;  // another device of the same unit
    DiskDevice m_device;
    std::vector<base::Hash> m_acknowledged;  // entries that append() has returned
    std::size_t m_written = 0;
};

}  // namespace crash
