#pragma once
// A province in one process: the real register and intake, real replicas, stores in memory, and
// whole sessions without a line between them.

#include "../base/seeded_random.h"
#include "intake/intake.h"
#include "replica/replica.h"
#include "store/memory_store.h"

namespace test {

class ManualClock final : public base::Clock {
public:
    base::TimeMs nowMs() const override { return now; }
    std::int64_t monotonicMs() const override { return now - jumped; }
    /// Somebody sets the clock: the monotonic one does not follow.
    void jump(base::TimeMs by) {
        now += by;
        jumped += by;
    }
    base::TimeMs now = 1'756'600'000'000;
    base::TimeMs jumped = 0;
};

struct Machine {
    store::MemoryStore store;
    std::unique_ptr<replica::Replica> replica;

    replica::Replica* operator->() { return replica.get(); }
    operator replica::Replica&() const { return *replica; }
    base::ScopeId scope() const { return replica->ownUnit()->scope; }
};

/// Founded by `office`, with the communes X01 and X02 and all their keys.
class InMemoryProvince {
public:
    InMemoryProvince();
    /// The register stands in this store, which outlives the province or its next restart.
    explicit InMemoryProvince(store::Store& registerStore);

    /// A new device, introduced, granted its unit's key and synchronised.
    std::unique_ptr<Machine> join(const std::string& unit, domain::Roles roles);
    /// The same with a store of the caller's.
    std::unique_ptr<replica::Replica> joinIn(store::Store& store, const std::string& unit,
                                             domain::Roles roles);
    /// One whole session, and one more in an epoch that it has led to. After the server's own
    /// error: restartServer() first.
    base::Status sync(replica::Replica& replica);
    /// The office's duties with the sessions that they need.
    void settleOffice() { settle(office); }
    void settle(replica::Replica& office);
    /// The process of the machine ends and starts again.
    void restart(Machine& machine);
    /// The server makes new keys; it takes them into use with a charter that names them.
    domain::RotationToken makeServerKeys();
    /// The same, and the office signs for them and synchronises.
    void rotateServer();
    void restartServer();
    void stopServer();
    void restartServer(store::Store& registerStore);

    /// The server's verdict on what one device sends outside of a session.
    using Verdict = std::optional<wire::Refused>;
    base::Result<Verdict> push(const base::DeviceId& device, const base::Bytes& segment);
    base::Result<Verdict> introduce(const replica::Replica& replica, const base::Bytes& segment);

    SeededRandom random;
    ManualClock clock;
    store::MemoryStore serverStore;
    crypto::SigningKey headKey;
    crypto::ExchangeKeyPair noiseKey;
    crypto::ExchangeKeyPair recoveryKey;  // of the founding
    std::vector<std::pair<crypto::ExchangeKeyPair, crypto::SigningKey>> heldKeys;  // all ever made
    intake::Identity serverIdentity;
    std::unique_ptr<reg::Register> reg;
    std::unique_ptr<intake::Intake> intake;
    Machine office;

private:
    base::Result<Verdict> verdict();
    std::uint64_t m_session = 1;
};

/// One note of this machine on some object of its own unit: one entry.
domain::Change note(const std::string& text);
/// The machine's pending entries `from` … `to` - 1 of its own unit as one sealed segment.
base::Bytes segmentOf(const Machine& machine, const base::Bytes& all, std::size_t from,
                      std::size_t to);
/// A first entry of this device in a ledger, which this program would not write, as a sealed
/// segment.
base::Bytes sealedEntry(const replica::Identity& by, const base::ScopeId& scope,
                        const ledger::Header& header, base::ByteView body);
/// The same with one change under the scope's first key: what a program that checks nothing would
/// send. Each is the first entry of a chain of its own.
base::Bytes smuggled(InMemoryProvince& province, Machine& by, const base::ScopeId& scope,
                     const domain::Change& change);
/// All of the machine's pending entries of its own unit as one segment; nothing is marked as sent.
base::Bytes pendingSegment(InMemoryProvince& province, Machine& machine);

}  // namespace test
