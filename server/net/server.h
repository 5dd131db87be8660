#pragma once
// The server on the network: every connection is a Peer, and all of them share one intake whose
// segments become durable in group commits.
//
// A commit is posted when the intake's queue is no longer empty and runs after the events that are
// ready then; what arrives while it runs waits for the next one. So one fsync serves everybody who
// speaks at the same time, and nobody waits for a timer.

#include "net/peer.h"

namespace net {

class Server {
public:
    struct Params {
        intake::Intake& intake;
        transport::ServerChannelParams channel;  // the Noise key pair
        base::Random& random;
        Log log;  // called on the thread of run()
    };

    /// Binds and listens; port 0 takes a free one. Io if the address cannot be used.
    static base::Result<std::unique_ptr<Server>> create(
        const transport::Endpoint& endpoint, Params params,
        const transport::ListenerLimits& limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Where it listens, with the real port.
    const transport::Endpoint& boundEndpoint() const;
    /// The Noise key for connections from now on. To be called on the thread of run(), or before
    /// it.
    void setKey(const crypto::ExchangeKeyPair& key);
    /// Serves until stop(). An error if the store failed: nothing is known then, start again.
    Status run();
    /// Takes no more, commits what is queued for at most kDrainTime, and lets run() return. Any
    /// thread.
    void stop();

    static constexpr std::chrono::seconds kDrainTime{5};

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

}  // namespace net
