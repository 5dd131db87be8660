// The server over loopback sockets and a store in memory, with a device made by hand.

#include "net/server.h"

#include <asio.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "office.h"
#include "store/memory_store.h"

using namespace net_test;
using base::Code;
using base::Status;

namespace {

/// While it is held, whoever asks for the time waits: so a test can stop the server in its work.
class HeldClock final : public base::Clock {
public:
    base::TimeMs nowMs() const override {
        std::unique_lock lock(m_mutex);
        m_isAsked = m_isHeld;
        m_changed.notify_all();
        m_changed.wait(lock, [this] { return !m_isHeld; });
        return 1'750'000'000'000;
    }
    std::int64_t monotonicMs() const override { return 0; }
    void hold(bool isHeld) {
        std::lock_guard lock(m_mutex);
        m_isHeld = isHeld;
        m_changed.notify_all();
    }
    void waitUntilAsked() const {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_isAsked; });
    }

private:
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_changed;
    mutable bool m_isAsked = false;
    bool m_isHeld = false;
};

class Fixture {
public:
    Fixture()
        : headKey(crypto::SigningKey::generate(random)),
          noiseKey(crypto::ExchangeKeyPair::generate(random)) {
        domain::BootstrapToken token;
        token.noiseKey = noiseKey.publicKey;
        token.headKey = headKey.publicKey;
        token.secret = crypto::Secret<16>::random(random);
        auto opened = reg::Register::open(store, clock, headKey);
        REQUIRE(opened);
        reg = std::move(*opened);
        intake = std::make_unique<intake::Intake>(
            *reg, clock, intake::Identity{noiseKey.publicKey, headKey.publicKey, token});
        office = std::make_unique<Office>(random, token);
        auto created = net::Server::create(
            {"127.0.0.1", 0},
            {*intake, transport::ServerChannelParams{noiseKey}, random,
             [this](net::LogLevel, const std::string& line) { lines.push_back(line); }});
        REQUIRE(created);
        server = std::move(*created);
        thread = std::thread([this] { status = server->run(); });
    }
    ~Fixture() { stop(); }

    void stop() {
        server->stop();
        if (thread.joinable()) thread.join();
    }
    Status connect(TestClient& client) {
        transport::Traffic traffic;
        return transport::runConnection(server->boundEndpoint(), client, traffic);
    }
    TestClient clientOf(const std::vector<Bytes>& messages) {
        return {noiseKey.publicKey, office->exchange, clientRandom, messages};
    }
    void found() {
        TestClient client = clientOf({office->found()});
        REQUIRE(connect(client));
        REQUIRE(client.replies.size() == 1);
        REQUIRE(std::holds_alternative<wire::Introduced>(client.replies[0].message));
    }

    HeldClock clock;
    crypto::SystemRandom random;
    crypto::SystemRandom clientRandom;
    crypto::SigningKey headKey;
    crypto::ExchangeKeyPair noiseKey;
    store::MemoryStore store;
    std::unique_ptr<reg::Register> reg;
    std::unique_ptr<intake::Intake> intake;
    std::unique_ptr<Office> office;
    std::vector<std::string> lines;  // read after stop()
    std::unique_ptr<net::Server> server;
    std::thread thread;
    Status status;
};

bool ended(const TestClient& client) {
    return !client.replies.empty() &&
           std::holds_alternative<wire::Finished>(client.replies.back().message);
}

}  // namespace

TEST_CASE("server: a founded province takes what is pushed and sends it back under a head") {
    Fixture f;
    f.found();
    TestClient client = f.clientOf(f.office->push(f.office->rules(20, 1), 20));
    REQUIRE(f.connect(client));
    REQUIRE(ended(client));
    f.stop();
    CHECK(f.status);
    CHECK(f.reg->entries() == 21);
    CHECK(f.lines.empty());
    std::uint64_t size = 0;
    for (const auto& reply : client.replies) {
        auto* batch = std::get_if<wire::Batch>(&reply.message);
        if (batch == nullptr) continue;
        CHECK(batch->first == size);
        auto head = ledger::Head::decode(batch->head);
        REQUIRE(head);
        CHECK(head->verify(f.headKey.publicKey));
        size = head->size;
    }
    CHECK(size == 21);
}

