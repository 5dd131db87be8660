#include "province.h"
#include <chrono>
#include "office/administration.h"

namespace bench {
namespace {

constexpr base::TimeMs kHourMs = 3'600'000;

}  // namespace

Result<std::unique_ptr<Device>> Device::create(const std::filesystem::path& folder,
                                               std::uint64_t mapBytes) {
    auto out = std::make_unique<Device>();
    out->m_folder = folder;
    store::LmdbStore::Options options;
    options.folder = folder;
    options.tables = replica::tables();
    options.masterKey = crypto::SecretKey::random(out->m_random);
    options.mapBytes = mapBytes;
    TRY(out->m_store, store::LmdbStore::open(options, out->m_random));
    return out;
}

Result<replica::Replica*> Device::found(const syncing::Founding& founding) {
    TRY(syncing::Founded founded, syncing::prepareFounding(founding, m_random));
    TRY(m_replica,
        replica::Replica::create(*m_store, m_clock, m_random, {founded.identity, founded.genesis}));
    CHECK_OK(syncing::completeFounding(*m_replica, founding.token, m_random));
    return m_replica.get();
}

Result<replica::Replica*> Device::join(const domain::Invitation& invitation,
                                       const std::string& server) {
    TRY(syncing::Joining joining, syncing::prepareJoining(invitation, server, m_random));
    TRY(m_replica,
        replica::Replica::create(*m_store, m_clock, m_random, {joining.identity, joining.change}));
    CHECK_OK(syncing::completeJoining(*m_replica, joining.keys, m_random));
    return m_replica.get();
}

Result<std::uint64_t> Device::recordsOf(const base::ScopeId& scope) {
    TRY(auto txn, m_store->read());
    std::uint64_t count = 0;
    CHECK_OK(
        store::LedgerTables().read(*txn, scope, 0, [&](const store::StoredRecord&) -> Result<bool> {
            ++count;
            return true;
        }));
    return count;
}

std::uint64_t Device::diskBytes() const {
    return diskBytesOf(m_folder / "data.mdb");
}

Province::Province(const std::filesystem::path& serverBinary, const std::filesystem::path& folder)
    : m_folder(folder), m_server(serverBinary, folder / "server"), m_proxy(m_server.port()) {}

std::string Province::serverAddress() const {
    return "127.0.0.1:" + std::to_string(m_proxy.port());
}

Status Province::prepare() {
    TRY(m_author, Device::create(m_folder / "author"));
    TRY(m_reader, Device::create(m_folder / "reader"));
    syncing::Founding founding;
    founding.name = "Tỉnh đo thử";
    founding.code = "T00";
    founding.officer = "Người viết";
    founding.server = serverAddress();
    founding.statements = "optional";  // what is measured is signed by devices alone
    TRY(founding.token, domain::BootstrapToken::parse(m_server.bootstrapToken()));
    TRY(replica::Replica * author, m_author->found(founding));
    office::InvitationRequest request;
    request.unit = founding.code;
    request.officer = "Người đọc";
    request.roles = domain::roles::kProvincial;
    request.validForMs = kHourMs;
    request.serverAddress = founding.server;
    TRY(office::InvitationMade made, office::invite(*author, request));
    syncing::SyncReport report;
    CHECK_OK(syncing::runSession(*author, report));
    TRY(replica::Replica * reader, m_reader->join(made.invitation, request.serverAddress));
    CHECK_OK(syncing::runSession(*author, report));
    CHECK_OK(office::grantKeys(*author));
    CHECK_OK(syncing::runSession(*author, report));
    CHECK_OK(syncing::runSession(*reader, report));
    if (!syncing::holdsOwnKey(*reader))
        return base::fail(base::Code::Internal, "the second device got no key");
    return {};
}

}  // namespace bench
