#pragma once
// What befalls a province now and then, one kind a seed: a revoked device, a restored or copied
// profile, a full disk, a server clock that jumps, a server put back to its backup, months without
// a line.

#include "rogue.h"

namespace sim {

class Misfortunes {
public:
    Misfortunes(World& world, Province& province, Rogue& rogue, std::uint64_t seed)
        : m_world(world),
          m_province(province),
          m_rogue(rogue),
          m_kind(static_cast<Kind>(seed % static_cast<std::uint64_t>(Kind::kSize))) {}

    /// Before the office first synchronises.
    void plan();
    void tick();
    /// The faults stop: disks have room again, and months have passed for who had no line.
    void end();
    /// After everybody has converged.
    void check();
    bool isOffline(const ClientNode& client) const { return m_sleeper == &client; }

private:
    enum class Kind {
        MonthsOffline,
        Revocation,
        RestoredClient,
        CopiedProfile,
        FullDisk,
        ServerClock,
        RestoredServer,
        ExpiredInvitation,
        kSize
    };
    void happen();
    ClientNode* someCommune();
    bool hasExpired() const;
    void sleep(ClientNode& client);
    void restore(ClientNode& client);
    void copy(ClientNode& client);
    void fillDisk();
    void endFullDisks();
    void setServerClock();
    void lookAtServerClock();
    void confirmClockIfAsked();

    World& m_world;
    Province& m_province;
    Rogue& m_rogue;
    Kind m_kind;
    domain::InvitationSecret m_unused;
    base::TimeMs m_unusedUntil = 0;
    bool m_hasHappened = false;  // of what happens once
    ClientNode* m_sleeper = nullptr;
    ClientNode* m_full = nullptr;
    unsigned m_copies = 0;
    std::uint64_t m_tick = 0;
    std::uint64_t m_lookAt = 0;     // tick; 0: nobody has to look at the server's clock
    std::uint64_t m_fullUntil = 0;  // tick; 0: all disks have room
    std::unique_ptr<store::MemoryStore> m_serverBackup;
};

}  // namespace sim
