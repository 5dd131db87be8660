#include "simulation.h"

#include "final_checks.h"
#include "misfortunes.h"
#include "work.h"

namespace sim {
namespace {

constexpr base::TimeMs kDayMs = 24 * 3600 * 1000;
constexpr base::TimeMs kTickMsMax = 8 * 60 * 1000;  // a tick takes 4 minutes on average: 360 a day
constexpr base::TimeMs kSkewMsMax = 20 * 365 * kDayMs;

// Chances of a tick, in thousandths, for each device.
constexpr unsigned kActPermille = 14;       // 5 saves a day
constexpr unsigned kUnheardPermille = 200;  // of a device that does not know yet: it is revoked
constexpr unsigned kSessionPermille = 20;
constexpr unsigned kRetryPermille = 400;  // after a cut, often before the server has noticed it
constexpr unsigned kCrashPermille = 2;
constexpr unsigned kCrashInSessionPermille = 6;
constexpr unsigned kClockPermille = 1;
// And for the province.
constexpr unsigned kCommitPermille = 300;
constexpr unsigned kServerCrashPermille = 3;
constexpr unsigned kDutyPermille = 30;
constexpr unsigned kRootPermille = 3;    // the server's keys, or the authority's
constexpr unsigned kRoguePermille = 22;  // enough for all its lies
constexpr base::TimeMs kYearMs = 365 * kDayMs;

unsigned devicesOf(const Options& options) {
    if (options.devices > 0) return options.devices;
    // 8: more ledgers at the office than a hello lists; of eight such seeds, one a block of eight,
    // each has another kind of misfortune (seed % 8).
    return options.seed % 8 == (options.seed / 8 + 3) % 8 ? 8 : 4;
}

class Simulation {
public:
    Simulation(World& world, const Options& options)
        : m_world(world),
          m_options(options),
          m_province(world, std::max(1U, devicesOf(options) * 3 / 4)),
          m_work(world, m_province),
          m_rogue(world, m_province),
          m_misfortunes(world, m_province, m_rogue, options.seed) {}

    void run() {
        plan();
        const base::TimeMs end = m_world.time + static_cast<base::TimeMs>(m_options.days) * kDayMs;
        while (m_world.time < end) tick();
        m_world.story.tell("the faults stop");
        m_world.hangUp();
        m_misfortunes.end();
        for (Planned& p : m_planned) enrol(p);
        if (m_rogue.isActive() && m_options.seed % 2 == 0) revokeRogue();
        converge(m_world, m_province);
        settleQueue(m_world, m_province, m_work);
        checkEnd(m_world, m_rogue);
        m_misfortunes.check();
        mixStores(m_world);
    }

private:
    struct Planned {
        ClientNode* client = nullptr;
        domain::InvitationSecret secret;
        base::TimeMs at = 0;
        bool isDone = false;
    };

    /// Every device is invited at the start; some come much later, when there is work in their unit
    /// already.
    void plan() {
        const auto& communes = m_province.communes();
        for (unsigned i = 0; i < devicesOf(m_options); ++i) {
            const std::string& unit = communes[i % communes.size()];
            Planned p;
            p.client =
                &m_world.addClient(unit + "/" + std::to_string(i / communes.size() + 1), unit);
            p.secret = m_province.invite(unit, kYearMs);
            base::TimeMs span = kDayMs * (i < communes.size() ? 1 : m_options.days) / 3;
            p.at = m_world.time + static_cast<base::TimeMs>(
                                      m_world.random.below(static_cast<std::uint64_t>(span) + 1));
            m_planned.push_back(p);
        }
        m_misfortunes.plan();
        m_world.converse(m_world.office());
        for (auto& client : m_world.clients) {
            if (m_world.random.chance(250)) setClock(*client);
        }
    }

    void setClock(ClientNode& client) {
        auto skew = static_cast<base::TimeMs>(m_world.random.below(2 * kSkewMsMax)) - kSkewMsMax;
        client.clock().setSkew(skew);
        m_world.counters.add(Count::WrongClocks);
        m_world.story.tell("the clock of " + client.name() + " is wrong by " +
                           std::to_string(skew / kDayMs) + " days");
    }

