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

base::Error errorOfKey() {
    return {Code::Refused,
            "The server answers under a key that the province has not signed for: it is somebody "
            "else's server, or an attack. Nothing was sent; check the address, and tell the "
            "office."};
}

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
    /// The server could not open the first message: it has another key. Nobody vouches for that.
    bool hasAnotherKey() const { return m_channel->refusal() == transport::FirstFrame::Key; }

protected:
    virtual Status onMessage(ByteView message) = 0;
    virtual Status produce() = 0;
    ClientChannel& channel() { return *m_channel; }

private:
    Status explain(const base::Error& error) const {
        if (hasAnotherKey()) return tl::unexpected(errorOfKey());
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

Result<std::unique_ptr<ClientChannel>> channelTo(replica::Replica& replica, base::Random& random,
                                                 Bytes firstMessage) {
    transport::ClientChannelParams params{replica.serverKey(), replica.identity().exchangeKey, {}};
    return ClientChannel::create(params, random, std::move(firstMessage));
}

/// The changes of a clear answer; none if the server holds no province.
Result<std::vector<domain::Change>> askInClear(const transport::Endpoint& server,
                                               transport::ClearRequest request) {
    ClearDriver driver(request);
    transport::Traffic traffic;
    CHECK_OK(transport::runConnection(server, driver, traffic));
    if (!driver.answer())
        return fail(Code::Cut, "The connection ended before the server answered.");
    if (driver.answer()->empty()) return std::vector<domain::Change>();
    return wire::decodeBody(*driver.answer());
}

/// After the server has refused the key that this device knows: whether the province has signed for
/// another one since.
Result<bool> followServer(replica::Replica& replica) {
    const base::ExchangeKey before = replica.serverKey();
    domain::Authority authority = replica.authority();
    TRY(bool found, fetchAuthority(replica.identity().serverAddress, authority));
    if (!found) return false;
    std::vector<domain::Change> changes;
    for (std::uint32_t last = replica.authority().version(); last < authority.version();) {
        for (domain::Change& change : authority.changesAfter(last, last))
            changes.push_back(std::move(change));
    }
    if (auto learnt = replica.learnAuthority(changes); !learnt) {
        // What is said in clear may be anybody's; a disk that fails is this machine's.
        if (learnt.error().code != Code::Refused) return tl::unexpected(learnt.error());
        return false;
    }
    return replica.serverKey() != before;
}

/// Runs a conversation that `talk` makes anew for every try; again if the server's key has changed
/// by the province's word.
template <class Talk>
Status underServersKey(replica::Replica& replica, Talk talk) {
    constexpr int kTriesMax = 3;  // the server may change its keys meanwhile
    for (int i = 0; i < kTriesMax; ++i) {
        bool hasAnotherKey = false;
        Status ended = talk(hasAnotherKey);
        if (!hasAnotherKey) return ended;
        TRY(bool followed, followServer(replica));
        if (!followed) break;
    }
    return tl::unexpected(errorOfKey());
}

}  // namespace

void SyncReport::add(const SyncReport& other) {
    entries.entriesUp += other.entries.entriesUp;
    entries.entriesDown += other.entries.entriesDown;
    entries.entriesReturned += other.entries.entriesReturned;
    hadLost = other.hadLost;
    if (other.epoch) epoch = other.epoch;
    traffic.bytesUp += other.traffic.bytesUp;
    traffic.bytesDown += other.traffic.bytesDown;
    traffic.turns += other.traffic.turns;
}

