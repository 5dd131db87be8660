#include "counting_proxy.h"
#include <asio.hpp>
#include <ctime>
#include <deque>
#include <future>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace bench {
namespace {

using asio::ip::tcp;
using ErrorCode = asio::error_code;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kQueueBytes = 4 * 1024 * 1024;  // beyond it a sender must wait

struct Shared {
    explicit Shared(asio::io_context& c) : context(c) {}
    asio::io_context& context;
    Passed passed;
    std::chrono::milliseconds delay{0};
    std::optional<std::uint64_t> cut;
};

/// One direction of a connection: reads here, writes there, in order and late by the delay.
struct Direction {
    Direction(tcp::socket& f, tcp::socket& t, asio::io_context& context)
        : from(f), to(t), timer(context), buffer(kReadBytes) {}

    struct Piece {
        std::chrono::steady_clock::time_point due;
        Bytes bytes;  // empty: the sender has ended
    };
    tcp::socket& from;
    tcp::socket& to;
    asio::steady_timer timer;
    Bytes buffer;
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
        m_client.set_option(tcp::no_delay(true), error);
        m_server.set_option(tcp::no_delay(true), error);
        read(m_up);
        read(m_down);
        return true;
    }

    /// The client sees the connection break; the server gets what was kept and then the end.
    void breakOff() {
        ErrorCode ignored;
        m_client.set_option(asio::socket_base::linger(true, 0), ignored);
        m_client.close(ignored);
        m_server.shutdown(tcp::socket::shutdown_send, ignored);
    }

    std::function<void()> onCut;

private:
    void read(Direction& d) {
        d.from.async_read_some(
            asio::buffer(d.buffer),
            [self = shared_from_this(), &d](const ErrorCode& error, std::size_t size) {
                self->onRead(d, error ? 0 : size);
            });
    }

    void onRead(Direction& d, std::size_t size) {
        bool isUp = &d == &m_up;
        if (size > 0 && isUp && m_serverSpokeLast) ++m_shared.passed.turns;
        if (size > 0) m_serverSpokeLast = !isUp;
        (isUp ? m_shared.passed.up : m_shared.passed.down) += size;
        if (isUp && m_shared.cut && m_shared.passed.up >= *m_shared.cut) {
            std::uint64_t beyond =
                std::min<std::uint64_t>(m_shared.passed.up - *m_shared.cut, size);
            m_shared.cut.reset();
            ErrorCode ignored;
            asio::write(m_server,
                        asio::buffer(d.buffer.data(), size - static_cast<std::size_t>(beyond)),
                        ignored);
            return onCut();
        }
        d.queue.push_back(
            {std::chrono::steady_clock::now() + m_shared.delay,
             Bytes(d.buffer.begin(), d.buffer.begin() + static_cast<std::ptrdiff_t>(size))});
        d.queued += size;
        if (!d.writing) writeNext(d);
        if (size == 0) return;
        d.paused = d.queued > kQueueBytes;
        if (!d.paused) read(d);
    }

    void writeNext(Direction& d) {
        d.writing = !d.queue.empty();
        if (d.queue.empty()) return;
        if (d.queue.front().due <= std::chrono::steady_clock::now()) return writeFront(d);
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
                              if (d.paused && d.queued <= kQueueBytes) {
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

void CountingProxy::setDelay(std::chrono::milliseconds oneWay) {
    m_loop->on([&] { m_loop->shared().delay = oneWay; });
}

void CountingProxy::cutAfter(std::uint64_t bytesUp) {
    m_loop->on([&] { m_loop->shared().cut = bytesUp; });
}

}  // namespace bench
