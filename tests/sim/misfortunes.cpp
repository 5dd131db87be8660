#include "misfortunes.h"

#include "base/limits.h"
#include "epochs.h"
#include "lies.h"

namespace sim {
namespace {

constexpr base::TimeMs kDayMs = 24LL * 3600 * 1000;
constexpr unsigned kPermille = 6;  // of ticks
constexpr unsigned kFullDiskTicks = 40;
constexpr unsigned kCopiesMax = 4;  // of profiles, copies of copies among them
constexpr base::TimeMs kBackMsMax = 20 * 365 * kDayMs;
constexpr base::TimeMs kForwardMsMax = 20 * 365 * kDayMs;
constexpr unsigned kLookTicksMax = 60;              // until the operator hears of a clock in doubt
constexpr base::TimeMs kPlausibleMs = 20 * kDayMs;  // what an operator may take for right

}  // namespace

void Misfortunes::plan() {
    m_unused = m_province.invite(m_province.communes().front(), kDayMs / 4);
    m_unusedUntil = m_world.time + kDayMs / 4;
}

void Misfortunes::tick() {
    ++m_tick;
    if (m_fullUntil > 0 && m_tick > m_fullUntil) endFullDisks();
    if (m_lookAt > 0 && m_tick > m_lookAt) lookAtServerClock();
    if (m_world.random.chance(kPermille)) happen();
}

void Misfortunes::end() {
    endFullDisks();
    m_world.time += base::limits::kDiskRetryMs;  // after a commit that failed
    m_world.server.clock().setSkew(0);
    confirmClockIfAsked();
    if (m_sleeper != nullptr) m_world.time += 100 * kDayMs;
}

void Misfortunes::check() {
    if (m_serverBackup) checkRestoredServer(m_world, *m_serverBackup);
    if (m_serverBackup) checkNewEpoch(m_world, *m_serverBackup);
    checkRestoredServer(m_world, store::MemoryStore());  // all that is left are the server's keys
}

/// A commune's device that works, and is not the one that a rogue has taken over.
ClientNode* Misfortunes::someCommune() {
    std::size_t communes = m_world.clients.size() - 1;
    if (communes == 0) return nullptr;
    ClientNode* client = m_world.clients[1 + m_world.random.below(communes)].get();
    bool fits = client->exists() && client->replica().ownDevice() != nullptr &&
                client->fate == Fate::Works && !m_rogue.isOf(*client);
    return fits ? client : nullptr;
}

void Misfortunes::happen() {
    if (m_kind == Kind::FullDisk) return fillDisk();
    if (m_kind == Kind::ServerClock) return setServerClock();
    if (m_hasHappened) return;
    if (m_kind == Kind::RestoredServer) {
        m_world.story.tell("somebody backs the server up");
        m_serverBackup = m_world.server.store().clone();
        m_hasHappened = true;
        return;
    }
    if (m_kind == Kind::ExpiredInvitation) {
        if (!hasExpired() || !m_world.server.isOpen()) return;
        m_rogue.useExpiredInvitation(m_unused);
        m_hasHappened = true;
        return;
    }
    ClientNode* client = someCommune();
    if (client == nullptr) return;
    if (m_kind == Kind::MonthsOffline) sleep(*client);
    if (m_kind == Kind::Revocation) m_hasHappened = m_province.revoke(*client);
    if (m_kind == Kind::RestoredClient) restore(*client);
    if (m_kind == Kind::CopiedProfile) copy(*client);
}

bool Misfortunes::hasExpired() const {
    base::TimeMs arrival = std::max(m_world.server.clock().nowMs(),
                                    static_cast<base::TimeMs>(m_world.server.reg().lastArrival()));
    return arrival > m_unusedUntil;
}

void Misfortunes::sleep(ClientNode& client) {
    m_sleeper = &client;
    m_hasHappened = true;
    m_world.counters.add(Count::MonthsOffline);
    m_world.story.tell(client.name() + " will have no line for months");
}

void Misfortunes::restore(ClientNode& client) {
    if (!client.hasBackup()) {
        m_world.story.tell("somebody backs " + client.name() + " up");
        client.keepBackup();
        return;
    }
    m_world.story.tell(client.name() + " is restored from its backup");
    m_world.hangUp();
    client.restoreBackup([&](const base::Hash& entry) { return m_world.watch.timesOf(entry) > 0; });
    m_world.counters.add(Count::ClientRestores);
}

void Misfortunes::copy(ClientNode& client) {
    m_world.story.tell("somebody copies the profile of " + client.name());
    m_world.hangUp();
    m_world.addClient(client.name() + "'s copy", client.unit()).copyFrom(client);
    m_hasHappened = ++m_copies == kCopiesMax;
    m_world.counters.add(Count::ProfileCopies);
}

void Misfortunes::fillDisk() {
    if (m_fullUntil > 0) return;
    m_fullUntil = m_tick + kFullDiskTicks;
    m_full = m_world.random.chance(700) ? someCommune() : nullptr;
    if (m_full != nullptr) {
        m_full->store().setFull(true);
    } else {
        m_world.server.store().setFull(true);
    }
    m_world.story.tell("the disk of " + (m_full != nullptr ? m_full->name() : "the server") +
                       " fills up");
}

void Misfortunes::endFullDisks() {
    if (m_fullUntil == 0) return;
    m_fullUntil = 0;
    m_world.server.store().setFull(false);
    if (m_full != nullptr) m_full->store().setFull(false);
    m_full = nullptr;
    m_world.story.tell("there is room on the disks again");
}

void Misfortunes::setServerClock() {
    base::TimeMs skew = 0;
    if (m_world.random.chance(700)) {
        skew = static_cast<base::TimeMs>(
                   m_world.random.below(static_cast<std::uint64_t>(kBackMsMax + kForwardMsMax))) -
               kBackMsMax;
    }
    m_world.server.clock().setSkew(skew);
    m_lookAt = m_tick + 1 + m_world.random.below(kLookTicksMax);
    m_world.counters.add(Count::ServerClockJumps);
    m_world.story.tell("the server's clock is wrong by " + std::to_string(skew / kDayMs) + " days");
}

/// Somebody looks at the server: a clock that runs ahead is put right, one that is behind may be
/// taken for right; and what the server asks is answered.
void Misfortunes::lookAtServerClock() {
    m_lookAt = 0;
    const base::TimeMs skew = m_world.server.clock().skew();
    if (skew > kPlausibleMs || m_world.random.chance(500)) {
        m_world.server.clock().setSkew(0);
        m_world.story.tell("the operator sets the server's clock");
    }
    confirmClockIfAsked();
}

void Misfortunes::confirmClockIfAsked() {
    if (m_world.server.reg().isClockTrusted()) return;
    m_world.server.confirmClock();
    m_world.counters.add(Count::ClocksConfirmed);
    m_world.story.tell("the operator confirms the server's clock");
}

}  // namespace sim
