#include "counting_proxy.h"
#include <asio.hpp>
#include <ctime>
#include <deque>
#include <future>
#include <optional>
#include <thread>
#include <vector>
#include "base/bytes.h"

namespace bench {
namespace {

using asio::ip::tcp;
using ErrorCode = asio::error_code;
using base::Bytes;

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kQueueBytes = 4 * 1024 * 1024;  // beyond it a sender must wait
constexpr std::size_t kSlowQueueBytes = 64 * 1024;    // the same before a slow line
constexpr std::size_t kPacketBytes = 1'400;

struct Shared {
    explicit Shared(asio::io_context& c) : context(c), buffer(kReadBytes) {}

    void setLine(const Line& l) {
        line = l;
        up = Pace(l, 0);
        down = Pace(l, 1);
    }
    bool isSlow() const { return line.bytesPerSecond > 0; }
    std::size_t queueBytesMax() const { return isSlow() ? kSlowQueueBytes : kQueueBytes; }

    asio::io_context& context;
    Bytes buffer;  // of whichever connection reads
    Passed passed;
    Line line;
    Pace up{line, 0};
    Pace down{line, 1};
    std::optional<std::uint64_t> cut;
};

/// One direction of a connection: reads here, writes there, in order and as late as the line is
/// slow.
struct Direction {
    Direction(tcp::socket& f, tcp::socket& t, asio::io_context& context)
        : from(f), to(t), timer(context) {}

    struct Piece {
        Clock::time_point due;
        Bytes bytes;  // empty: the sender has ended
    };
    tcp::socket& from;
    tcp::socket& to;
    asio::steady_timer timer;
    std::deque<Piece> queue;
    std::size_t queued = 0;
    bool writing = false;
    bool paused = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket client, Shared& shared)
        : m_shared(shared),
          m_client(std::move(client)),
          m_server(shared.context),
          m_up(m_client, m_server, shared.context),
          m_down(m_server, m_client, shared.context) {}

    bool start(std::uint16_t serverPort) {
        ErrorCode error;
        m_server.connect({asio::ip::address_v4::loopback(), serverPort}, error);
        if (error) return false;
        for (tcp::socket* socket : {&m_client, &m_server}) {
            socket->set_option(tcp::no_delay(true), error);
            socket->non_blocking(true, error);
        }
        read(m_down);
        if (!m_shared.isSlow()) {
            read(m_up);
            return true;
        }
        m_up.timer.expires_after(2 * m_shared.line.oneWay);
        m_up.timer.async_wait([self = shared_from_this()](const ErrorCode& failed) {
            if (!failed) self->read(self->m_up);
        });
        return true;
    }

    /// The client sees the connection break; the server gets what was counted and then the end.
    void breakOff() {
        if (m_isBroken) return;
        m_isBroken = true;
        ErrorCode ignored;
        m_client.set_option(asio::socket_base::linger(true, 0), ignored);
        m_client.close(ignored);
        push(m_up, {});
    }

    std::function<void()> onCut;

private:
    bool isUp(const Direction& d) const { return &d == &m_up; }

    /// Waits until there is something to read: only then the shared buffer is needed.
    void read(Direction& d) {
        d.from.async_wait(tcp::socket::wait_read,
                          [self = shared_from_this(), &d](const ErrorCode& error) {
                              self->onReadable(d, error);
                          });
    }

    void onReadable(Direction& d, ErrorCode error) {
        std::size_t size = 0;
        if (!error) size = d.from.read_some(asio::buffer(m_shared.buffer), error);
        if (error == asio::error::would_block) return read(d);
        onRead(d, base::ByteView(m_shared.buffer).first(error ? 0 : size));
    }

    void onRead(Direction& d, base::ByteView bytes) {
        if (m_isBroken) {  // what the server says to a client that is gone is read, and dropped
            if (!isUp(d) && !bytes.empty()) read(d);
            return;
        }
        bytes = count(d, bytes);
        bool isCut = isUp(d) && m_shared.cut && m_shared.passed.up >= *m_shared.cut;
        bool isEnd = bytes.empty() && !isCut;
        std::size_t packet = m_shared.isSlow() ? kPacketBytes : kReadBytes;
        while (!bytes.empty()) {
            base::ByteView front = bytes.first(std::min(packet, bytes.size()));
            push(d, Bytes(front.begin(), front.end()));
            bytes = bytes.subspan(front.size());
        }
        if (isCut) {
            m_shared.cut.reset();
            return onCut();
        }
        if (isEnd) return push(d, {});
        d.paused = d.queued > m_shared.queueBytesMax();
        if (!d.paused) read(d);
    }

