#pragma once
// The client's end of a session: messages in, messages out. No sockets, no clock, no randomness;
// whoever drives it moves the bytes. PROTOCOL.md, "Session", tells the conversation.

#include <deque>
#include <map>
#include <optional>
#include <span>
#include "session/directory_ledger.h"
#include "wire/messages.h"

namespace session {

/// What a session needs from a replica. Every method may touch the disk; Status errors end the
/// session.
class ClientPort {
public:
    virtual ~ClientPort() = default;
    /// With pushFollows set if the server's tips are known and pending segments exist.
    virtual Result<wire::Hello> hello() = 0;
    virtual Result<std::vector<wire::LedgerState>> ledgers() = 0;
    /// The server's version of charters and authority sets (0: it does not say), and a body of such
    /// changes above this side's version, which may be empty. Forked if the server is older than it
    /// was; else the changes are verified and kept, and no head of an older charter is taken from
    /// then on.
    virtual Status learnAuthority(std::uint32_t version, ByteView body) = 0;
    /// What the server holds of a ledger and of this device's chain in it. Forked if that
    /// contradicts what is held here.
    virtual Status learnTip(const wire::LedgerAnswer& answer) = 0;
    /// The server says that this device is revoked: its chains, as they are ordered there. One
    /// segment of each is given by nextSegment() from then on. Nothing of this is proven.
    virtual Status beginParcel(std::span<const wire::KeptChain> chains) = 0;
    /// The last word to a revoked device: its chains, as far as they are durable at the server, and
    /// those of the ledgers of its hello that stand there.
    virtual Status parcelKept(std::span<const wire::KeptChain> chains,
                              std::span<const wire::LedgerState> held) = 0;
    /// The verified head of a ledger of which the server holds less, or something else, than that;
    /// nothing if it holds as much. Asked before learnTip(), which is then not called.
    virtual Result<std::optional<base::Bytes>> headToShow(const wire::LedgerState& server) = 0;
    /// Another root at the size of a server's ledger, and what shows that the verified head covers
    /// it.
    struct Parting {
        std::uint64_t size = 0;
        Hash root;
        std::vector<Hash> proof;
    };
    /// Nothing where the server's ledger, of which more is held here, is the beginning of that.
    virtual Result<std::optional<Parting>> partingAt(const wire::LedgerState& server) = 0;
    /// The verified head of the directory; empty before there is one.
    virtual Result<base::Bytes> directoryHead() = 0;
    struct Records {
        std::vector<base::Bytes> bytes;
        std::vector<Hash> roots;  // of the directory, that each record's leaves name
        std::uint64_t end = 0;    // the position after them
    };
    /// Stored records from a position on, about kBatchBytesMax of them. Forked if no record begins
    /// there.
    virtual Result<Records> recordsFrom(const base::ScopeId& scope, std::uint64_t position) = 0;

    // ---- A new epoch ----
    /// Verifies what the server says of an epoch later than this side's. Refused.
    virtual Status learnEpoch(ByteView statement) = 0;
    /// A ledger whose history is not the one that the server goes on with.
    struct FormerLedger {
        base::ScopeId scope;
        std::uint64_t size = 0;
        base::Bytes head;
        std::vector<wire::Sample> samples;
    };
    /// By what the server holds now; the directory's first.
    virtual Result<std::vector<FormerLedger>> formerLedgers(
        const std::vector<wire::LedgerAnswer>& server) = 0;
    /// The frontier of a ledger at a record boundary, encoded.
    virtual Result<base::Bytes> frontierAt(const base::ScopeId& scope, std::uint64_t size) = 0;
    /// All former ledgers were given back: goes over to the epoch that was learnt, in one durable
    /// step, and takes these ledgers back to where both histories were the same. Another session
    /// has to follow.
    virtual Status follow(const std::map<base::ScopeId, std::uint64_t>& common) = 0;