    void enrol(Planned& p) {
        if (p.isDone) return;
        p.isDone = true;
        m_province.enrol(*p.client, p.secret);
    }

    void tick() {
        m_world.time += static_cast<base::TimeMs>(m_world.random.below(kTickMsMax));
        m_misfortunes.tick();
        for (Planned& p : m_planned) {
            if (m_world.time >= p.at) enrol(p);
        }
        for (std::size_t i = 0; i < m_world.clients.size(); ++i) {
            if (m_world.clients[i]->exists()) tickOf(*m_world.clients[i]);
        }
        moveMessages();
        if (m_world.random.chance(kCommitPermille)) m_world.commit(Faults::Yes);
        if (m_world.random.chance(kServerCrashPermille)) m_world.crashServer();
        if (m_world.random.chance(kDutyPermille)) m_province.doOfficeDuty();
        if (m_world.random.chance(kRootPermille)) m_province.changeRoot();
        if (m_world.random.chance(kRoguePermille) && m_world.server.isOpen()) rogue();
        m_world.sweep();
    }

    void tickOf(ClientNode& client) {
        SeededRandom& random = m_world.random;
        const domain::Device* own = client.replica().ownDevice();
        const bool knowsRevoked = own != nullptr && own->revokedSince;
        const unsigned actPermille = m_world.isRevoked(client) ? kUnheardPermille : kActPermille;
        if (client.fate == Fate::Works && !knowsRevoked && random.chance(actPermille)) {
            if (&client == &m_world.office()) {
                m_work.actOfOffice();
            } else {
                m_work.actOfCommune(client);
            }
        }
        const unsigned sessionPermille = client.wasCut ? kRetryPermille : kSessionPermille;
        bool hasLine = !m_misfortunes.isOffline(client) && client.fate != Fate::Destroyed;
        if (hasLine && !client.isConnected && random.chance(sessionPermille) &&
            m_world.follow(client))
            m_world.speak(client, Faults::Yes);
        if (random.chance(client.isConnected ? kCrashInSessionPermille : kCrashPermille))
            m_world.crashClient(client);
        if (random.chance(kClockPermille)) setClock(client);
    }

    void moveMessages() {
        for (auto& c : m_world.connections) {
            for (std::uint64_t moves = 1 + m_world.random.below(4); moves > 0; --moves) {
                bool moved = m_world.step(*c);
                bool isHanging = !moved && c->isClientOpen && c->isServerOpen &&
                                 m_world.server.intake().isIdle();
                must(!isHanging, "17: the session of " + c->client->name() + " waits for ever");
            }
        }
    }

    /// A byzantine device in a fifth of the seeds, revoked at last in half of them; in all of them
    /// somebody tries a used invitation.
    void rogue() {
        if (m_rogue.isActive()) return m_rogue.act();
        if (m_isInvitationTried) return;
        for (Planned& p : m_planned) {
            if (!p.client->exists() || p.client->replica().ownDevice() == nullptr) continue;
            m_isInvitationTried = true;
            m_rogue.useInvitationAgain(p.secret);
            if (m_options.seed % 5 == 0) m_rogue.takeOver(*p.client);
            return;
        }
    }

    void revokeRogue() {
        m_world.converse(m_world.office());
        if (!m_province.revoke(m_rogue.client())) return;
        m_world.converse(m_world.office());
        m_rogue.actRevoked();
    }

    World& m_world;
    const Options& m_options;
    Province m_province;
    Work m_work;
    Rogue m_rogue;
    Misfortunes m_misfortunes;
    std::vector<Planned> m_planned;
    bool m_isInvitationTried = false;
};

}  // namespace

Outcome simulate(const Options& options) {
    Outcome out;
    World world(options);
    try {
        Simulation(world, options).run();
    } catch (const Violation& violation) {
        out.violation = violation.what;
        world.story.tell("VIOLATION " + violation.what);
    }
    out.lastEvents = world.story.lastEvents();
    out.trace = world.story.hash();
    out.counters = world.counters;
    out.entries = world.server.reg().entries();
    return out;
}

}  // namespace sim
