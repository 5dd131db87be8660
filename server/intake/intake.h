#pragma once
// Admission: who may write where. Segments of many sessions wait in one queue and share a commit; a
// session hears of its segments once they are durable, or refused. What a connection that was cut
// had sent is committed all the same: sending it again would cost the line a second time.
//
// One thread.

#include <deque>
#include "domain/invitation.h"
#include "register/register.h"

namespace intake {

using base::Bytes;
using base::Result;
using base::Status;

/// What the server is, besides its ledgers.
struct Identity {
    base::ExchangeKey noiseKey;  // that genesis must name, and the head key too
    base::PublicKey headKey;
    domain::BootstrapToken bootstrap;
    /// The head key of a charter if this server holds both keys that the charter names; by default
    /// it holds no others than these.
    std::function<std::optional<crypto::SigningKey>(const domain::Charter&)> headKeyOf{};
    /// Called once a new charter is durable: its keys are in force.
    std::function<void(const domain::Charter&)> onCharter{};
};

class Intake final : public session::ServerPort {
public:
    Intake(reg::Register& reg, const base::Clock& clock, Identity identity)
        : m_register(reg), m_clock(clock), m_identity(std::move(identity)) {}

    /// Called for each settled segment, in queue order, after the commit that holds it.
    using Settled = std::function<void(std::uint64_t session, std::optional<wire::Refused>)>;
    /// Admits what is queued, up to kCommitEntriesMax entries, commits and settles. False if the
    /// queue was empty. An error means that the store failed: stop the process and start again.
    Result<bool> run(const Settled& settled);
    bool isIdle() const { return m_queue.empty(); }
    /// Of segments that wait, also those whose sender has gone.
    std::size_t queuedBytes() const { return m_queuedBytes; }

    /// Clear requests: an encoded body with genesis and what followed, or what came after a
    /// version, as much as one answer holds. NotFound without a province.
    Result<Bytes> genesisAnswer() const;
    Result<Bytes> authorityAnswer(std::uint32_t afterVersion) const;

    // ---- session::ServerPort ----
    const session::DirectoryLedger& directory() const override { return m_register.directory(); }
    Result<wire::LedgerState> state(const base::ScopeId& scope) override {
        return m_register.state(scope);
    }
    Result<ledger::ChainState> chain(const ledger::ChainId& chain) override {
        return m_register.chain(chain);
    }
    Status read(const base::ScopeId& scope, std::uint64_t from,
                const std::function<Result<bool>(const RecordView&)>& visit) override {
        return m_register.read(scope, from, visit);
    }
    Result<Bytes> signHead(const base::ScopeId& scope, std::uint64_t size,
                           const base::Hash& root) override {
        return m_register.signHead(scope, size, root);
    }
    bool hasQueued(const base::DeviceId& device) const override {
        return m_queuedOf.contains(device);
    }
    void push(std::uint64_t session, const base::DeviceId& device,
              session::Pushed segment) override;
    void introduce(std::uint64_t session, const base::ExchangeKey& peer,
                   session::Pushed segment) override;
    void found(std::uint64_t session, const base::ExchangeKey& peer, const base::Hash& mac,
               session::Pushed segment) override;

private:
    enum class Kind { Push, Introduce, Found };
    struct Item {
        Kind kind = Kind::Push;
        std::uint64_t session = 0;
        base::DeviceId device;
        base::ExchangeKey peer;
        base::Hash mac;
        session::Pushed segment;
    };
    /// Nothing = taken. An error is this server's own fault, never the sender's.
    using Verdict = Result<std::optional<wire::Refused>>;
    Verdict admit(const Item& item);
    Verdict admitPush(const base::DeviceId& device, const ledger::Segment& segment);
    Verdict admitIntroduction(const base::ExchangeKey& peer, const ledger::Segment& segment);
    Verdict admitGenesis(const Item& item, const ledger::Segment& segment);
    Verdict append(const ledger::Segment& segment, const reg::Register::Admit& rights);
    std::optional<std::string> faultOfDirectoryEntries(const base::DeviceId& sender,
                                                       std::span<const ledger::Entry> entries);
    std::optional<std::string> faultOfServerKeys(const domain::Charter& charter);
    std::uint32_t charterVersion() const;

    reg::Register& m_register;
    const base::Clock& m_clock;
    Identity m_identity;
    void enqueue(Item item);

    std::deque<Item> m_queue;
    std::size_t m_queuedBytes = 0;
    std::map<base::DeviceId, std::size_t> m_queuedOf;  // segments by their pusher
};

}  // namespace intake