TEST_CASE("server: more than the inbox of one session holds is read bit by bit and settled") {
    Fixture f;
    f.found();
    constexpr std::size_t kCount = 600;
    std::vector<Bytes> segments = f.office->rules(kCount, 300);
    std::size_t bytes = 0;
    for (const Bytes& segment : segments) bytes += segment.size();
    REQUIRE(bytes > 2 * base::limits::kInboxBytesMax);
    TestClient client = f.clientOf(f.office->push(segments, kCount));
    REQUIRE(f.connect(client));
    CHECK(ended(client));
    f.stop();
    CHECK(f.reg->entries() == kCount + 1);
}

TEST_CASE("server: what lies in the socket of a device's dead connection counts when it is back") {
    Fixture f;
    f.found();
    constexpr std::size_t kCount = 100;  // some 2 MB: more than the server reads at once
    std::vector<Bytes> messages = f.office->push(f.office->rules(kCount, 300), kCount);
    auto channel = transport::ClientChannel::create({f.noiseKey.publicKey, f.office->exchange},
                                                    f.clientRandom, messages.front());
    REQUIRE(channel);
    asio::io_context context;
    asio::ip::tcp::socket line(context);
    line.connect({asio::ip::address_v4::loopback(), f.server->boundEndpoint().port});
    asio::write(line, asio::buffer((*channel)->takeOutput()));
    while (!(*channel)->isOpen()) {
        Bytes buffer(4096);
        buffer.resize(line.read_some(asio::buffer(buffer)));
        REQUIRE((*channel)->feed(buffer));
    }
    f.clock.hold(true);
    for (std::size_t i = 1; i < messages.size(); ++i) {
        REQUIRE((*channel)->send(messages[i], transport::Padding::None));
        asio::write(line, asio::buffer((*channel)->takeOutput()));
        if (i == 1) f.clock.waitUntilAsked();  // the server is at the first push, and reads no more
    }
    line.shutdown(asio::ip::tcp::socket::shutdown_send);

    class ReturningClient final : public TestClient {
    public:
        ReturningClient(Fixture& fixture, const std::vector<Bytes>& hello)
            : TestClient(fixture.noiseKey.publicKey, fixture.office->exchange, fixture.clientRandom,
                         hello),
              m_fixture(fixture) {}
        Status onOpen() override {
            m_fixture.clock.hold(false);
            return {};
        }

    private:
        Fixture& m_fixture;
    };
    ReturningClient again(f, f.office->push({}, 0));
    REQUIRE(f.connect(again));
    REQUIRE(!again.replies.empty());
    auto* answer = std::get_if<wire::Answer>(&again.replies.front().message);
    REQUIRE(answer != nullptr);
    REQUIRE(answer->ledgers.size() == 1);
    f.stop();
    CHECK(answer->ledgers[0].nextSeq == kCount + 1);  // genesis is the first
}

