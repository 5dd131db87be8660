#include "transport/listener.h"

#include <asio.hpp>
#include <deque>
#include <list>
#include "base/limits.h"
#include "transport/first_frame.h"
#include "transport/stranger_gate.h"

namespace transport {
namespace {

using asio::ip::tcp;
using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using Clock = std::chrono::steady_clock;
using ErrorCode = asio::error_code;

constexpr std::size_t kReadBytes = 128 * 1024;           // one buffer for all connections
constexpr int kArrivedReadsMax = 64;                     // 8 MiB: more than a socket holds
constexpr std::size_t kMergeBytes = 64 * 1024;           // small writes are joined up to this
constexpr std::chrono::milliseconds kLingerTime{2'000};  // for the peer to read our last words
constexpr std::chrono::milliseconds kAcceptPause{
    100};  // after a failed accept: no descriptors left

Endpoint endpointOf(const tcp::endpoint& endpoint) {
    asio::ip::address address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return {address.to_string(), endpoint.port()};
}

bool isLoopback(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
    }
    return address.is_loopback();
}

StrangerGate::Network networkOf(const asio::ip::address& address) {
    if (address.is_v4()) return StrangerGate::networkOf(address.to_v4().to_bytes());
    return StrangerGate::networkOf(address.to_v6().to_bytes());
}

class Session;

/// What a session tells the listener.
class SessionOwner {
public:
    virtual ~SessionOwner() = default;
    virtual void recognised(Session& session) = 0;
    virtual void closed(Session& session) = 0;
    virtual Bytes& readBuffer() = 0;
};

/// One connection. Kept alive by the operations under way; its handler goes when it closes.
class Session final : public Connection, public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, Endpoint remote, SessionOwner& owner)
        : m_socket(std::move(socket)), m_remote(std::move(remote)), m_owner(owner) {}

    /// Without a handler the peer is told that the server is busy.
    void start(std::unique_ptr<ConnectionHandler> handler) {
        ErrorCode ignored;
        m_socket.set_option(tcp::no_delay(true), ignored);
        m_socket.non_blocking(true, ignored);
        m_handler = std::move(handler);
        if (!m_handler) {
            Bytes frame;
            writeFirstFrame(FirstFrame::Busy, {}, frame);
            write(std::move(frame));
            return closeAfterFlush();
        }
        updateStranger();
        read();
    }

    void write(Bytes bytes) override {
        if (m_state != State::Open || bytes.empty()) return;
        m_queuedBytes += bytes.size();
        // The front may be in the hands of the operating system.
        bool merge = m_queue.size() > 1 && m_queue.back().size() + bytes.size() <= kMergeBytes;
        if (merge) {
            m_queue.back().insert(m_queue.back().end(), bytes.begin(), bytes.end());
        } else {
            m_queue.push_back(std::move(bytes));
        }
        if (!m_writing) writeNext();
    }

    void closeAfterFlush() override {
        if (m_state != State::Open) return;
        m_state = State::Flushing;
        if (m_queue.empty()) linger();
    }

    void abort() override { close(); }

    void setReading(bool reading) override {
        m_reading = reading;
        m_lastActivity = Clock::now();
        if (reading) read();
    }

    void takeArrived() override {
        Bytes buffer(kReadBytes);  // the shared one may be in the hands of another handler
        for (int i = 0; i < kArrivedReadsMax; ++i) {
            if (m_state != State::Open || !m_reading || m_delivering || !readInto(buffer)) return;
        }
    }

    void updateStranger() override {
        // Also while the last answer leaves: most conversations end with what they began.
        if (m_state == State::Closed || !m_stranger || !m_handler) return;
        if (m_handler->isStranger()) return;
        m_stranger = false;
        m_owner.recognised(*this);
    }

    std::size_t queuedBytes() const override { return m_queuedBytes; }
    const Endpoint& remoteAddress() const override { return m_remote; }

    /// Closes what has had its time.
    void sweep(Clock::time_point now, const ListenerLimits& limits) {
        if (m_stranger && now - m_opened >= limits.strangerTime) return close();
        if (m_state == State::Lingering) {
            if (now - m_lastActivity >= std::min(kLingerTime, limits.idleTime)) close();
            return;
        }
        bool waitsForPeer = m_reading || !m_queue.empty();
        if (waitsForPeer && now - m_lastActivity >= limits.idleTime) close();
    }

    /// Sends the busy answer, as far as that goes without waiting, and closes.
    static void turnAway(tcp::socket socket) {
        Bytes frame;
        writeFirstFrame(FirstFrame::Busy, {}, frame);
        ErrorCode ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(frame), ignored);
        socket.shutdown(tcp::socket::shutdown_send, ignored);
        socket.close(ignored);
    }

    bool isStranger() const { return m_stranger; }

    // The listener's records of this session.
    std::list<std::shared_ptr<Session>>::iterator place;
    std::list<Session*>::iterator strangerPlace;
    std::optional<StrangerGate::Network> network;  // holds one of its tokens

