// Real sockets over loopback, on ports that the system chooses. Nothing sleeps: each test waits for
// events, and the time-outs under test are a few milliseconds.

#include <asio.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <thread>
#include "base/limits.h"
#include "channel_pair.h"
#include "transport/client_socket.h"
#include "transport/listener.h"

using namespace std::chrono_literals;
using namespace transport_test;
using base::Code;
using base::Status;
using base::limits::kOutputQueueBytes;
using transport::Connection;
using transport::ConnectionDriver;
using transport::ConnectionHandler;
using transport::Endpoint;
using transport::HandlerFactory;
using transport::Listener;
using transport::ListenerLimits;
using transport::runConnection;
using transport::Timeouts;
using transport::Traffic;

namespace {

/// A listener on a free loopback port, run by its own thread.
class RunningListener {
public:
    explicit RunningListener(HandlerFactory factory, const ListenerLimits& limits = {}) {
        auto listener = Listener::create({"127.0.0.1", 0}, std::move(factory), limits);
        REQUIRE(listener);
        m_listener = std::move(*listener);
        m_thread = std::thread([this] { m_listener->run(); });
    }
    ~RunningListener() { stop(); }
    void stop() {
        m_listener->stop();
        if (m_thread.joinable()) m_thread.join();
    }
    const Endpoint& endpoint() const { return m_listener->boundEndpoint(); }
    Listener& listener() { return *m_listener; }

private:
    std::unique_ptr<Listener> m_listener;
    std::thread m_thread;
};

/// Counts what happens to the handlers of a test; read after the listener has stopped.
struct Events {
    std::atomic<int> opened{0};
    std::atomic<int> closed{0};
    std::atomic<int> destroyed{0};
};

class TestHandler : public ConnectionHandler {
public:
    TestHandler(Connection& to, Events& counts) : connection(to), events(counts) {
        ++events.opened;
    }
    ~TestHandler() override { ++events.destroyed; }
    Status onBytes(ByteView) override { return {}; }
    void onDrained() override {}
    void onClosed() override { ++events.closed; }
    bool isStranger() const override { return stranger; }

