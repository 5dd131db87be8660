#pragma once
// A province on a real server: an office device that writes, and a second device of the same unit
// that reads. Both are the client library itself, with their stores on disk; the proxy stands
// between them and the server.

#include "base/system_clock.h"
#include "counting_proxy.h"
#include "replica/replica.h"
#include "server_process.h"
#include "store/lmdb_store.h"
#include "sync/enrolment.h"

namespace bench {

using base::Result;
using base::Status;

/// One device: a store in a folder of its own and the replica in it.
class Device {
public:
    /// Address space for the store, not disk: as the product reserves it.
    static constexpr std::uint64_t kMapBytes = std::uint64_t{64} << 30;
    static Result<std::unique_ptr<Device>> create(const std::filesystem::path& folder,
                                                  std::uint64_t mapBytes = kMapBytes);
    Result<replica::Replica*> found(const syncing::Founding& founding);
    Result<replica::Replica*> join(const domain::Invitation& invitation, const std::string& server);

    replica::Replica& replica() { return *m_replica; }
    const replica::Replica& replica() const { return *m_replica; }
    /// Seals that whoever receives this device's ledger has to check: one for each record.
    Result<std::uint64_t> recordsOf(const base::ScopeId& scope);
    std::uint64_t diskBytes() const;

private:
    std::filesystem::path m_folder;
    base::SystemClock m_clock;
    crypto::SystemRandom m_random;
    std::unique_ptr<store::LmdbStore> m_store;
    std::unique_ptr<replica::Replica> m_replica;
};

class Province {
public:
    /// Throws what ServerProcess and CountingProxy throw.
    Province(const std::filesystem::path& serverBinary, const std::filesystem::path& folder);
    /// Founds the province and enrols the second device; afterwards nothing is pending anywhere.
    Status prepare();

    ServerProcess& server() { return m_server; }
    CountingProxy& proxy() { return m_proxy; }
    Device& author() { return *m_author; }
    Device& reader() { return *m_reader; }
    /// So that its memory does not count.
    void closeAuthor() { m_author.reset(); }
    const std::filesystem::path& folder() const { return m_folder; }
    std::string serverAddress() const;
    const base::ScopeId& scope() { return m_author->replica().ownUnit()->scope; }

private:
    std::filesystem::path m_folder;
    ServerProcess m_server;
    CountingProxy m_proxy;
    std::unique_ptr<Device> m_author;
    std::unique_ptr<Device> m_reader;
};

}  // namespace bench