private:
    enum class State { Open, Flushing, Lingering, Closed };

    bool mayRead() const {
        return (m_state == State::Open && m_reading) || m_state == State::Lingering;
    }

    /// Waits until there is something to read: only then the shared buffer is needed.
    void read() {
        if (m_waiting || m_delivering || !mayRead()) return;
        m_waiting = true;
        m_socket.async_wait(tcp::socket::wait_read,
                            [self = shared_from_this()](const ErrorCode& error) {
                                self->m_waiting = false;
                                if (error) return self->close();
                                self->onReadable();
                            });
    }

    void onReadable() {
        if (!mayRead()) return;  // paused meanwhile: setReading(true) waits again
        readInto(m_owner.readBuffer());
        read();
    }

    /// One read and its delivery; false if nothing was there or the peer has ended.
    bool readInto(Bytes& buffer) {
        ErrorCode error;
        std::size_t size = m_socket.read_some(asio::buffer(buffer), error);
        if (error == asio::error::would_block) return false;
        if (error) {
            close();
            return false;
        }
        if (m_state != State::Open) return true;
        m_lastActivity = Clock::now();
        m_delivering = true;
        auto status = m_handler->onBytes(ByteView(buffer).first(size));
        m_delivering = false;
        if (m_state == State::Open && !status) closeAfterFlush();
        updateStranger();
        return true;
    }

    void writeNext() {
        m_writing = true;
        m_socket.async_write_some(
            asio::buffer(m_queue.front()) + m_written,
            [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                self->m_writing = false;
                self->onWritten(error, size);
            });
    }

    void onWritten(const ErrorCode& error, std::size_t size) {
        if (m_state == State::Closed) return;
        if (error) return close();
        m_lastActivity = Clock::now();
        m_queuedBytes -= size;
        m_written += size;
        if (m_written == m_queue.front().size()) {
            m_queue.pop_front();
            m_written = 0;
        }
        if (!m_queue.empty()) writeNext();
        if (m_state == State::Flushing) {
            if (m_queue.empty()) linger();
        } else if (m_handler && m_queuedBytes <= base::limits::kOutputQueueBytes) {
            m_handler->onDrained();
        }
    }

    /// Closing with unread input would reset the connection and might destroy our last words on
    /// their way: say that we are done, then read into the void until the peer closes or the time
    /// is over.
    void linger() {
        m_state = State::Lingering;
        m_lastActivity = Clock::now();
        ErrorCode ignored;
        m_socket.shutdown(tcp::socket::shutdown_send, ignored);
        read();
    }

    void close() {
        if (m_state == State::Closed) return;
        m_state = State::Closed;
        ErrorCode ignored;
        m_socket.close(ignored);
        // A handler may close its own connection: it must not vanish while one of its functions
        // runs.
        asio::post(m_socket.get_executor(), [self = shared_from_this()] {
            if (self->m_handler) self->m_handler->onClosed();
            self->m_handler.reset();
        });
        m_owner.closed(*this);
    }

    tcp::socket m_socket;
    Endpoint m_remote;
    SessionOwner& m_owner;
    std::unique_ptr<ConnectionHandler> m_handler;
    State m_state = State::Open;
    bool m_stranger = true;
    bool m_reading = true;
    bool m_waiting = false;     // for something to read
    bool m_delivering = false;  // onBytes() runs
    bool m_writing = false;
    std::deque<Bytes> m_queue;
    std::size_t m_queuedBytes = 0;
    std::size_t m_written = 0;  // of the queue's front
    Clock::time_point m_opened = Clock::now();
    Clock::time_point m_lastActivity = m_opened;
};

}  // namespace

class Listener::Impl final : public SessionOwner {
public:
    Impl(HandlerFactory factory, const ListenerLimits& limits)
        : m_factory(std::move(factory)),
          m_limits(limits),
          m_gate(limits.strangersBurst, limits.strangersPerSecond) {}

    base::Status bind(const Endpoint& endpoint) {
        ErrorCode error;
        asio::ip::address address = asio::ip::make_address(endpoint.host, error);
        if (error) {
            tcp::resolver resolver(m_context);
            auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port),
                                          tcp::resolver::passive, error);
            if (error || found.empty()) return cannotListen(endpoint, "the name is not known");
            address = found.begin()->endpoint().address();
        }
        tcp::endpoint local(address, endpoint.port);
        ErrorCode ignored;
        m_acceptor.open(local.protocol(), error);
        if (!error) m_acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error && address.is_v6() && address.is_unspecified()) {
            m_acceptor.set_option(asio::ip::v6_only(false), ignored);
        }
        if (!error) m_acceptor.bind(local, error);
        if (!error) m_acceptor.listen(tcp::acceptor::max_listen_connections, error);
        if (error) return cannotListen(endpoint, error.message());
        m_bound = endpointOf(m_acceptor.local_endpoint(ignored));
        return {};
    }

    const Endpoint& bound() const { return m_bound; }

    void run() {
        accept();
        m_context.run();
    }

    void stop() {
        asio::post(m_context, [this] {
            m_stopped = true;
            ErrorCode ignored;
            m_acceptor.close(ignored);
            m_sweepTimer.cancel();
            m_acceptTimer.cancel();
            while (!m_sessions.empty()) m_sessions.front()->abort();
            m_work.reset();
        });
    }

    void post(std::function<void()> function) { asio::post(m_context, std::move(function)); }

