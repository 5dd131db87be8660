#pragma once
// The server's side of TCP: accepts connections, keeps strangers few and short, and moves bytes
// between sockets and handlers. One thread runs it; a handler is called on that thread only.
//
// Strangers are connections whose handler has not yet recognised the peer. There are at most
// strangersMax of them: when one more comes, the oldest stranger is closed. So whoever holds
// sockets open without speaking loses them to those who do speak, who are strangers for a few round
// trips only. New strangers of one network (IPv4 /24, IPv6 /48) are also slowed down by a token
// bucket; a token comes back when the peer is recognised, so that a province behind one address is
// not slowed down. Loopback is exempt.

#include <chrono>
#include <functional>
#include <memory>
#include "base/bytes.h"
#include "base/limits.h"
#include "transport/endpoint.h"

namespace transport {

/// One accepted connection, as its handler sees it; valid until onClosed() returns. Listener thread
/// only.
class Connection {
public:
    virtual ~Connection() = default;
    /// Queues bytes to be sent; nothing happens after a close.
    virtual void write(base::Bytes bytes) = 0;
    /// Sends what is queued, then closes; reads no more.
    virtual void closeAfterFlush() = 0;
    /// Closes now, whatever is queued.
    virtual void abort() = 0;
    /// Stops or goes on reading from the peer: back-pressure. A pause is not silence of the peer.
    virtual void setReading(bool reading) = 0;
    /// Delivers what has arrived by now, at most what a socket holds, without waiting for more. Not
    /// while its own handler runs.
    virtual void takeArrived() = 0;
    /// To be called when the handler's isStranger() changed outside onBytes().
    virtual void updateStranger() = 0;
    virtual std::size_t queuedBytes() const = 0;
    virtual const Endpoint& remoteAddress() const = 0;
};

/// What serves one connection. No call comes after onClosed(), which comes exactly once; then the
/// handler is destroyed.
class ConnectionHandler {
public:
    virtual ~ConnectionHandler() = default;
    /// An error closes the connection, after what was written is sent; the handler logs it.
    virtual base::Status onBytes(base::ByteView bytes) = 0;
    /// Some output was sent, and at most kOutputQueueBytes of it are left.
    virtual void onDrained() = 0;
    /// The connection has ended, by whichever side.
    virtual void onClosed() = 0;
    /// True until the peer is recognised; looked at after onBytes() and updateStranger().
    virtual bool isStranger() const = 0;
};

/// Makes the handler of a new connection, or nothing if there is no time for it: the peer is told
/// `busy`.
using HandlerFactory = std::function<std::unique_ptr<ConnectionHandler>(Connection&)>;

/// Whether connections from the machine itself count as strangers of a network.
enum class Loopback { Exempt, Counted };

struct ListenerLimits {
    std::size_t strangersMax = base::limits::kStrangerSocketsMax;
    std::chrono::milliseconds strangerTime{base::limits::kStrangerTimeMs};
    std::chrono::milliseconds idleTime{base::limits::kIdleTimeMs};
    double strangersBurst = base::limits::kStrangersBurst;
    double strangersPerSecond = base::limits::kStrangersPerSecond;
    Loopback loopback = Loopback::Exempt;
};

class Listener {
public:
    /// Binds and listens; port 0 takes a free one. Io if the address cannot be used.
    static base::Result<std::unique_ptr<Listener>> create(const Endpoint& endpoint,
                                                          HandlerFactory factory,
                                                          const ListenerLimits& limits = {});
    /// All connections must have ended: after run() has returned, or if it never ran.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Where it listens, with the real port.
    const Endpoint& boundEndpoint() const;
    /// Serves until stop(). All handlers are gone when it returns.
    void run();
    /// Aborts all connections and lets run() return. Any thread; what is posted later is dropped.
    void stop();
    /// Runs the function on the thread of run(). Any thread.
    void post(std::function<void()> function);

private:
    class Impl;
    explicit Listener(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

}  // namespace transport
