#include "sync/sync.h"
#include "transport/clear_client.h"
#include "transport/client_channel.h"
#include "wire/body.h"

namespace syncing {
namespace {

using base::ByteView;
using base::Code;
using base::fail;
using transport::ClientChannel;

constexpr std::string_view kRevoked = "revoked";  // setting: the server said so

/// What all conversations over a channel share: bytes in, messages out.
class ChannelDriver : public transport::ConnectionDriver {
public:
    explicit ChannelDriver(std::unique_ptr<ClientChannel> channel)
        : m_channel(std::move(channel)) {}

    Status onOpen() override { return {}; }
    Status onBytes(ByteView bytes) override {
        if (auto fed = m_channel->feed(bytes); !fed) return explain(fed.error());
        while (true) {
            auto message = m_channel->nextMessage();
            if (!message) return explain(message.error());
            if (!*message) return {};
            if (!(*message)->empty()) CHECK_OK(onMessage(**message));
        }
    }
    Bytes takeOutput() override {
        if (m_channel->isOpen() && !m_failed) {
            Status produced = produce();
            if (!produced) m_failed = produced.error();
        }
        return m_channel->takeOutput();
    }
    bool isDone() const override { return m_failed.has_value() || m_channel->peerEnded(); }
    Status onEof() override {
        if (auto finished = m_channel->finish(); !finished) return explain(finished.error());
        return {};
    }
    const std::optional<base::Error>& failure() const { return m_failed; }

protected:
    virtual Status onMessage(ByteView message) = 0;
    virtual Status produce() = 0;
    ClientChannel& channel() { return *m_channel; }

private:
    Status explain(const base::Error& error) const {
        if (m_channel->refusal() == transport::FirstFrame::Key) {
            return fail(Code::Refused,
                        "The server answers under another key than this device was told. It is not "
                        "the server of the invitation, or its key was changed.");
        }
        // Whoever is on the line can do this, and it proves nothing about the server.
        if (error.code == Code::BadSignature || error.code == Code::Malformed) {
            return fail(Code::Cut,
                        "What came from the server was changed on the way, or another machine "
                        "answered in its place. Nothing of it was taken.");
        }
        return tl::unexpected(error);
    }