namespace {

Status converse(replica::Replica& replica, session::ClientSession& session, SyncReport& report,
                const transport::Timeouts& timeouts, bool& hasAnotherKey) {
    TRY(transport::Endpoint server, transport::parseEndpoint(replica.identity().serverAddress));
    TRY(Bytes hello, session.start());
    TRY(auto channel, channelTo(replica, replica.random(), std::move(hello)));
    SessionDriver driver(std::move(channel), session);
    SyncReport one;
    Status ended = transport::runConnection(server, driver, one.traffic, timeouts);
    hasAnotherKey = driver.hasAnotherKey();
    one.entries = session.counts();
    one.hadLost = session.isReturning();
    if (session.hasFollowed()) one.epoch = replica.epoch();
    report.add(one);
    CHECK_OK(ended);
    if (driver.failure()) return tl::unexpected(*driver.failure());
    if (!session.isFinished())
        return fail(Code::Cut, "The connection ended before everything was exchanged.");
    return {};
}

Status oneSession(replica::Replica& replica, SyncReport& report,
                  const transport::Timeouts& timeouts) {
    using wire::RefusedReason;
    using Purpose = session::ClientSession::Purpose;
    std::optional<RefusedReason> refusal;
    auto talk = [&](Purpose purpose) {
        return underServersKey(replica, [&](bool& hasAnotherKey) {
            session::ClientSession session(replica, purpose);
            Status ended = converse(replica, session, report, timeouts, hasAnotherKey);
            refusal = session.refusal();
            return ended;
        });
    };
    Status ended = talk(Purpose::Sync);
    if (refusal == RefusedReason::Revoked) CHECK_OK(replica.setSetting(kRevoked, base::view("1")));
    if (refusal == RefusedReason::Unknown && replica.ownDevice() != nullptr) {
        // The server may have been put back to a time before this device was enrolled.
        Status returned = talk(Purpose::GiveBack);
        if (refusal != RefusedReason::Unknown) return returned;
        return fail(Code::Forked,
                    "The server does not know this device any more, although it had enrolled it: "
                    "it has lost its data, or is another one. Nothing is lost here: keep this "
                    "home as it is, and tell the office.");
    }
    CHECK_OK(ended);
    if (isRevoked(replica)) CHECK_OK(replica.setSetting(kRevoked, {}));
    return {};
}

}  // namespace

Status runSession(replica::Replica& replica, SyncReport& report, transport::Timeouts timeouts) {
    const base::IncarnationId before = replica.identity().incarnation;
    const std::uint32_t epochBefore = replica.epoch();
    Status ended = oneSession(replica, report, timeouts);
    const bool hasFollowed = ended && replica.epoch() != epochBefore && report.epoch;
    if (replica.identity().incarnation == before && !hasFollowed) return ended;
    return oneSession(replica, report, timeouts);
}

bool isRevoked(const replica::Replica& replica) {
    const domain::Device* own = replica.ownDevice();
    if (own != nullptr && own->revokedSince) return true;
    auto told = replica.setting(kRevoked);
    return told && *told && !(*told)->empty();
}

Status introduce(replica::Replica& replica, base::ByteView segment, base::Random& random,
                 const std::optional<base::Hash>& genesisMac) {
    TRY(transport::Endpoint server, transport::parseEndpoint(replica.identity().serverAddress));
    return underServersKey(replica, [&](bool& hasAnotherKey) -> Status {
        Bytes message = genesisMac ? session::introduction::found(*genesisMac, segment)
                                   : session::introduction::introduce(segment);
        TRY(auto channel, channelTo(replica, random, std::move(message)));
        IntroductionDriver driver(std::move(channel));
        transport::Traffic traffic;
        Status ended = transport::runConnection(server, driver, traffic);
        hasAnotherKey = driver.hasAnotherKey();
        CHECK_OK(ended);
        if (driver.failure()) return tl::unexpected(*driver.failure());
        if (!driver.answered())
            return fail(Code::Cut, "The connection ended before the server answered.");
        return {};
    });
}

Result<bool> fetchAuthority(const std::string& address, domain::Authority& authority) {
    TRY(transport::Endpoint server, transport::parseEndpoint(address));
    using transport::RequestKind;
    if (!authority.hasGenesis()) {
        TRY(auto changes, askInClear(server, {RequestKind::Genesis, 0}));
        if (changes.empty()) return false;
        for (const domain::Change& change : changes) authority.apply(change);
        if (!authority.hasGenesis()) return false;
    }
    for (std::uint32_t before = 0; before != authority.version();) {
        before = authority.version();
        TRY(auto changes, askInClear(server, {RequestKind::AuthorityChanges, before}));
        for (const domain::Change& change : changes) authority.apply(change);
    }
    return true;
}

}  // namespace syncing