    /// Those of the bytes that pass: all of them, or those before the cut.
    base::ByteView count(const Direction& d, base::ByteView bytes) {
        Passed& passed = m_shared.passed;
        if (!isUp(d)) {
            if (!bytes.empty()) m_serverSpokeLast = true;
            passed.down += bytes.size();
            return bytes;
        }
        if (!bytes.empty() && m_serverSpokeLast) ++passed.turns;
        if (!bytes.empty()) m_serverSpokeLast = false;
        if (m_shared.cut && !bytes.empty()) {
            std::uint64_t left = *m_shared.cut - std::min(*m_shared.cut, passed.up);
            bytes = bytes.first(std::min<std::size_t>(bytes.size(), left));
        }
        passed.up += bytes.size();
        return bytes;
    }

    /// Gives the bytes to the line; none: the sender has ended.
    void push(Direction& d, Bytes bytes) {
        Pace& pace = isUp(d) ? m_shared.up : m_shared.down;
        d.queued += bytes.size();
        Clock::time_point due = pace.pass(bytes.size(), m_shared.passed.stalls);
        d.queue.push_back({due, std::move(bytes)});
        if (!d.writing) writeNext(d);
    }

    void writeNext(Direction& d) {
        d.writing = !d.queue.empty();
        if (d.queue.empty()) return;
        if (d.queue.front().due <= Clock::now()) return writeFront(d);
        d.timer.expires_at(d.queue.front().due);
        d.timer.async_wait([self = shared_from_this(), &d](const ErrorCode& error) {
            if (!error) self->writeFront(d);
        });
    }

    void writeFront(Direction& d) {
        ErrorCode ignored;
        if (d.queue.front().bytes.empty()) {
            d.to.shutdown(tcp::socket::shutdown_send, ignored);
            d.queue.pop_front();
            d.writing = false;
            return;
        }
        asio::async_write(d.to, asio::buffer(d.queue.front().bytes),
                          [self = shared_from_this(), &d](const ErrorCode& error, std::size_t) {
                              if (error) return;
                              d.queued -= d.queue.front().bytes.size();
                              d.queue.pop_front();
                              self->writeNext(d);
                              if (d.paused && d.queued <= self->m_shared.queueBytesMax()) {
                                  d.paused = false;
                                  self->read(d);
                              }
                          });
    }

    Shared& m_shared;
    tcp::socket m_client;
    tcp::socket m_server;
    Direction m_up;
    Direction m_down;
    bool m_serverSpokeLast = true;
    bool m_isBroken = false;
};

double threadCpuSeconds(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace

class CountingProxy::Loop {
public:
    explicit Loop(std::uint16_t serverPort)
        : m_shared(m_context),
          m_acceptor(m_context, {asio::ip::address_v4::loopback(), 0}),
          m_serverPort(serverPort) {
        accept();
        m_thread = std::thread([this] {
            pthread_getcpuclockid(pthread_self(), &m_cpuClock);
            m_context.run();
        });
        on([] {});  // the thread runs, its clock is known
    }

    ~Loop() {
        m_context.stop();
        m_thread.join();
    }

    std::uint16_t port() const { return m_acceptor.local_endpoint().port(); }
    Shared& shared() { return m_shared; }
    double cpuSeconds() const { return threadCpuSeconds(m_cpuClock); }

    /// Runs the task on the loop's thread and waits for it.
    void on(const std::function<void()>& task) {
        std::promise<void> done;
        asio::post(m_context, [&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }

private:
    void accept() {
        m_acceptor.async_accept([this](const ErrorCode& error, tcp::socket client) {
            if (error) return;
            auto connection = std::make_shared<Connection>(std::move(client), m_shared);
            connection->onCut = [this] {
                for (const auto& weak : m_connections) {
                    if (auto one = weak.lock()) one->breakOff();
                }
            };
            std::erase_if(m_connections, [](const auto& weak) { return weak.expired(); });
            m_connections.push_back(connection);
            connection->start(m_serverPort);
            accept();
        });
    }

    asio::io_context m_context{1};
    Shared m_shared;
    tcp::acceptor m_acceptor;
    std::uint16_t m_serverPort;
    std::vector<std::weak_ptr<Connection>> m_connections;
    std::thread m_thread;
    clockid_t m_cpuClock{};
};

CountingProxy::CountingProxy(std::uint16_t serverPort)
    : m_loop(std::make_unique<Loop>(serverPort)) {}
CountingProxy::~CountingProxy() = default;

std::uint16_t CountingProxy::port() const {
    return m_loop->port();
}

void CountingProxy::reset() {
    m_loop->on([&] {
        m_loop->shared().passed = {};
        m_loop->shared().cut.reset();
    });
}

Passed CountingProxy::passed() {
    Passed out;
    m_loop->on([&] { out = m_loop->shared().passed; });
    out.cpuSeconds = m_loop->cpuSeconds();
    return out;
}

void CountingProxy::setLine(const Line& line) {
    m_loop->on([&] { m_loop->shared().setLine(line); });
}

void CountingProxy::cutAfter(std::uint64_t bytesUp) {
    m_loop->on([&] { m_loop->shared().cut = bytesUp; });
}

}  // namespace bench
