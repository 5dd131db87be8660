#pragma once
// Admission: who may write where, and whether anything is taken now. Segments of many sessions wait
// here and share a commit, devices taking turns, so that none waits behind a flood of another; a
// session hears of its segments once they are durable, or refused. What a connection that was cut
// had sent is committed all the same: sending it again would cost the line a second time.
//
// No new work is taken while the server recovers from a backup, while its clock is in doubt, and
// while its disk is full or fails; then everybody is told why, and downloads go on.
//
// One thread.

#include <deque>
#include <set>
#include "domain/invitation.h"
#include "intake/quotas.h"
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
        : m_register(reg), m_clock(clock), m_identity(std::move(identity)), m_quotas(clock) {}

    /// Called for each settled segment, in the order of its session, after the commit that holds
    /// it.
    using Settled = std::function<void(std::uint64_t session, std::optional<wire::Refused>)>;
    /// Admits what is queued, up to kCommitEntriesMax entries, commits and settles. False if there
    /// was nothing to do. Where the disk fails, everything is settled as paused, and the store is
    /// opened anew; an error means that it cannot be: stop the process and start again.
    Result<bool> run(const Settled& settled);
    bool isIdle() const { return m_lanes.empty() && m_heard.empty(); }
    /// Of segments that wait, also those whose sender has gone.
    std::size_t queuedBytes() const { return m_queuedBytes; }
    std::size_t queuedBytes(const base::DeviceId& device) const;
    /// Why no new work was taken when that was last looked at; empty: it was. For the log.
    const std::string& closedBecause() const { return m_closedBecause; }

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
    Result<ledger::ChainState> keptChain(const ledger::ChainId& chain) override {
        return m_register.keptChain(chain);
    }
    Status read(const base::ScopeId& scope, std::uint64_t from,
                const std::function<Result<bool>(const RecordView&)>& visit) override {
        return m_register.read(scope, from, visit);
    }
    Result<Bytes> signHead(const base::ScopeId& scope, std::uint64_t size,
                           const base::Hash& root) override {
        return m_register.signHead(scope, size, root);
    }
    Result<std::optional<wire::Refused>> closed() override;
    void heard(const base::DeviceId& device) override;
    bool hasQueued(const base::DeviceId& device) const override { return m_lanes.contains(device); }
    void push(std::uint64_t session, const base::DeviceId& device,
              session::Pushed segment) override;
    void introduce(std::uint64_t session, const base::ExchangeKey& peer,
                   session::Pushed segment) override;
    void found(std::uint64_t session, const base::ExchangeKey& peer, const base::Hash& mac,
               session::Pushed segment) override;
    std::uint64_t newestQuarantined() const override { return m_register.newestQuarantined(); }
    Result<std::optional<Quarantined>> quarantinedAfter(std::uint64_t at) override {
        return m_register.quarantinedAfter(at);
    }
    Result<Examined> examine(const ledger::Head& head) override;
    Result<std::optional<base::Hash>> rootAt(const base::ScopeId& scope,
                                             std::uint64_t size) override {
        return m_register.rootAt(scope, size);
    }
    bool reserveReturned(std::size_t bytes) override;
    void releaseReturned(std::size_t bytes) override { m_returnedBytes -= bytes; }
    void takeBack(std::uint64_t session, const base::ExchangeKey& peer, const ledger::Head& head,
                  std::uint64_t first, std::vector<base::ByteView> records,
                  std::vector<std::shared_ptr<void>> storage) override;
    std::uint32_t epoch() const override { return m_register.epoch(); }
    Result<Bytes> epochStatement() override { return m_register.signedEpoch(); }
    Result<FormerStanding> standingOf(const ledger::Head& head,
                                      std::span<const wire::Sample> samples) override {
        return m_register.standingOf(head, samples);
    }
    Status contradicts(const ledger::Head& head) override {
        return m_register.keepContradiction(head);
    }
    void takeFormer(std::uint64_t session, const base::ExchangeKey& peer, FormerTail tail) override;

private:
    enum class Kind { Push, Introduce, Found, TakeBack, TakeFormer };
    /// Records given back, up to a head of this server's own.
    struct Returned {
        ledger::Head head;
        std::uint64_t first = 0;
        std::vector<base::ByteView> records;
        std::vector<std::shared_ptr<void>> storage;
    };
    struct Item {
        Kind kind = Kind::Push;
        std::uint64_t session = 0;
        base::DeviceId device;
        base::ExchangeKey peer;
        base::Hash mac;
        session::Pushed segment;
        std::optional<Returned> returned;
        std::optional<FormerTail> former;
    };
    /// Nothing = taken. An error is this server's own fault, never the sender's.
    using Verdict = Result<std::optional<wire::Refused>>;
    Verdict admit(const Item& item);
    Verdict admitPush(const base::DeviceId& device, const ledger::Segment& segment);
    Verdict admitIntroduction(const base::ExchangeKey& peer, const ledger::Segment& segment);
    Verdict admitReturned(const Returned& returned);
    Verdict admitFormer(const FormerTail& tail);
    Verdict admitGenesis(const Item& item, const ledger::Segment& segment);
    Verdict append(const ledger::Segment& segment, const reg::Register::Admit& rights);
    std::optional<std::string> faultOfDirectoryEntries(const base::DeviceId& sender,
                                                       std::span<const ledger::Entry> entries);
    std::optional<std::string> faultOfServerKeys(const domain::Charter& charter);
    std::uint32_t charterVersion() const;

    Verdict quarantine(const ledger::Segment& segment, reg::QuarantineReason why);
    std::optional<wire::Refused> verdictWhileClosed(const Item& item, const wire::Refused& closed);
    bool isDiskClosed();
    Status recover(const base::Error& error);
    Status writeHeard();
    void enqueue(const base::DeviceId& lane, Item item);
    Item next();

    reg::Register& m_register;
    const base::Clock& m_clock;
    Identity m_identity;
    Quotas m_quotas;
    /// What waits, by device; of strangers by the beginning of their key.
    struct Lane {
        std::deque<Item> items;
        std::size_t bytes = 0;
    };
    std::map<base::DeviceId, Lane> m_lanes;  // none is empty
    std::deque<base::DeviceId> m_turns;      // whose segment comes next
    std::size_t m_queuedBytes = 0;
    std::size_t m_returnedBytes = 0;
    std::set<base::DeviceId> m_heard;            // sessions that are not written yet
    std::optional<std::int64_t> m_diskFailedAt;  // monotonic
    std::string m_closedBecause;
};

}  // namespace intake
