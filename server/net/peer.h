#pragma once
// One connection of the server: a channel, and a session once the peer has proven its key.
//
// Bytes go through the channel to the session as messages; what the session has to say goes out
// while the connection's queue is short. Reading stops while too much of what the peer pushed waits
// for a commit, and goes on in resume().

#include <functional>
#include <map>
#include <string>

#include "intake/intake.h"
#include "transport/listener.h"
#include "transport/server_channel.h"

namespace net {

using base::ByteView;
using base::Status;

enum class LogLevel { Info, Warning, Error };
/// Takes one sentence without contents or keys; it may quote an error about what a peer sent.
using Log = std::function<void(LogLevel, const std::string&)>;

class Peer;

/// What all peers of one server share. Listener thread only, like every peer.
struct PeerContext {
    intake::Intake& intake;
    transport::ServerChannelParams channel;
    base::Random& random;
    Log log;
    std::function<void()> wakeCommit;  // something was queued in the intake

    /// Logs once when no new work is taken any more, and once when it is again.
    void noteState();
    std::string closedBecause{};

    std::map<std::uint64_t, Peer*> peers;  // by session number
    bool isStopping = false;               // connections end because the server does
};

/// Registers itself in the context under its session number until the connection has ended.
class Peer final : public transport::ConnectionHandler {
public:
    /// Context and connection outlive the peer.
    Peer(PeerContext& context, transport::Connection& connection, std::uint64_t number);
    ~Peer() override;

    // ---- transport::ConnectionHandler ----
    Status onBytes(ByteView bytes) override;
    void onDrained() override;
    void onClosed() override;
    bool isStranger() const override { return !m_isKnown; }

    /// The oldest unsettled segment of this peer is durable, or was refused.
    void settled(std::optional<wire::Refused> refused);
    /// To be called after every commit: takes what waited in the channel, sends what became
    /// available.
    void resume();

private:
    Status receive(ByteView bytes);
    Status answerClear(const transport::ClearRequest& request);
    Status deliver();
    Status pump();
    void recognise();
    void hearOlderOnes();
    void closeOldest();
    bool mayTake() const;
    void sendChannelOutput();
    /// Logs why the conversation ends; nothing is taken or produced afterwards.
    void giveUp(const base::Error& error);
    void log(LogLevel level, const std::string& sentence) const;

    PeerContext& m_context;
    transport::Connection& m_connection;
    std::uint64_t m_number;
    transport::ServerChannel m_channel;
    std::optional<session::ServerSession> m_session;  // once the channel is open
    bool m_hasSpoken = false;
    bool m_isReading = true;
    bool m_isKnown = false;  // an enrolled device
    bool m_isDone = false;   // the conversation is over, well or badly
};

}  // namespace net
