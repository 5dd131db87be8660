#pragma once
// The client's end of a session: messages in, messages out. No sockets, no clock, no randomness;
// whoever drives it moves the bytes. PROTOCOL.md, "Session", tells the conversation.

#include <optional>
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
    /// What the server holds of a ledger and of this device's chain in it. Forked if that
    /// contradicts what is held here.
    virtual Status learnTip(const wire::LedgerAnswer& answer) = 0;
    /// From now on the server's tips are not known, until finished().
    virtual Status beginPush() = 0;
    /// The next pending segment behind the learnt tips; the directory's first. Nothing when all
    /// were given.
    virtual Result<std::optional<base::Bytes>> nextSegment() = 0;
    /// Verifies and stores; nothing of the batch counts before this returns.
    virtual Status ingest(const wire::Batch& batch) = 0;
    /// The server has refused a segment because it holds other work at its place. Forked, or why
    /// this could not be noted.
    virtual Status forked() = 0;
    /// Neither side has more: what was pushed is under a verified head.
    virtual Status finished() = 0;
};

struct SessionCounts {
    std::uint64_t entriesUp = 0;
    std::uint64_t entriesDown = 0;  // of others; own entries coming back as references do not count
};

class ClientSession {
public:
    explicit ClientSession(ClientPort& port) : m_port(port) {}

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
    /// Why the server ended the session, if it refused.
    const std::optional<wire::RefusedReason>& refusal() const { return m_refusal; }

private:
    Status onAnswer(const wire::Answer& answer);
    Status onBatch(const wire::Batch& batch);

    ClientPort& m_port;
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