    Connection& connection;
    Events& events;
    bool stranger = true;
};

/// Sends everything back, reading no more while too much waits to be sent.
class EchoHandler final : public TestHandler {
public:
    using TestHandler::TestHandler;
    Status onBytes(ByteView bytes) override {
        stranger = false;
        connection.write(base::copy(bytes));
        if (connection.queuedBytes() > kOutputQueueBytes) connection.setReading(false);
        return {};
    }
    void onDrained() override { connection.setReading(true); }
};

/// Says what it is given, and is done once it has heard as many bytes as it expects.
class TestDriver : public ConnectionDriver {
public:
    TestDriver(Bytes words, std::size_t expects) : toSend(std::move(words)), expected(expects) {}
    Status onOpen() override { return {}; }
    Status onBytes(ByteView bytes) override {
        heard.insert(heard.end(), bytes.begin(), bytes.end());
        return {};
    }
    Bytes takeOutput() override {
        std::size_t size = std::min<std::size_t>(50'000, toSend.size() - sent);
        auto start = toSend.begin() + static_cast<std::ptrdiff_t>(sent);
        sent += size;
        return {start, start + static_cast<std::ptrdiff_t>(size)};
    }
    bool isDone() const override { return sent == toSend.size() && heard.size() >= expected; }
    Status onEof() override { return base::fail(Code::Cut, "end of file"); }

    Bytes toSend;
    std::size_t sent = 0;
    std::size_t expected;
    Bytes heard;
};

template <class Handler>
HandlerFactory making(Events& events) {
    return
        [&events](Connection& connection) { return std::make_unique<Handler>(connection, events); };
}

}  // namespace

TEST_CASE("socket: 32 MiB go both ways at once without a deadlock") {
    Events events;
    RunningListener server(making<EchoHandler>(events));
    SeededRandom random(1);
    TestDriver driver(random.bytes(32 * 1024 * 1024), 32 * 1024 * 1024);
    Traffic traffic;
    auto status = runConnection(server.endpoint(), driver, traffic);
    INFO((status ? "" : status.error().message));
    REQUIRE(status);
    CHECK(driver.heard == driver.toSend);
    CHECK(traffic.bytesUp == driver.toSend.size());
    CHECK(traffic.bytesDown == driver.toSend.size());
    server.stop();
    CHECK(events.opened == 1);
    CHECK(events.closed == 1);
    CHECK(events.destroyed == 1);
}

TEST_CASE("socket: one question and its answer are one turn") {
    Events events;
    RunningListener server(making<EchoHandler>(events));
    TestDriver driver(toBytes("question"), 8);
    Traffic traffic;
    REQUIRE(runConnection(server.endpoint(), driver, traffic));
    CHECK(traffic.turns == 1);
    CHECK(traffic.bytesUp == 8);
}

TEST_CASE("socket: twenty clients at once are all served") {
    Events events;
    RunningListener server(making<EchoHandler>(events));
    std::vector<std::future<bool>> clients;
    for (std::uint64_t i = 0; i < 20; ++i) {
        clients.push_back(std::async(std::launch::async, [&server, i] {
            SeededRandom random(i);
            TestDriver driver(random.bytes(300'000), 300'000);
            Traffic traffic;
            return runConnection(server.endpoint(), driver, traffic).has_value() &&
                   driver.heard == driver.toSend;
        }));
    }
    for (auto& client : clients) CHECK(client.get());
    server.stop();
    CHECK(events.destroyed == 20);
}

TEST_CASE("socket: what has arrived is delivered when the owner asks, out of turn") {
    struct CountingHandler : TestHandler {
        using TestHandler::TestHandler;
        Status onBytes(ByteView bytes) override {
            heard += bytes.size();
            return {};
        }
        std::atomic<std::size_t> heard = 0;
    };
    Events events;
    std::atomic<CountingHandler*> handler = nullptr;
    RunningListener server([&](Connection& connection) {
        auto made = std::make_unique<CountingHandler>(connection, events);
        handler = made.get();
        return made;
    });
    asio::io_context context;
    asio::ip::tcp::socket client(context);
    client.connect({asio::ip::address_v4::loopback(), server.endpoint().port});
    asio::write(client, asio::buffer("first", 5));
    while (handler == nullptr || handler.load()->heard < 5) std::this_thread::yield();

    std::promise<void> isHeld;
    std::promise<void> isOver;
    server.listener().post([&] {  // the listener reads nothing of its own meanwhile
        isHeld.set_value();
        while (handler.load()->heard < 11) handler.load()->connection.takeArrived();
        isOver.set_value();
    });
    isHeld.get_future().wait();
    asio::write(client, asio::buffer("second", 6));
    isOver.get_future().wait();
    CHECK(handler.load()->heard == 11);
}

TEST_CASE("socket: a port where nobody listens is Unreachable, and the sentence names it") {
    Endpoint endpoint;
    {
        Events events;
        RunningListener server(making<EchoHandler>(events));
        endpoint = server.endpoint();
    }
    TestDriver driver({}, 1);
    Traffic traffic;
    auto status = runConnection(endpoint, driver, traffic);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Unreachable);
    CHECK(status.error().message.find(endpoint.text()) != std::string::npos);
}

TEST_CASE("socket: a server that says nothing is Cut after the time for its first answer") {
    Events events;
    RunningListener server(making<TestHandler>(events));
    TestDriver driver(toBytes("hello"), 1);
    Traffic traffic;
    auto status = runConnection(server.endpoint(), driver, traffic, {10s, 30ms});
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Cut);
    CHECK(traffic.bytesUp == 5);
}

TEST_CASE("socket: a server that has spoken may be silent for the idle time") {
    constexpr auto kAnswer = 300ms, kIdle = 900ms;
    Events events;
    RunningListener server(making<EchoHandler>(events));
    TestDriver driver(toBytes("hello"), 6);  // one more than comes back
    Traffic traffic;
    const auto start = std::chrono::steady_clock::now();
    auto status = runConnection(server.endpoint(), driver, traffic, {10s, kAnswer, kIdle});
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Cut);
    CHECK(traffic.bytesDown == 5);
    CHECK(std::chrono::steady_clock::now() - start >= kIdle);
}