    std::unique_ptr<ClientChannel> m_channel;
    std::optional<base::Error> m_failed;
};

class SessionDriver final : public ChannelDriver {
public:
    SessionDriver(std::unique_ptr<ClientChannel> channel, session::ClientSession& session)
        : ChannelDriver(std::move(channel)), m_session(session) {}

private:
    Status onMessage(ByteView message) override { return m_session.onMessage(message); }
    Status produce() override {
        TRY(auto outgoing, m_session.produce());
        if (!outgoing) return {};
        return channel().send(
            outgoing->message,
            outgoing->control ? transport::Padding::Control : transport::Padding::None,
            outgoing->last ? transport::End::Yes : transport::End::No);
    }
    session::ClientSession& m_session;
};

class IntroductionDriver final : public ChannelDriver {
public:
    using ChannelDriver::ChannelDriver;
    bool isDone() const override { return m_answered || ChannelDriver::isDone(); }
    bool answered() const { return m_answered; }

private:
    Status onMessage(ByteView message) override {
        m_answered = true;
        return session::introduction::onAnswer(message);
    }
    Status produce() override { return {}; }
    bool m_answered = false;
};

class ClearDriver final : public transport::ConnectionDriver {
public:
    explicit ClearDriver(transport::ClearRequest request) : m_client(request) {}
    Status onOpen() override { return {}; }
    Status onBytes(ByteView bytes) override { return m_client.feed(bytes); }
    Bytes takeOutput() override { return m_client.takeOutput(); }
    bool isDone() const override { return m_client.answer().has_value(); }
    Status onEof() override { return m_client.finish(); }
    const std::optional<Bytes>& answer() const { return m_client.answer(); }

private:
    transport::ClearClient m_client;
};

Result<std::unique_ptr<ClientChannel>> channelTo(const replica::Identity& identity,
                                                 base::Random& random, Bytes firstMessage) {
    transport::ClientChannelParams params{identity.serverKey, identity.exchangeKey, {}};
    return ClientChannel::create(params, random, std::move(firstMessage));
}

}  // namespace

void SyncReport::add(const SyncReport& other) {
    entries.entriesUp += other.entries.entriesUp;
    entries.entriesDown += other.entries.entriesDown;
    traffic.bytesUp += other.traffic.bytesUp;
    traffic.bytesDown += other.traffic.bytesDown;
    traffic.turns += other.traffic.turns;
}

namespace {

Status oneSession(replica::Replica& replica, SyncReport& report, transport::Timeouts timeouts) {
    TRY(transport::Endpoint server, transport::parseEndpoint(replica.identity().serverAddress));
    session::ClientSession session(replica);
    TRY(Bytes hello, session.start());
    TRY(auto channel, channelTo(replica.identity(), replica.random(), std::move(hello)));
    SessionDriver driver(std::move(channel), session);
    SyncReport one;
    Status ended = transport::runConnection(server, driver, one.traffic, timeouts);
    one.entries = session.counts();
    report.add(one);
    using wire::RefusedReason;
    if (session.refusal() == RefusedReason::Revoked)
        CHECK_OK(replica.setSetting(kRevoked, base::view("1")));
    if (session.refusal() == RefusedReason::Unknown && replica.ownDevice() != nullptr) {
        return fail(Code::Forked,
                    "The server does not know this device any more, although it had enrolled it: "
                    "it has lost its data, or is another one. Nothing is lost here: keep this "
                    "home as it is, and tell the office.");
    }
    CHECK_OK(ended);
    if (driver.failure()) return tl::unexpected(*driver.failure());
    if (!session.isFinished())
        return fail(Code::Cut, "The connection ended before everything was exchanged.");
    if (isRevoked(replica)) CHECK_OK(replica.setSetting(kRevoked, {}));
    return {};
}

}  // namespace

Status runSession(replica::Replica& replica, SyncReport& report, transport::Timeouts timeouts) {
    const base::IncarnationId before = replica.identity().incarnation;
    Status ended = oneSession(replica, report, timeouts);
    if (replica.identity().incarnation == before) return ended;
    return oneSession(replica, report, timeouts);
}

bool isRevoked(const replica::Replica& replica) {
    const domain::Device* own = replica.ownDevice();
    if (own != nullptr && own->revokedSince) return true;
    auto told = replica.setting(kRevoked);
    return told && *told && !(*told)->empty();
}

Status introduce(const replica::Replica& replica, base::ByteView segment, base::Random& random,
                 const std::optional<base::Hash>& genesisMac) {
    TRY(transport::Endpoint server, transport::parseEndpoint(replica.identity().serverAddress));
    Bytes message = genesisMac ? session::introduction::found(*genesisMac, segment)
                               : session::introduction::introduce(segment);
    TRY(auto channel, channelTo(replica.identity(), random, std::move(message)));
    IntroductionDriver driver(std::move(channel));
    transport::Traffic traffic;
    CHECK_OK(transport::runConnection(server, driver, traffic));
    if (driver.failure()) return tl::unexpected(*driver.failure());
    if (!driver.answered())
        return fail(Code::Cut, "The connection ended before the server answered.");
    return {};
}

Result<std::vector<domain::Change>> fetchGenesis(const std::string& address) {
    TRY(transport::Endpoint server, transport::parseEndpoint(address));
    ClearDriver driver({transport::RequestKind::Genesis, 0});
    transport::Traffic traffic;
    CHECK_OK(transport::runConnection(server, driver, traffic));
    if (!driver.answer())
        return fail(Code::Cut, "The connection ended before the server answered.");
    return wire::decodeBody(*driver.answer());
}

}  // namespace syncing