TEST_CASE("server: many devices at once are served by one intake") {
    Fixture f;
    f.found();
    std::vector<Bytes> messages = f.office->push(f.office->rules(40, 5), 40);
    std::atomic<int> finished{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {  // the same device from eight places: duplicates settle too
        threads.emplace_back([&] {
            crypto::SystemRandom random;
            TestClient client(f.noiseKey.publicKey, f.office->exchange, random, messages);
            if (f.connect(client) && ended(client)) ++finished;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(finished == 8);
    f.stop();
    CHECK(f.reg->entries() == 41);
}

TEST_CASE("server: a stranger's long message is cut off, its short one is answered") {
    Fixture f;
    f.found();
    crypto::ExchangeKeyPair stranger = crypto::ExchangeKeyPair::generate(f.clientRandom);
    std::vector<Bytes> hello = f.office->push({}, 0);
    TestClient polite(f.noiseKey.publicKey, stranger, f.clientRandom, hello);
    REQUIRE(f.connect(polite));
    REQUIRE(polite.replies.size() == 1);
    auto* refused = std::get_if<wire::Refused>(&polite.replies[0].message);
    REQUIRE(refused != nullptr);
    CHECK(refused->reason == wire::RefusedReason::Unknown);

    TestClient rude(f.noiseKey.publicKey, stranger, f.clientRandom, {Bytes(100'000, 1)});
    Status status = f.connect(rude);
    CHECK_FALSE(status);
    f.stop();
    REQUIRE(f.lines.size() == 1);
    CHECK(f.lines[0].find("limit") != std::string::npos);
}

TEST_CASE("server: a commit that fails pauses the server, says so once, and does not end it") {
    Fixture f;
    f.found();
    const std::vector<Bytes> messages = f.office->push(f.office->rules(1, 1), 1);
    f.store.failNextCommit(store::FailedCommit::Lost);
    for (int i = 0; i < 3; ++i) {
        TestClient client = f.clientOf(messages);
        REQUIRE(f.connect(client));
        REQUIRE(!client.replies.empty());
        auto* refused = std::get_if<wire::Refused>(&client.replies.back().message);
        REQUIRE(refused != nullptr);
        CHECK(refused->reason == wire::RefusedReason::Paused);
        bool hasDownloaded = false;  // genesis, while nothing new is taken
        for (const auto& reply : client.replies)
            hasDownloaded = hasDownloaded || std::holds_alternative<wire::Batch>(reply.message);
        CHECK(hasDownloaded);
    }
    f.stop();
    CHECK(f.status);
    CHECK(f.reg->entries() == 1);
    auto says = [](const std::string& line) { return line.starts_with("Takes no new work"); };
    CHECK(std::count_if(f.lines.begin(), f.lines.end(), says) == 1);
}

TEST_CASE("server: of a device that opens sessions without end the oldest is closed") {
    Fixture f;
    f.found();
    const std::vector<Bytes> messages = f.office->push({}, 1);  // announces work, and sends none
    asio::io_context context;
    std::vector<std::unique_ptr<asio::ip::tcp::socket>> lines;
    std::vector<std::unique_ptr<transport::ClientChannel>> channels;
    for (std::size_t i = 0; i <= base::limits::kDeviceSessionsMax; ++i) {
        auto channel = transport::ClientChannel::create({f.noiseKey.publicKey, f.office->exchange},
                                                        f.clientRandom, messages.front());
        REQUIRE(channel);
        auto& line = *lines.emplace_back(std::make_unique<asio::ip::tcp::socket>(context));
        line.connect({asio::ip::address_v4::loopback(), f.server->boundEndpoint().port});
        bool hasAnswer = false;
        asio::write(line, asio::buffer((*channel)->takeOutput()));
        while (!hasAnswer) {
            Bytes buffer(4096);
            buffer.resize(line.read_some(asio::buffer(buffer)));
            REQUIRE((*channel)->feed(buffer));
            asio::write(line, asio::buffer((*channel)->takeOutput()));
            auto message = (*channel)->nextMessage();
            REQUIRE(message);
            hasAnswer = message->has_value();
        }
        channels.push_back(std::move(*channel));
    }
    asio::error_code error;
    Bytes rest(65536);
    while (!error) lines.front()->read_some(asio::buffer(rest), error);  // it ends
    CHECK(error);
    lines.back()->non_blocking(true);
    do {
        error.clear();
        lines.back()->read_some(asio::buffer(rest), error);
    } while (!error);
    CHECK(error == asio::error::would_block);
    f.stop();
    CHECK(f.status);
}