TEST_CASE("socket: a server that closes ends in the driver's verdict") {
    class ClosingHandler final : public TestHandler {
    public:
        using TestHandler::TestHandler;
        Status onBytes(ByteView) override {
            connection.write(toBytes("bye"));
            return base::fail(Code::Malformed, "no");
        }
    };
    Events events;
    RunningListener server(making<ClosingHandler>(events));
    // More than the server ever reads: its last words must arrive nevertheless.
    TestDriver driver(Bytes(3'000'000), 4);
    Traffic traffic;
    auto status = runConnection(server.endpoint(), driver, traffic);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Cut);
    CHECK(driver.heard == toBytes("bye"));
}

TEST_CASE("socket: an error of the driver ends the connection") {
    class FailingDriver final : public TestDriver {
    public:
        using TestDriver::TestDriver;
        Status onBytes(ByteView) override { return base::fail(Code::Forked, "no"); }
    };
    Events events;
    RunningListener server(making<EchoHandler>(events));
    FailingDriver driver(toBytes("hello"), 5);
    Traffic traffic;
    auto status = runConnection(server.endpoint(), driver, traffic);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Forked);
}

TEST_CASE("listener: a stranger that says nothing is closed when its time is over") {
    Events events;
    ListenerLimits limits;
    limits.strangerTime = 30ms;
    RunningListener server(making<TestHandler>(events), limits);
    TestDriver driver({}, 1);
    Traffic traffic;
    CHECK_FALSE(runConnection(server.endpoint(), driver, traffic));
    server.stop();
    CHECK(events.closed == 1);
}

TEST_CASE("listener: a known peer that says nothing is closed after the idle time") {
    Events events;
    ListenerLimits limits;
    limits.idleTime = 30ms;
    RunningListener server(making<EchoHandler>(events), limits);
    TestDriver driver(toBytes("hello"), 6);
    Traffic traffic;
    CHECK_FALSE(runConnection(server.endpoint(), driver, traffic));
    CHECK(driver.heard == toBytes("hello"));
}

TEST_CASE("listener: a client that does not read stops being read, and is closed in the end") {
    Events events;
    std::atomic<std::size_t> queuedMost{0};
    ListenerLimits limits;
    limits.idleTime = 100ms;
    RunningListener server(
        [&](Connection& connection) {
            class Probe final : public TestHandler {
            public:
                Probe(Connection& to, Events& counts, std::atomic<std::size_t>& most)
                    : TestHandler(to, counts), m_most(most) {
                    stranger = false;
                    to.write(Bytes(64 * 1024 * 1024));
                    m_most = to.queuedBytes();
                }

            private:
                std::atomic<std::size_t>& m_most;
            };
            return std::make_unique<Probe>(connection, events, queuedMost);
        },
        limits);
    // The driver blocks its loop until the server has given up on it.
    class DeafDriver final : public TestDriver {
    public:
        DeafDriver(Events& counts) : TestDriver({}, SIZE_MAX), m_events(counts) {}
        Status onBytes(ByteView) override {
            while (m_events.closed == 0) std::this_thread::yield();
            return {};
        }

    private:
        Events& m_events;
    };
    DeafDriver driver(events);
    Traffic traffic;
    CHECK_FALSE(runConnection(server.endpoint(), driver, traffic));
    CHECK(queuedMost == 64 * 1024 * 1024);
    server.stop();
    CHECK(events.destroyed == 1);
}

