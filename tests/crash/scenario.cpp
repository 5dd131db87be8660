#include "scenario.h"

#include <stdlib.h>
#include <catch2/catch.hpp>
#include <set>

#include "replica/tables.h"

namespace crash {
namespace {

using domain::Field;
using domain::ObjectKind;

constexpr std::uint64_t kMapBytes = std::uint64_t{1} << 30;
constexpr std::size_t kNotedObjects = 12;

crypto::SecretKey masterKey() {
    crypto::SecretKey key;
    std::fill_n(key.mutableView().begin(), 32, std::uint8_t{5});
    return key;
}

template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message);
    return std::move(*result);
}

void must(const Status& status) {
    if (!status) FAIL(status.error().message);
}

base::ObjectId objectOf(std::size_t number) {
    return base::ObjectId::from(base::Bytes(16, static_cast<std::uint8_t>(1 + number)));
}

/// A note and a result, on one of a few assignments; every twentieth is long enough for pages of
/// its own.
std::vector<domain::Change> work(const std::string& who, std::size_t number) {
    const base::ObjectId id = objectOf(number % kNotedObjects);
    std::string text = who + " làm việc thứ " + std::to_string(number);
    if (number % 20 == 7) text += std::string(6'000, 'v');
    // One by one: g++ 12 frees what an initializer list had not yet made when memory runs out.
    domain::Written written{ObjectKind::Assignment, id, {}};
    written.fields.push_back({Field::Result, text, {}});
    std::vector<domain::Change> out;
    out.push_back(domain::Noted{ObjectKind::Assignment, id, domain::NoteKind::Progress, text});
    out.push_back(std::move(written));
    return out;
}

std::vector<replica::Act> acts(const base::ScopeId& scope, const std::string& who,
                               std::size_t first, std::size_t count) {
    std::vector<replica::Act> out;
    for (std::size_t i = 0; i < count; ++i) {
        replica::Act& act = out.emplace_back();
        act.scope = scope;
        act.changes = work(who, first + i);
    }
    return out;
}

Result<DiskStore> open(const store::Path& folder, std::span<const store::Table> tables,
                       base::Random& random) {
    return store::LmdbStore::open(
        {.folder = folder, .tables = tables, .masterKey = masterKey(), .mapBytes = kMapBytes},
        random);
}

void addText(std::string& out, base::ByteView bytes) {
    out.append(bytes.begin(), bytes.end());
    out.push_back('\n');
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    const store::Path memory = "/dev/shm";
    const store::Path parent =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "thongsuot-crash.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    m_path = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

Result<DiskStore> openDevice(const store::Path& folder, base::Random& random) {
    return open(folder, replica::tables(), random);
}

Result<DiskStore> openServer(const store::Path& folder, base::Random& random) {
    return open(folder, reg::tables(), random);
}

Result<std::string> stateOf(replica::Replica& replica) {
    std::string out;
    TRY(auto ledgers, replica.status());
    for (const replica::LedgerStatus& ledger : ledgers) {
        addText(out, ledger.scope.view());
        out += std::to_string(ledger.size) + " " + std::to_string(ledger.pending) + "\n";
        addText(out, ledger.root.view());
        if (ledger.stateDigest) addText(out, ledger.stateDigest->view());
    }
    for (const base::Hash& hash : replica.pendingActs()) addText(out, hash.view());
    std::map<replica::ObjectKey, base::Bytes> rows;  // their order depends on when they were folded
    CHECK_OK(replica.eachRow([&](const base::ScopeId& scope, domain::Row row) -> Result<bool> {
        row.encode(rows[{scope, row.kind(), row.id()}]);
        return true;
    }));
    for (const auto& [key, row] : rows) addText(out, row);
    return out;
}

Result<std::string> stateOf(const reg::Register& reg, std::span<const base::ScopeId> scopes) {
    std::string out;
    for (const base::ScopeId& scope : scopes) {
        const wire::LedgerState state = reg.state(scope);
        out += std::to_string(state.size) + " of " + std::to_string(reg.entries()) + "\n";
        CHECK_OK(reg.read(scope, 0, [&](const auto& record) -> Result<bool> {
            addText(out, record.bytes);
            return true;
        }));
    }
    return out;
}

Scenario::Scenario(const store::Path& folder) : m_folder(folder) {
    m_serverStore = must(openServer(serverFolder(), m_random));
    m_province = std::make_unique<test::InMemoryProvince>(*m_serverStore);
    m_neighbour = join("neighbour");
    m_device = join("device");
}

Scenario::~Scenario() {
    m_province.reset();  // the register ends before its store
}

Scenario::DiskDevice Scenario::join(const char* name) {
    DiskDevice device{must(openDevice(m_folder / name, m_random)), nullptr};
    device.replica = m_province->joinIn(*device.store, "X01", domain::roles::kOfficer);
    return device;
}

Status Scenario::restart(DiskDevice& device, const char* name) {
    device.replica.reset();
    device.store.reset();
    TRY(device.store, openDevice(m_folder / name, m_random));
    TRY(device.replica, replica::Replica::open(*device.store, m_province->clock, m_random));
    return {};
}

base::ScopeId Scenario::scope() const {
    return m_device.replica->ownUnit()->scope;
}

Status Scenario::append(std::size_t entries, replica::Cost cost) {
    std::size_t first = m_written;
    m_written += entries;
    if (cost == replica::Cost::Small) {
        for (std::size_t i = 0; i < entries; ++i) {
            TRY(base::Hash hash,
                m_device.replica->append(acts(scope(), "Xã", first + i, 1).front()));
            m_acknowledged.push_back(hash);
        }
        return {};
    }
    TRY(auto hashes, m_device.replica->appendAll(acts(scope(), "Xã", first, entries), cost));
    m_acknowledged.insert(m_acknowledged.end(), hashes.begin(), hashes.end());
    return {};
}

Status Scenario::sync() {
    return m_province->sync(*m_device.replica);
}

Status Scenario::othersWork() {
    TRY(auto written, m_neighbour.replica->appendAll(acts(scope(), "Láng giềng", m_written, 40),
                                                     replica::Cost::Bulk));
    return written.empty() ? Status() : m_province->sync(*m_neighbour.replica);
}

std::size_t Scenario::steps() {
    return 12;
}

Status Scenario::step(std::size_t number) {
    using replica::Cost;
    switch (number) {
        case 0:
        case 4:
        case 8:
            return append(6, Cost::Small);
        case 1:
        case 6:
            return othersWork();
        case 2:
        case 5:
        case 7:
        case 10:
            return sync();
        case 3:
            return append(30, Cost::Bulk);
        case 9:
            return m_device.replica->setSetting("server", base::view("một nơi khác:7443"));
        default:
            return m_device.replica->settle();
    }
}

Status Scenario::reopen() {
    m_province->stopServer();
    m_serverStore.reset();
    TRY(m_serverStore, openServer(serverFolder(), m_random));
    m_province->restartServer(*m_serverStore);
    CHECK_OK(restart(m_neighbour, "neighbour"));
    return restart(m_device, "device");
}

void Scenario::settleAndCheck() {
    for (int i = 0; i < 2; ++i) {
        must(sync());
        must(m_province->sync(*m_neighbour.replica));
        must(m_province->sync(m_province->office));
    }
    CHECK(m_device.replica->pendingEntries() == 0);
    std::set<base::Hash> ordered;
    for (std::size_t i = 0; i < kNotedObjects; ++i) {
        for (const auto& item :
             must(m_device.replica->history({scope(), ObjectKind::Assignment, objectOf(i)}))) {
            if (item.received) ordered.insert(item.entry);
        }
    }
    for (const base::Hash& hash : m_acknowledged) CHECK(ordered.contains(hash));
    CHECK(must(stateOf(*m_device.replica)) == must(stateOf(*m_neighbour.replica)));
}

std::string Scenario::deviceState() {
    return must(stateOf(*m_device.replica));
}

std::string Scenario::serverState() {
    return must(stateOf(*m_province->reg, scopes()));
}

std::vector<base::ScopeId> Scenario::scopes() {
    const domain::Directory& directory = m_device.replica->directory().directory();
    return {directory.directoryScopeId(), m_province->office.scope(), scope()};
}

}  // namespace crash