private:
    static base::Status cannotListen(const Endpoint& endpoint, const std::string& why) {
        std::string message = "Cannot listen on ";
        message.append(endpoint.text()).append(": ").append(why);
        message.append(". Choose another address or end the program that uses it.");
        return fail(Code::Io, std::move(message));
    }

    void accept() {
        m_acceptor.async_accept([this](const ErrorCode& error, tcp::socket socket) {
            if (m_stopped) return;
            if (error == asio::error::connection_aborted || !error) {
                if (!error) welcome(std::move(socket));
                return accept();
            }
            // Out of descriptors, most likely: those that end make room.
            m_acceptTimer.expires_after(kAcceptPause);
            m_acceptTimer.async_wait([this](const ErrorCode&) {
                if (!m_stopped) accept();
            });
        });
    }

    void welcome(tcp::socket socket) {
        ErrorCode error;
        tcp::endpoint remote = socket.remote_endpoint(error);
        if (error) return;  // gone already
        std::optional<StrangerGate::Network> network;
        if (m_limits.loopback == Loopback::Counted || !isLoopback(remote.address())) {
            network = networkOf(remote.address());
            if (!m_gate.admit(*network, Clock::now())) return Session::turnAway(std::move(socket));
        }
        if (m_strangers.size() >= m_limits.strangersMax && !m_strangers.empty()) {
            m_strangers.front()->abort();
        }
        auto session = std::make_shared<Session>(std::move(socket), endpointOf(remote), *this);
        session->network = network;
        session->place = m_sessions.insert(m_sessions.end(), session);
        session->strangerPlace = m_strangers.insert(m_strangers.end(), session.get());
        session->start(m_factory(*session));
        if (!m_sweeping) sweepLater();
    }

    void recognised(Session& session) override {
        m_strangers.erase(session.strangerPlace);
        if (session.network) m_gate.refund(*session.network, Clock::now());
    }

    void closed(Session& session) override {
        if (session.isStranger()) m_strangers.erase(session.strangerPlace);
        m_sessions.erase(session.place);
    }

    Bytes& readBuffer() override { return m_readBuffer; }

    /// One timer for all connections, and none while there are no connections.
    void sweepLater() {
        m_sweeping = true;
        auto shortest = std::min(m_limits.strangerTime, m_limits.idleTime);
        m_sweepTimer.expires_after(std::clamp<std::chrono::milliseconds>(
            shortest / 8, std::chrono::milliseconds(2), std::chrono::milliseconds(500)));
        m_sweepTimer.async_wait([this](const ErrorCode&) {
            m_sweeping = false;
            Clock::time_point now = Clock::now();
            for (auto at = m_sessions.begin(); at != m_sessions.end();) {
                std::shared_ptr<Session> session = *at++;  // it may leave the list
                session->sweep(now, m_limits);
            }
            if (!m_sessions.empty()) sweepLater();
        });
    }

    HandlerFactory m_factory;
    ListenerLimits m_limits;
    StrangerGate m_gate;
    Bytes m_readBuffer = Bytes(kReadBytes);
    asio::io_context m_context{1};
    asio::executor_work_guard<asio::io_context::executor_type> m_work{m_context.get_executor()};
    tcp::acceptor m_acceptor{m_context};
    asio::steady_timer m_sweepTimer{m_context};
    asio::steady_timer m_acceptTimer{m_context};
    Endpoint m_bound;
    std::list<std::shared_ptr<Session>> m_sessions;
    std::list<Session*> m_strangers;  // oldest first
    bool m_sweeping = false;
    bool m_stopped = false;
};

Listener::Listener(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Listener::~Listener() = default;

base::Result<std::unique_ptr<Listener>> Listener::create(const Endpoint& endpoint,
                                                         HandlerFactory factory,
                                                         const ListenerLimits& limits) {
    auto impl = std::make_unique<Impl>(std::move(factory), limits);
    CHECK_OK(impl->bind(endpoint));
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

const Endpoint& Listener::boundEndpoint() const {
    return m_impl->bound();
}
void Listener::run() {
    m_impl->run();
}
void Listener::stop() {
    m_impl->stop();
}
void Listener::post(std::function<void()> function) {
    m_impl->post(std::move(function));
}

}  // namespace transport
