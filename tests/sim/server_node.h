#pragma once
// The province's server: the real register and intake over a store in memory, which may be thrown
// away and opened again at any commit.

#include "clock_model.h"
#include "counters.h"
#include "intake/intake.h"
#include "seeded.h"
#include "store/memory_store.h"
#include "story.h"

namespace sim {

/// What one session sees of the intake. It knows how far each chain of the peer was durable when
/// the peer learnt it, so that bytes sent in vain are noticed.
class WatchedPort final : public session::ServerPort {
public:
    WatchedPort(intake::Intake& intake, Counters& counters)
        : m_intake(intake), m_counters(counters) {}

    bool mayFork = false;  // of the peer: a copy does not know what the other one sent
    /// The peer's hello is on its way to the session.
    void onHello(const base::ExchangeKey& peer, const base::IncarnationId& incarnation);

    const session::DirectoryLedger& directory() const override { return m_intake.directory(); }
    base::Result<wire::LedgerState> state(const base::ScopeId& scope) override {
        return m_intake.state(scope);
    }
    base::Result<ledger::ChainState> chain(const ledger::ChainId& chain) override {
        return m_intake.chain(chain);
    }
    base::Result<ledger::ChainState> keptChain(const ledger::ChainId& chain) override {
        return m_intake.keptChain(chain);
    }
    base::Status read(const base::ScopeId& scope, std::uint64_t from,
                      const std::function<base::Result<bool>(const RecordView&)>& visit) override {
        return m_intake.read(scope, from, visit);
    }
    base::Result<base::Bytes> signHead(const base::ScopeId& scope, std::uint64_t size,
                                       const base::Hash& root) override {
        return m_intake.signHead(scope, size, root);
    }
    base::Result<std::optional<wire::Refused>> closed() override { return m_intake.closed(); }
    void heard(const base::DeviceId& device) override { m_intake.heard(device); }
    bool hasQueued(const base::DeviceId& device) const override {
        return m_intake.hasQueued(device);
    }
    void push(std::uint64_t session, const base::DeviceId& device,
              session::Pushed segment) override;
    void introduce(std::uint64_t session, const base::ExchangeKey& peer,
                   session::Pushed segment) override {
        m_intake.introduce(session, peer, std::move(segment));
    }
    void found(std::uint64_t session, const base::ExchangeKey& peer, const base::Hash& mac,
               session::Pushed segment) override {
        m_intake.found(session, peer, mac, std::move(segment));
    }
    std::uint64_t newestQuarantined() const override { return m_intake.newestQuarantined(); }
    base::Result<std::optional<Quarantined>> quarantinedAfter(std::uint64_t at) override {
        return m_intake.quarantinedAfter(at);
    }
    base::Result<Examined> examine(const ledger::Head& head) override {
        return m_intake.examine(head);
    }
    base::Result<std::optional<base::Hash>> rootAt(const base::ScopeId& scope,
                                                   std::uint64_t size) override {
        return m_intake.rootAt(scope, size);
    }
    bool reserveReturned(std::size_t bytes) override { return m_intake.reserveReturned(bytes); }
    void releaseReturned(std::size_t bytes) override { m_intake.releaseReturned(bytes); }
    void takeBack(std::uint64_t session, const base::ExchangeKey& peer, const ledger::Head& head,
                  std::uint64_t first, std::vector<base::ByteView> records,
                  std::vector<std::shared_ptr<void>> storage) override {
        m_intake.takeBack(session, peer, head, first, std::move(records), std::move(storage));
    }
    std::uint32_t epoch() const override { return m_intake.epoch(); }
    base::Result<base::Bytes> epochStatement() override { return m_intake.epochStatement(); }
    base::Status contradicts(const ledger::Head& head) override {
        return m_intake.contradicts(head);
    }
    base::Result<FormerStanding> standingOf(const ledger::Head& head,
                                            std::span<const wire::Sample> samples) override {
        return m_intake.standingOf(head, samples);
    }
    void takeFormer(std::uint64_t session, const base::ExchangeKey& peer,
                    FormerTail tail) override {
        m_intake.takeFormer(session, peer, std::move(tail));
    }

private:
    intake::Intake& m_intake;
    Counters& m_counters;
    std::map<ledger::ChainId, std::uint64_t> m_nextSeqOf;  // as the peer knows it
};

class ServerNode {
public:
    ServerNode(const base::TimeMs& time, SeededRandom& random);

    /// After the start, and after every crash: what is durable is read back.
    void open();
    /// The process ends; what it had not committed is gone.
    void crash();

    intake::Intake& intake() { return *m_intake; }
    reg::Register& reg() { return *m_register; }
    store::MemoryStore& store() { return m_store; }
    NodeClock& clock() { return m_clock; }
    ClockModel& clockModel() { return m_clockModel; }
    /// What the operator's command does; the store has room.
    void confirmClock();
    /// Whether it takes new work now.
    bool isOpen();
    const intake::Identity& identity() const { return m_identity; }
    const crypto::ExchangeKeyPair& noiseKeys() const { return m_keys[m_present].noise; }

    /// New keys beside the present ones; a charter that names them brings them into force.
    domain::RotationToken makeKeys(const base::ProvinceId& province, SeededRandom& random);
    /// The head key of a charter's version; null if that is no charter's.
    const crypto::SigningKey* headKeyOf(std::uint32_t charterVersion) const;
    /// A register over a copy of the store, of whatever age.
    std::unique_ptr<reg::Register> openCopy(store::Store& store);
    /// The same, ready for new work however long ago the last one was.
    std::unique_ptr<reg::Register> openConfirmedCopy(store::Store& store);

private:
    base::TimeMs confirmClockIn(store::Store& store, std::uint64_t lastArrival);
    NodeClock m_clock;
    ClockModel m_clockModel;
    struct Keys {
        crypto::ExchangeKeyPair noise;
        crypto::SigningKey head;
        bool isOf(const domain::Charter& charter) const {
            return noise.publicKey == charter.noiseKey && head.publicKey == charter.headKey;
        }
    };
    void use(const domain::Charter& charter);

    std::vector<Keys> m_keys;  // that it ever had
    std::size_t m_present = 0;
    std::map<std::uint32_t, std::size_t> m_keysOfVersion;
    intake::Identity m_identity;
    store::MemoryStore m_store;
    std::unique_ptr<reg::Register> m_register;
    std::unique_ptr<intake::Intake> m_intake;
};

}  // namespace sim
