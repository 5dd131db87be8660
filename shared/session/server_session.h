#pragma once
// The server's end of a session, for one connected peer: messages in, messages out. It reads only
// what is committed; what the peer pushes goes to a queue that many sessions share, and comes back
// as settled() once it is durable.

#include <deque>

#include "session/client_session.h"

namespace session {

/// A segment that a peer pushed, kept alive by its message.
struct Pushed {
    ByteView segment;
    std::shared_ptr<void> storage;
};

/// What a session needs from the register. Called on the session's thread only.
class ServerPort {
public:
    virtual ~ServerPort() = default;
    virtual const DirectoryLedger& directory() const = 0;
    /// Committed state of a ledger.
    virtual Result<wire::LedgerState> state(const base::ScopeId& scope) = 0;
    virtual Result<ledger::ChainState> chain(const ledger::ChainId& chain) = 0;

    struct RecordView {
        std::uint64_t first = 0;
        std::uint64_t end = 0;
        Hash rootAfter;
        ByteView bytes;
    };
    /// Committed records from a record boundary on, until the visitor returns false.
    virtual Status read(const base::ScopeId& scope, std::uint64_t from,
                        const std::function<Result<bool>(const RecordView&)>& visit) = 0;
    /// Signs the head at a committed record boundary.
    virtual Result<base::Bytes> signHead(const base::ScopeId& scope, std::uint64_t size,
                                         const Hash& root) = 0;

    /// Whether segments of this device wait for a commit, of whatever session.
    virtual bool hasQueued(const base::DeviceId& device) const = 0;
    /// Queues a segment of this session's device; settled() follows after the commit.
    virtual void push(std::uint64_t session, const base::DeviceId& device, Pushed segment) = 0;
    virtual void introduce(std::uint64_t session, const base::ExchangeKey& peer,
                           Pushed segment) = 0;
    virtual void found(std::uint64_t session, const base::ExchangeKey& peer, const Hash& mac,
                       Pushed segment) = 0;
};

class ServerSession {
public:
    /// `peer` is the static key that the handshake proved.
    ServerSession(ServerPort& port, std::uint64_t number, const base::ExchangeKey& peer)
        : m_port(port), m_number(number), m_peer(peer) {}

    Status onMessage(ByteView message);
    /// One queued segment is durable, or was refused.
    void settled(std::optional<wire::Refused> refused);

    using Outgoing = ClientSession::Outgoing;
    /// The next message to send while the outgoing queue is short.
    Result<std::optional<Outgoing>> produce();

    /// Whether the peer is an enrolled device (strangers have tighter limits).
    bool isKnown() const;
    bool isFinished() const { return m_finished; }
    /// Bytes pushed and not settled: the owner stops reading above kInboxBytesMax.
    std::size_t unsettledBytes() const { return m_unsettledBytes; }

private:
    struct Cursor {
        base::ScopeId scope;
        std::uint64_t next = 0;
    };
    Status onHello(const wire::Hello& hello);
    Status greet();
    Status compare(const std::vector<wire::LedgerState>& held);
    void queueAnswer(wire::Answer answer);
    std::uint32_t charterVersion() const;
    Status onPush(const wire::Push& push, std::size_t messageBytes,
                  const std::shared_ptr<void>& storage);
    Result<std::optional<Outgoing>> nextBatch();
    Result<std::optional<Outgoing>> batchFrom(Cursor& cursor);
    void refuse(wire::RefusedReason reason, std::string text);

    ServerPort& m_port;
    std::uint64_t m_number;
    base::ExchangeKey m_peer;
    std::optional<base::DeviceId> m_device;
    wire::Hello m_hello;
    std::deque<base::Bytes> m_queue;      // small answers waiting to be produced
    std::vector<Cursor> m_cursors;        // the directory's first
    std::uint32_t m_told = 0;             // newest charter or authority set that the peer knows of
    std::deque<std::size_t> m_unsettled;  // sizes, oldest first
    std::size_t m_unsettledBytes = 0;
    bool m_isGreetingDue =
        false;                // what an older session of the device has sent is not durable yet
    bool m_hasAsked = false;  // for the peer's ledgers
    bool m_answered = false;  // downloads may run
    bool m_peerDone = false;  // nothing more will be pushed
    bool m_introducing = false;
    bool m_ending = false;  // the last queued message ends the session
    bool m_finished = false;
};

}  // namespace session
