#include "net/peer.h"

#include "base/limits.h"

namespace net {
namespace {

using base::Code;
using base::limits::kDeviceWaitingBytesMax;
using base::limits::kInboxBytesMax;
using base::limits::kInboxBytesTotalMax;
using base::limits::kMessageBytesMax;
using transport::RequestKind;

}  // namespace

Peer::Peer(PeerContext& context, transport::Connection& connection, std::uint64_t number)
    : m_context(context),
      m_connection(connection),
      m_number(number),
      m_channel(context.channel, context.random) {
    m_context.peers[m_number] = this;
}

Peer::~Peer() {
    m_context.peers.erase(m_number);
}

void PeerContext::noteState() {
    const std::string& now = intake.closedBecause();
    if (now == closedBecause) return;
    closedBecause = now;
    if (now.empty()) {
        log(LogLevel::Info, "Takes new work again.");
    } else {
        log(LogLevel::Warning, "Takes no new work, and goes on serving what it has: " + now + ".");
    }
}

void Peer::log(LogLevel level, const std::string& sentence) const {
    m_context.log(level, m_connection.remoteAddress().text() + ": " + sentence);
}

void Peer::giveUp(const base::Error& error) {
    m_isDone = true;
    log(LogLevel::Warning, "Closed the connection (" + std::string(base::codeName(error.code)) +
                               "): " + error.message);
}

Status Peer::onBytes(ByteView bytes) {
    if (m_isDone) return {};
    m_hasSpoken = true;
    Status status = receive(bytes);
    if (!status) giveUp(status.error());
    sendChannelOutput();
    if (m_isDone) m_connection.closeAfterFlush();
    if (!m_context.intake.isIdle()) m_context.wakeCommit();
    m_context.noteState();
    return status;
}

Status Peer::receive(ByteView bytes) {
    CHECK_OK(m_channel.feed(bytes));
    if (m_channel.clearRequest()) return answerClear(*m_channel.clearRequest());
    if (!m_channel.isOpen()) return {};
    sendChannelOutput();
    CHECK_OK(deliver());
    return pump();
}

Status Peer::answerClear(const transport::ClearRequest& request) {
    m_isDone = true;
    const intake::Intake& intake = m_context.intake;
    auto answer = request.kind == RequestKind::Genesis ? intake.genesisAnswer()
                                                       : intake.authorityAnswer(request.argument);
    if (answer) return m_channel.answerClear(*answer);
    // A server without a province answers with nothing, which no body is.
    if (answer.error().code == Code::NotFound) return m_channel.answerClear({});
    log(LogLevel::Error, "Cannot answer a request in clear: " + answer.error().message);
    return m_channel.refuseBusy();
}

void Peer::recognise() {
    if (m_isKnown || !m_session || !m_session->isKnown()) return;
    m_isKnown = true;
    m_channel.setMessageBytesMax(kMessageBytesMax);
    hearOlderOnes();
    closeOldest();
}

/// What a device has sent before it was cut off may still lie in the socket. It counts, or the
/// device would send it all again.
void Peer::hearOlderOnes() {
    for (auto& [number, peer] : m_context.peers) {
        bool isOlder = number < m_number && peer->m_isKnown && !peer->m_isDone &&
                       peer->m_channel.peerKey() == m_channel.peerKey();
        if (isOlder) peer->m_connection.takeArrived();
    }
}

/// Whoever opens sessions without end loses the oldest of them.
void Peer::closeOldest() {
    std::vector<Peer*> sessions;  // by age
    for (auto& [number, peer] : m_context.peers) {
        bool isLive = peer->m_isKnown && !peer->m_isDone;
        if (isLive && peer->m_channel.peerKey() == m_channel.peerKey()) sessions.push_back(peer);
    }
    if (sessions.size() <= base::limits::kDeviceSessionsMax) return;
    Peer& oldest = *sessions.front();
    oldest.m_isDone = true;
    oldest.log(LogLevel::Warning, "Closed the oldest of too many sessions of one device.");
    oldest.m_connection.abort();
}

bool Peer::mayTake() const {
    const auto& device = m_session->device();
    return m_session->unsettledBytes() <= kInboxBytesMax &&
           m_context.intake.queuedBytes() <= kInboxBytesTotalMax &&
           (!device || m_context.intake.queuedBytes(*device) <= kDeviceWaitingBytesMax);
}

Status Peer::deliver() {
    if (!m_session) m_session.emplace(m_context.intake, m_number, m_channel.peerKey());
    recognise();
    while (mayTake()) {
        TRY(auto message, m_channel.nextMessage());
        if (!message) break;
        CHECK_OK(m_session->onMessage(*message));
    }
    bool isReading = mayTake();
    if (isReading != m_isReading) m_connection.setReading(isReading);
    m_isReading = isReading;
    return {};
}

Status Peer::pump() {
    std::size_t produced = 0;  // bounds the loop where the queue does not grow: after a close
    while (!m_session->isFinished() && produced <= base::limits::kOutputQueueBytes &&
           m_connection.queuedBytes() <= base::limits::kOutputQueueBytes) {
        TRY(auto out, m_session->produce());
        if (!out) break;
        produced += out->message.size();
        CHECK_OK(m_channel.send(
            out->message, out->control ? transport::Padding::Control : transport::Padding::None,
            out->last ? transport::End::Yes : transport::End::No));
        sendChannelOutput();
    }
    if (m_session->isFinished()) {
        m_isDone = true;
        m_connection.closeAfterFlush();
    }
    return {};
}

void Peer::sendChannelOutput() {
    m_connection.write(m_channel.takeOutput());
}

void Peer::settled(std::optional<wire::Refused> refused) {
    if (!m_session) return;
    if (refused && !m_isDone) log(LogLevel::Info, "Refused what the peer sent: " + refused->text);
    m_session->settled(std::move(refused));
}

void Peer::resume() {
    if (m_isDone || !m_session) return;
    Status status = deliver();
    if (status) status = pump();
    if (!status) {
        giveUp(status.error());
        sendChannelOutput();
        m_connection.closeAfterFlush();
    }
    m_connection.updateStranger();
}

void Peer::onDrained() {
    if (m_isDone || !m_session) return;
    Status status = pump();
    if (status) return;
    giveUp(status.error());
    sendChannelOutput();
    m_connection.closeAfterFlush();
}

void Peer::onClosed() {
    if (m_isDone || !m_hasSpoken || m_context.isStopping) return;
    m_isDone = true;
    log(LogLevel::Info, m_session ? "The connection ended before the session was complete."
                                  : "The connection ended before the handshake was complete.");
}

}  // namespace net
