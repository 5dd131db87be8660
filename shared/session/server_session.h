#pragma once
// The server's end of a session, for one connected peer: messages in, messages out. It reads only
// what is committed; what the peer pushes goes to a queue that many sessions share, and comes back
// as settled() once it is durable.
//
// While no new work is taken, a device still downloads; then it is told why. A revoked device gets
// the directory up to its revocation, and no more; of what it has to send one segment of each chain
// is taken, its parcel; at last it hears how far its chains are durable here.

#include <deque>
#include <set>

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
    /// The same with what is kept apart of it: as far as it is durable.
    virtual Result<ledger::ChainState> keptChain(const ledger::ChainId& chain) = 0;

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

    /// Why no new work is taken now, whoever sends it: recovering or paused. Nothing: it is taken.
    virtual Result<std::optional<wire::Refused>> closed() = 0;
    /// A session of this device has begun.
    virtual void heard(const base::DeviceId& device) = 0;
    /// Whether segments of this device wait for a commit, of whatever session.
    virtual bool hasQueued(const base::DeviceId& device) const = 0;
    /// Queues a segment of this session's device; settled() follows after the commit.
    virtual void push(std::uint64_t session, const base::DeviceId& device, Pushed segment) = 0;
    virtual void introduce(std::uint64_t session, const base::ExchangeKey& peer,
                           Pushed segment) = 0;
    virtual void found(std::uint64_t session, const base::ExchangeKey& peer, const Hash& mac,
                       Pushed segment) = 0;

    // ---- What came without the right ----
    /// `at` of the newest that lies there; 0 if nothing does.
    virtual std::uint64_t newestQuarantined() const = 0;
    struct Quarantined {
        ledger::ChainId chain;
        std::uint64_t at = 0;
        std::uint8_t why = 0;
        base::Bytes segment;
    };
    /// The oldest after that, if it is committed.
    virtual Result<std::optional<Quarantined>> quarantinedAfter(std::uint64_t at) = 0;

    // ---- What this server had signed and lost ----
    /// Where this server stands to a head that bears its own signature. NotOurs: the signature is
    /// not its own. Contradicts: it holds another history, so that somebody has to decide (ADR 18).
    /// Longer: `from` is where it stopped. Former: of an epoch that is over.
    enum class Standing { NotOurs, Held, Longer, Contradicts, Former };
    struct Examined {
        Standing standing = Standing::NotOurs;
        std::uint64_t from = 0;
    };
    virtual Result<Examined> examine(const ledger::Head& head) = 0;
    /// The root at a size; nothing if no record ends there.
    virtual Result<std::optional<Hash>> rootAt(const base::ScopeId& scope, std::uint64_t size) = 0;
    /// Room for what sessions keep until it is proven; false if there is none. Everything taken is
    /// released.
    virtual bool reserveReturned(std::size_t bytes) = 0;
    virtual void releaseReturned(std::size_t bytes) = 0;
    /// Queues records that lead from the end of the ledger to this head; settled() follows.
    virtual void takeBack(std::uint64_t session, const base::ExchangeKey& peer,
                          const ledger::Head& head, std::uint64_t first,
                          std::vector<ByteView> records,
                          std::vector<std::shared_ptr<void>> storage) = 0;

    // ---- A history that an epoch has ended (ADR 22) ----
    virtual std::uint32_t epoch() const = 0;
    /// Signed; empty in epoch 0, and while this server cannot sign it yet.
    virtual Result<base::Bytes> epochStatement() = 0;
    /// A head of this server's own was shown to cover another history than its ledger: durably
    /// noted, for whoever decides.
    virtual Status contradicts(const ledger::Head& head) = 0;
    /// Up to which of the samples such a history is this server's own, and whether all of it was
    /// ordered again already.
    struct FormerStanding {
        std::uint64_t common = 0;
        bool isSettled = false;
    };
    virtual Result<FormerStanding> standingOf(const ledger::Head& head,
                                              std::span<const wire::Sample> samples) = 0;
    /// What follows the common part, up to the head.
    struct FormerTail {
        ledger::Head head;
        std::uint64_t first = 0;
        base::Bytes frontier;  // before `first`
        std::vector<ByteView> records;
        std::vector<Hash> roots;  // of the directory, one for each record
        std::vector<std::shared_ptr<void>> storage;
    };
    /// Queues it to be ordered again; settled() follows.
    virtual void takeFormer(std::uint64_t session, const base::ExchangeKey& peer,
                            FormerTail tail) = 0;
};

class ServerSession {
public:
    ~ServerSession();
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;
    /// `peer` is the static key that the handshake proved.
    ServerSession(ServerPort& port, std::uint64_t number, const base::ExchangeKey& peer)
        : m_port(port), m_number(number), m_peer(peer) {}

    Status onMessage(ByteView message);
    /// One queued segment is durable, or was refused.
    void settled(std::optional<wire::Refused> refused);

