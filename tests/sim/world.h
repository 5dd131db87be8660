#pragma once
// The province: its server, its devices, the lines between them, and everything that can go wrong
// with them.

#include "connection.h"
#include "invariants.h"

namespace sim {

struct Options {
    std::uint64_t seed = 1;
    unsigned days = 3;
    unsigned devices = 0;  // of communes; 0: the seed decides
    Story::Print print = Story::Print::No;
};

class World {
public:
    explicit World(const Options& options);

    // Members in the order in which they depend on each other.
    base::TimeMs time = 1'760'000'000'000;  // 2025-10-09
    SeededRandom random;
    Story story;
    Counters counters;
    ServerNode server;
    LedgerWatch watch;
    std::vector<std::unique_ptr<ClientNode>> clients;  // the office first
    std::vector<std::unique_ptr<Connection>> connections;

    ClientNode& office() { return *clients.front(); }
    ClientNode& addClient(std::string name, std::string unit);

    /// Opens a session, or an introduction if `introduction` is not empty.
    Connection& connect(ClientNode& client, Faults faults, base::Bytes introduction = {});
    /// Moves a piece of the line, or makes a message; false if nothing moved.
    bool step(Connection& connection);
    /// Commits what is queued; may fail, and then the server restarts.
    void commit(Faults faults);
    /// Removes connections that both ends have left.
    void sweep();
    /// Where the server has other keys than the device knows, it asks in clear, as a real one does,
    /// and follows the charters. False: its disk is full.
    bool follow(ClientNode& client);
    /// What the device has to do next: introduce itself, or a session.
    Connection& speak(ClientNode& client, Faults faults);
    /// A whole conversation without faults.
    void converse(ClientNode& client);
    void converse(ClientNode& client, base::Bytes introduction);
    bool isRevoked(const ClientNode& client) const;
    /// Acts of the device that lie in the server's quarantine, durably.
    std::set<base::Hash> keptApart(const ClientNode& client);
    bool holdsAllOf(ClientNode& client);
    /// All lines go dead at once.
    void hangUp();
    /// What the conversation that ended last took.
    std::uint64_t lastBytesUp = 0;
    std::size_t lastMessages = 0;

    void crashClient(ClientNode& client);
    void crashServer();
    /// The queue's verdicts for sessions that are no connection of honest devices, by number.
    std::map<std::uint64_t, std::optional<wire::Refused>> verdicts;
    std::uint64_t nextNumber() { return m_nextNumber++; }

    /// The last finished session with more than one message each way, of those that are kept for
    /// replays and lies; the device wrote nothing meanwhile.
    struct Recorded {
        base::ExchangeKey peer;
        ClientNode* client = nullptr;
        std::unique_ptr<store::MemoryStore> before;  // the device's store when it began
        std::vector<replica::LedgerStatus> after;    // what the device showed when it had ended
        std::vector<base::Bytes> up;
        std::vector<base::Bytes> down;
    };
    std::optional<Recorded> recorded;

private:
    enum class End { Well, Lost };
    bool sendUp(Connection& c);
    bool sendDown(Connection& c);
    bool deliverUp(Connection& c);
    bool deliverDown(Connection& c);
    bool notices(Connection& c);
    void receive(Connection& c, const base::Bytes& message);
    void cut(Connection& c, Direction direction);
    bool disturb(Connection& c, Direction direction);
    void takeUp(Connection& c, const base::Bytes& message);
    void closeServerEnd(Connection& c);
    void leave(Connection& c, End end);
    void finishConnections(const ClientNode& client);
    void record(Connection& c);
    void lookInto(Connection& c, const base::Bytes& message);
    void checkReader(const Connection& c, const base::ScopeId& scope);
    void mayHearRevoked(const Connection& c, const base::Bytes& message);
    std::optional<store::FailedCommit> planClientFailure(Connection& c);
    bool endsRightly(Connection& c, const base::Error& error);
    void removeData(ClientNode& client);
    void onFork(ClientNode& client);
    void afterPlanned(store::FailedCommit planned);
    void failed(Connection& c, const base::Error& error,
                std::optional<store::FailedCommit> planned);

    std::uint64_t m_nextNumber = 1;
};

}  // namespace sim