    /// From now on the server's tips are not known, until finished().
    virtual Status beginPush() = 0;
    /// The next pending segment behind the learnt tips; the directory's first. Nothing when all
    /// were given.
    virtual Result<std::optional<base::Bytes>> nextSegment() = 0;
    /// Verifies and stores; nothing of the batch counts before this returns.
    virtual Status ingest(const wire::Batch& batch) = 0;
    /// Work without the right, for an office that asked for it in its hello: verified and kept.
    virtual Status quarantined(const wire::Quarantined& message) = 0;
    /// The server has refused a segment because it holds other work at its place. Forked, or why
    /// this could not be noted.
    virtual Status forked() = 0;
    /// Neither side has more: what was pushed is under a verified head.
    virtual Status finished() = 0;
};

struct SessionCounts {
    std::uint64_t entriesUp = 0;
    std::uint64_t entriesDown = 0;  // of others; own entries coming back as references do not count
    std::uint64_t entriesReturned = 0;  // that the server had lost
};

class ClientSession {
public:
    /// GiveBack: for a server that does not know this device any more; it is shown the directory's
    /// head and given back the directory, and nothing else happens.
    enum class Purpose { Sync, GiveBack };
    explicit ClientSession(ClientPort& port, Purpose purpose = Purpose::Sync)
        : m_port(port), m_purpose(purpose) {}

    /// The first message; call once.
    Result<base::Bytes> start();
    Status onMessage(ByteView message);

    struct Outgoing {
        base::Bytes message;
        bool last = false;    // the client says nothing after it
        bool control = true;  // small: pad it
    };
    /// The next message to send while the outgoing queue is short; nothing for now, or for good.
    Result<std::optional<Outgoing>> produce();

    bool isFinished() const { return m_finished; }
    const SessionCounts& counts() const { return m_counts; }
    /// Whether the server had lost what it had signed for: another session should follow.
    bool isReturning() const { return m_isReturning; }
    /// Whether this side has gone over to another epoch: another session should follow.
    bool hasFollowed() const { return m_hasFollowed; }
    /// Why the server ended the session, if it refused.
    const std::optional<wire::RefusedReason>& refusal() const { return m_refusal; }

private:
    Status onAnswer(const wire::Answer& answer);
    Status onEpoch(const wire::Answer& answer);
    Status onBatch(const wire::Batch& batch);
    Status onWanted(const wire::Wanted& wanted);
    Result<std::optional<Outgoing>> produceReturn();

    /// A ledger of which the server holds less than it has signed for, or another history.
    struct Shown {
        base::ScopeId scope;
        std::uint64_t size = 0;
        base::Bytes head;
        bool isGivenBack = false;
        std::optional<std::vector<wire::Sample>> former;  // of a history that is not the server's
        std::uint64_t common = 0;                         // … up to where it is the server's
        std::optional<ClientPort::Parting> parting{};     // … in the present epoch
    };
    ClientPort& m_port;
    const Purpose m_purpose;
    std::deque<Shown> m_toShow;              // the directory's first
    bool m_isShown = false;                  // the first of them: its answer is awaited
    std::optional<std::uint64_t> m_returns;  // of the first of them: the position to go on from
    bool m_isReturning = false;              // something was shown: nothing is pushed any more
    bool m_isFollowing = false;              // the server is in a later epoch
    bool m_hasFollowed = false;
    std::map<base::ScopeId, std::uint64_t> m_common;  // of former ledgers given back
    SessionCounts m_counts;
    std::optional<wire::RefusedReason> m_refusal;
    bool m_mayPush = false;
    bool m_pushBegun = false;
    bool m_willPush = false;
    bool m_doneSent = false;
    bool m_owesLedgers = false;
    bool m_mayOweLedgers = false;  // a digest went out: the server may ask for the ledgers
    bool m_finished = false;
};

/// What a refusal means to the person at this end.
base::Error errorOf(const wire::Refused& refused);

/// Sessions of one message each way: an introduction, and genesis on an empty server.
namespace introduction {
base::Bytes introduce(ByteView segment);
base::Bytes found(const Hash& mac, ByteView segment);
/// Done, or the refusal's error.
Status onAnswer(ByteView message);
}  // namespace introduction

}  // namespace session