TEST_CASE("listener: one stranger too many closes the oldest one, and known peers stay") {
    Events events;
    ListenerLimits limits;
    limits.strangersMax = 2;
    RunningListener server(making<EchoHandler>(events), limits);

    class SilentDriver final : public TestDriver {
    public:
        explicit SilentDriver(std::promise<void>& open) : TestDriver({}, 1), m_open(open) {}
        Status onOpen() override {
            m_open.set_value();
            return {};
        }

    private:
        std::promise<void>& m_open;
    };
    // A known peer: its echo is back before the strangers come, and its last word comes after them.
    asio::io_context context;
    asio::ip::tcp::socket known(context);
    known.connect({asio::ip::address_v4::loopback(), server.endpoint().port});
    auto echoes = [&known] {
        std::array<char, 5> word{"well"}, heard{};
        asio::write(known, asio::buffer(word));
        asio::read(known, asio::buffer(heard));
        return heard == word;
    };
    CHECK(echoes());

    std::vector<std::thread> threads;
    std::vector<std::promise<void>> opened(4);
    for (auto& open : opened) {
        threads.emplace_back([&] {
            SilentDriver driver(open);
            Traffic traffic;
            static_cast<void>(runConnection(server.endpoint(), driver, traffic));
        });
        open.get_future().wait();
    }
    while (events.closed < 2) std::this_thread::yield();
    TestDriver driver(toBytes("hello"), 5);
    Traffic traffic;
    CHECK(runConnection(server.endpoint(), driver, traffic));
    CHECK(echoes());
    server.stop();
    for (std::thread& thread : threads) thread.join();
    CHECK(events.opened == 6);
    CHECK(events.destroyed == 6);
}

TEST_CASE("listener: a peer whose conversation ends with its first bytes was no stranger either") {
    class OneWordHandler final : public TestHandler {
    public:
        using TestHandler::TestHandler;
        Status onBytes(ByteView bytes) override {
            stranger = false;
            connection.write(base::copy(bytes));
            connection.closeAfterFlush();
            return {};
        }
    };
    Events events;
    ListenerLimits limits;
    limits.strangersBurst = 1;
    limits.strangersPerSecond = 0;
    limits.loopback = transport::Loopback::Counted;
    RunningListener server(making<OneWordHandler>(events), limits);
    for (int i = 0; i < 10; ++i) {
        TestDriver driver(toBytes("hello"), 5);
        Traffic traffic;
        CHECK(runConnection(server.endpoint(), driver, traffic));
        CHECK(driver.heard == toBytes("hello"));
    }
}

TEST_CASE("listener: a connection for which there is no handler is told that the server is busy") {
    RunningListener server([](Connection&) { return std::unique_ptr<ConnectionHandler>(); });
    TestDriver driver(toBytes("hello"), 6);
    Traffic traffic;
    CHECK_FALSE(runConnection(server.endpoint(), driver, traffic));
    CHECK(driver.heard == Bytes{4, 0, 0, 0, 0});
}

TEST_CASE("listener: posted functions run on its thread, and handlers may be reached from them") {
    Events events;
    Connection* known = nullptr;  // listener thread only
    RunningListener server([&](Connection& connection) {
        known = &connection;
        return std::make_unique<TestHandler>(connection, events);
    });
    class AskingDriver final : public TestDriver {
    public:
        explicit AskingDriver(std::function<void()> ask)
            : TestDriver({}, 3), m_ask(std::move(ask)) {}
        Status onOpen() override {
            m_ask();
            return {};
        }

    private:
        std::function<void()> m_ask;
    };
    // The connection is accepted before or after the function runs; it posts itself until it is
    // there.
    std::function<void()> answer = [&] {
        if (known) {
            known->write(toBytes("abc"));
        } else {
            server.listener().post(answer);
        }
    };
    AskingDriver driver([&] { server.listener().post(answer); });
    Traffic traffic;
    CHECK(runConnection(server.endpoint(), driver, traffic));
    CHECK(driver.heard == toBytes("abc"));
}

TEST_CASE("listener: stop ends run() with connections open, and says so to their handlers") {
    Events events;
    RunningListener server(making<EchoHandler>(events));
    TestDriver driver(toBytes("hello"), 6);
    std::thread client([&] {
        Traffic traffic;
        static_cast<void>(runConnection(server.endpoint(), driver, traffic));
    });
    while (events.opened == 0) std::this_thread::yield();
    server.stop();
    client.join();
    CHECK(events.closed == 1);
    CHECK(events.destroyed == 1);
}

TEST_CASE("listener: an address in use is an error that names it") {
    Events events;
    RunningListener server(making<EchoHandler>(events));
    auto second = Listener::create(server.endpoint(), making<EchoHandler>(events));
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::Io);
    CHECK(second.error().message.find(server.endpoint().text()) != std::string::npos);
}
