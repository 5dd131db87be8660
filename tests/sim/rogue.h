#pragma once
// A device gone bad: it is enrolled, and says to the server what an honest replica never would.
// What it may not do must be refused, or stay in the ledger without effect.

#include "province.h"

namespace sim {

class Rogue {
public:
    Rogue(World& world, const Province& province) : m_world(world), m_province(province) {}

    /// Takes over the keys of an enrolled device, which goes on working honestly besides.
    void takeOver(ClientNode& client);
    bool isActive() const { return m_client != nullptr; }
    void act();
    /// The office has revoked it: neither a new session nor one that was open then takes its work.
    void actRevoked();
    ClientNode& client() { return *m_client; }
    /// Somebody who found a used invitation in the bin.
    void useInvitationAgain(const domain::InvitationSecret& secret);
    /// The same with one whose time is over.
    void useExpiredInvitation(const domain::InvitationSecret& secret);
    bool isOf(const ClientNode& client) const { return m_client == &client; }

    /// No replica shows what was written without a right; every one that folded it names it in its
    /// audit.
    void check(ClientNode& client) const;

private:
    /// What is forged; the rest follows from the rogue's own device.
    struct Draft {
        base::ScopeId scope;
        Bytes plain;  // an encoded body
        ledger::ChainState before;
        base::DeviceId device;
        std::uint64_t keyVersion = 1;  // 0: the body is not encrypted
        std::uint8_t dictionary = 0;
    };
    struct Forged {
        Bytes segment;
        ledger::ChainState after;
        base::Hash entry;
    };
    enum class Lie;
    struct Verdict;
    static const Verdict& expected(Lie lie);
    static bool isOfStatements(Lie lie);
    domain::Change falseCompletion(Lie lie, const base::ScopeId& scope);
    Draft draft(Lie lie);
    std::optional<Forged> forge(const Draft& draft);
    ledger::ChainState tipOf(const base::ScopeId& scope);
    std::optional<wire::RefusedReason> introduceThief(const domain::InvitationSecret& secret);
    /// Pushes the segment in a session of its own; the refusal, if there was one.
    std::optional<wire::Refused> push(const Bytes& segment);

    World& m_world;
    const Province& m_province;
    ClientNode* m_client = nullptr;
    base::IncarnationId m_incarnation;
    std::size_t m_turn = 0;
    std::map<base::ScopeId, ledger::ChainState> m_tips;
    std::optional<ledger::ChainState> m_beforeLast;  // of what was admitted
    std::vector<std::pair<base::ScopeId, base::Hash>> m_withoutEffect;
};

}  // namespace sim
