#pragma once
// One device: the real replica over a store in memory. Its process may end at any moment; the store
// stays, unless a person puts an older copy in its place.

#include "counters.h"
#include "replica/replica.h"
#include "seeded.h"
#include "store/memory_store.h"
#include "story.h"

namespace sim {

/// Whether the server still takes anything from a device. Destroyed: it was revoked, and has
/// removed its data; what this process still knows of it serves the checks alone.
enum class Fate { Works, Revoked, Destroyed };

class ClientNode {
public:
    ClientNode(std::string name, std::string unit, const base::TimeMs& time, SeededRandom random)
        : m_name(std::move(name)), m_unit(std::move(unit)), m_random(random), m_clock(time, 0) {}

    const std::string& name() const { return m_name; }
    const std::string& unit() const { return m_unit; }
    NodeClock& clock() { return m_clock; }
    SeededRandom& random() { return m_random; }
    store::MemoryStore& store() { return *m_store; }
    replica::Replica& replica() { return *m_replica; }
    const replica::Replica& replica() const { return *m_replica; }
    bool exists() const { return m_replica != nullptr; }

    void create(const replica::Identity& identity, const domain::Change& introduction);
    /// The process ends and starts again.
    void restart();
    /// As restart(), and all that was pending is still pending: nothing had been half written.
    void crash();

    /// Writes the acts in one transaction and remembers what must be found in a ledger at the end.
    /// False: the device waits for a key.
    bool append(std::span<const replica::Act> acts, replica::Cost cost, Counters& counters);
    /// The same with a commit that fails; the process restarts and finds all of it or nothing.
    void appendFailing(std::span<const replica::Act> acts, store::FailedCommit outcome);

    /// Something else that writes; its entries are counted.
    void write(const std::function<base::Status(replica::Replica&)>& action);

    // ---- Copies ----
    void keepBackup();
    bool hasBackup() const { return m_backup != nullptr; }
    /// The machine dies and is set up again from its backup; what was written since then and
    /// reached nobody is gone with it.
    void restoreBackup(const std::function<bool(const base::Hash&)>& isOrdered);
    /// What became of forks since this was asked last.
    replica::Replica::ForkCounts newForkCounts();
    /// This home is a copy of another one, which goes on as well.
    void copyFrom(ClientNode& other);

    /// Entries that append() has promised to keep.
    const std::vector<base::Hash>& written() const { return m_written; }
    /// Entries found durable after a commit that had reported an error.
    std::uint64_t foundKept() const { return m_foundKept; }
    /// How often it has written.
    std::uint64_t authored() const { return m_written.size() + m_foundKept; }
    /// What the acts said that this home has ever made durable, by their entries; those of the
    /// directory are left out.
    const std::map<base::Hash, replica::Act>& acts() const { return m_acts; }

    Fate fate = Fate::Works;
    bool mayFork = false;  // restored, copied, or copied from
    bool isIntroduced = false;
    bool wasCut = false;  // the last session did not end well
    bool isConnected = false;
    std::uint32_t newestCharter = 0;  // version that this home was seen to know

private:
    void remember(const base::Hash& entry, const replica::Act& act);
    void rememberFound(std::span<const replica::Act> acts, const std::set<base::Hash>& before);

    std::string m_name;
    std::string m_unit;
    SeededRandom m_random;
    NodeClock m_clock;
    std::unique_ptr<store::MemoryStore> m_store = std::make_unique<store::MemoryStore>();
    std::unique_ptr<store::MemoryStore> m_backup;
    std::unique_ptr<replica::Replica> m_replica;
    std::vector<base::Hash> m_written;
    std::uint64_t m_foundKept = 0;
    replica::Replica::ForkCounts m_forksCounted;
    std::map<base::Hash, replica::Act> m_acts;
};

}  // namespace sim
