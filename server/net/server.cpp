#include "net/server.h"

#include <exception>

#include "base/limits.h"

namespace net {

using base::Code;
using base::fail;

class Server::Impl {
public:
    explicit Impl(Params params)
        : m_context{params.intake,
                    params.channel,
                    params.random,
                    std::move(params.log),
                    [this] { wakeCommit(); },
                    {},
                    {},
                    false} {}

    Status listen(const transport::Endpoint& endpoint, const transport::ListenerLimits& limits) {
        auto makePeer = [this](transport::Connection& connection) {
            std::unique_ptr<transport::ConnectionHandler> peer;
            if (m_context.peers.size() < base::limits::kConnectionsMax) {  // else it is told: busy
                peer = std::make_unique<Peer>(m_context, connection, m_nextNumber++);
            }
            return peer;
        };
        TRY(m_listener, transport::Listener::create(endpoint, makePeer, limits));
        return {};
    }

    const transport::Endpoint& boundEndpoint() const { return m_listener->boundEndpoint(); }
    void setKey(const crypto::ExchangeKeyPair& key) { m_context.channel.own = key; }

    Status run() {
        if (m_context.intake.closed()) m_context.noteState();
        try {
            m_listener->run();
        } catch (const std::exception& error) {
            std::string why = error.what();  // libraries put more lines below it
            why.resize(std::min(why.find('\n'), why.size()));
            return fail(Code::Internal,
                        "The server stopped unexpectedly (" + why + "); start it again.");
        }
        return m_status;
    }

    void stop() {
        m_listener->post([this] { drain(); });
    }

private:
    void wakeCommit() {
        if (m_isCommitPosted) return;
        m_isCommitPosted = true;
        m_listener->post([this] {
            m_isCommitPosted = false;
            if (!m_context.isStopping) commit();
        });
    }

    /// False if the store failed, and the server ends.
    bool commit() {
        auto ran = m_context.intake.run(
            [this](std::uint64_t session, std::optional<wire::Refused> refused) {
                auto peer = m_context.peers.find(session);
                if (peer != m_context.peers.end()) peer->second->settled(std::move(refused));
            });
        if (!ran) {
            m_context.log(LogLevel::Error,
                          "A commit failed, so the server ends: " + ran.error().message);
            m_status = tl::unexpected<base::Error>(std::move(ran).error());
            m_context.isStopping = true;
            m_listener->stop();
            return false;
        }
        m_context.noteState();
        // No peer leaves the map meanwhile: a connection that ends says so in a later event.
        for (auto& [number, peer] : m_context.peers) peer->resume();
        if (!m_context.intake.isIdle()) wakeCommit();
        return true;
    }

    void drain() {
        if (m_context.isStopping) return;
        m_context.isStopping = true;
        auto end = std::chrono::steady_clock::now() + kDrainTime;
        while (!m_context.intake.isIdle() && std::chrono::steady_clock::now() < end) {
            if (!commit()) return;
        }
        m_listener->stop();
    }

    PeerContext m_context;
    std::uint64_t m_nextNumber = 1;
    bool m_isCommitPosted = false;
    Status m_status;
    std::unique_ptr<transport::Listener> m_listener;  // last: its connections use the rest
};

Server::Server(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Server::~Server() = default;

base::Result<std::unique_ptr<Server>> Server::create(const transport::Endpoint& endpoint,
                                                     Params params,
                                                     const transport::ListenerLimits& limits) {
    auto impl = std::make_unique<Impl>(std::move(params));
    CHECK_OK(impl->listen(endpoint, limits));
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const transport::Endpoint& Server::boundEndpoint() const {
    return m_impl->boundEndpoint();
}
void Server::setKey(const crypto::ExchangeKeyPair& key) {
    m_impl->setKey(key);
}
Status Server::run() {
    return m_impl->run();
}
void Server::stop() {
    m_impl->stop();
}

}  // namespace net