    using Outgoing = ClientSession::Outgoing;
    /// The next message to send while the outgoing queue is short.
    Result<std::optional<Outgoing>> produce();

    /// Whether the peer is an enrolled device, or has shown a head of this server's that it lost
    /// (strangers have tighter limits).
    bool isKnown() const;
    /// The device, once its hello was taken.
    const std::optional<base::DeviceId>& device() const { return m_device; }
    bool isFinished() const { return m_finished; }
    /// Bytes pushed and not settled: the owner stops reading above kInboxBytesMax.
    std::size_t unsettledBytes() const { return m_unsettledBytes; }

private:
    struct Cursor {
        base::ScopeId scope;
        std::uint64_t next = 0;
        /// Of the peer's own chain: before this seq it holds what is ordered, since it was told the
        /// tip or has pushed it in this session. Another copy of it may have written what follows.
        std::uint64_t ownUntil = 0;
    };
    struct Pushed {
        std::size_t bytes = 0;
        base::ScopeId scope;
        std::uint64_t endSeq = 0;
    };
    static Pushed pushedOf(ByteView segment);
    void noteTaken(const Pushed& pushed);
    Status onHello(const wire::Hello& hello);
    Status greet();
    Status compare(const std::vector<wire::LedgerState>& held);
    void queueAnswer(wire::Answer answer);
    std::uint32_t charterVersion() const;
    Status onPush(const wire::Push& push, std::size_t messageBytes,
                  const std::shared_ptr<void>& storage);
    Result<std::optional<Outgoing>> nextBatch();
    Result<std::optional<Outgoing>> batchFrom(Cursor& cursor);
    Result<std::optional<Outgoing>> nextQuarantined();
    Status takeParcel(const wire::Push& push, const std::shared_ptr<void>& storage);
    using ChainOf = Result<ledger::ChainState> (ServerPort::*)(const ledger::ChainId&);
    Result<std::vector<wire::KeptChain>> chainsOf(const domain::Device& device, ChainOf stateOf);
    Result<std::uint64_t> endOfRevocation(const domain::Device& device);
    Status greetRevoked(const domain::Device& device);
    Status compareRevoked(const std::vector<wire::LedgerState>& held);
    Status endRevoked();
    void refuse(wire::RefusedReason reason, std::string text);
    Status onShow(const wire::Show& show);
    Status onFormer(const wire::Former& former);
    Result<bool> isOtherHistory(const ledger::Head& head, const wire::Former& former);
    Status leadOn(wire::Answer answer);
    bool mayShow() const;
    void refuseNotOurs();
    void refuseTwoHistories();
    Status onGiveBack(const wire::GiveBack& message, std::size_t messageBytes,
                      const std::shared_ptr<void>& storage);
    void releaseReturned();
    void end(const wire::Refused& refused);

    /// A ledger that is being given back up to a head of this server's own.
    struct Returning {
        ServerPort::FormerTail tail;
        std::uint64_t next = 0;
        bool isFormer = false;
    };
    ServerPort& m_port;
    std::uint64_t m_number;
    base::ExchangeKey m_peer;
    std::optional<base::DeviceId> m_device;
    wire::Hello m_hello;
    std::deque<base::Bytes> m_queue;  // small answers waiting to be produced
    std::vector<Cursor> m_cursors;    // the directory's first
    std::uint32_t m_told = 0;         // newest charter or authority set that the peer knows of
    std::deque<Pushed> m_unsettled;   // oldest first
    std::size_t m_unsettledBytes = 0;
    std::optional<wire::Refused> m_closed;          // told once everything was downloaded
    std::optional<std::uint64_t> m_quarantineFrom;  // of an office: what came later is for it
    bool m_isRevoked = false;                       // the device was, when the session began
    std::uint64_t m_mayReadUpTo = 0;                // of the directory, by a revoked device
    std::set<base::ScopeId> m_parcel;               // ledgers for which a segment of it was taken
    std::vector<wire::LedgerState>
        m_held;  // of its ledgers those that stand here, as it named them
    bool m_isGreetingDue =
        false;                // what an older session of the device has sent is not durable yet
    bool m_hasAsked = false;  // for the peer's ledgers
    bool m_answered = false;  // downloads may run
    bool m_peerDone = false;  // nothing more will be pushed
    bool m_introducing = false;
    std::optional<Returning> m_returning;
    std::size_t m_returnedBytes = 0;       // reserved for m_returning
    std::optional<wire::Wanted> m_taking;  // queued; the answer once it is durable
    bool m_isTakingFormer = false;
    bool m_isFollowing = false;  // the peer is of an earlier epoch
    bool m_hasShown = false;     // a head of this server's own
    bool m_hasSaidDone = false;  // nothing more is heard of the peer
    bool m_isShowDue = false;    // it holds more than this server, and will say so
    bool m_ending = false;       // the last queued message ends the session
    bool m_finished = false;
};

}  // namespace session
