#include "transport/server_channel.h"

#include <cassert>

namespace transport {
namespace {

using base::Code;
using base::fail;
using base::limits::kMessageBytesMax;
using base::limits::kStrangerBytesMax;

constexpr std::size_t kFrameHeaderBytes = 2;
constexpr std::size_t kMessage1Bytes = base::ExchangeKey::kSize + crypto::kTagBytes;

}  // namespace

ServerChannel::ServerChannel(const ServerChannelParams& params, base::Random& random)
    : Channel(params.versions, kStrangerBytesMax), m_own(params.own), m_random(random) {}

Status ServerChannel::sendEarly(ByteView, Padding, End) {
    return fail(Code::Internal, "A message was to be sent before the client was known.");
}

void ServerChannel::take(std::size_t bytes) {
    consume(bytes);
    m_strangerBytes += bytes;
}

Status ServerChannel::advance() {
    if (m_prologue.empty()) CHECK_OK(readPrologue());
    while (!m_prologue.empty() && !m_closing && !isOpen()) {
        if (m_clearRequest) {
            if (input().empty()) return {};
            return fail(Code::Malformed, "Something follows a request that stands alone.");
        }
        std::optional<ByteView> frame;
        TRY(frame, peekHandshakeFrame());
        if (!frame) return {};
        CHECK_OK(m_handshake ? readMessage3(*frame) : readMessage1(*frame));
        take(kFrameHeaderBytes + frame->size());
    }
    return {};
}

Status ServerChannel::readPrologue() {
    if (!Prologue::mayBegin(input())) {
        return fail(Code::Malformed, "The connection does not begin like one of Thông Suốt's.");
    }
    if (input().size() < Prologue::kBytes) return {};
    Bytes received = base::copy(input().first(Prologue::kBytes));
    Prologue prologue;
    TRY(prologue, Prologue::fromWire(received));

    std::optional<std::uint8_t> common = commonVersion(prologue.versions, m_versions);
    if (!common) {
        std::array<std::uint8_t, 2> own{m_versions.min, m_versions.max};
        return refuse(FirstFrame::Version, own,
                      {Code::Unsupported,
                       "The client speaks no version of the protocol that this "
                       "server speaks: upgrade the older one."});
    }
    const ClearRequest& request = prologue.request;
    if (request.kind > RequestKind::Genesis ||
        (request.argument != 0 && request.kind != RequestKind::AuthorityChanges)) {
        return fail(Code::Malformed, "The client asks for something that does not exist.");
    }
    take(Prologue::kBytes);
    m_version = *common;
    m_prologue = std::move(received);
    if (request.kind != RequestKind::Session) m_clearRequest = request;
    return {};
}

Result<std::optional<ByteView>> ServerChannel::peekHandshakeFrame() const {
    std::size_t bytesMax =
        m_handshake ? kStrangerBytesMax - m_strangerBytes - kFrameHeaderBytes : kMessage1Bytes;
    return peekFrame(bytesMax);
}

Status ServerChannel::readMessage1(ByteView message) {
    HandshakeParams noise;
    noise.role = Role::Responder;
    noise.prologue = m_prologue;
    noise.ownStatic = m_own;
    auto handshake = Handshake::create(noise, m_random);
    if (!handshake) return tl::unexpected<base::Error>(handshake.error());
    Bytes payload;
    Status status = handshake->readMessage(message, payload);
    if (!status) {
        return refuse(FirstFrame::Key, {},
                      {Code::BadSignature,
                       "The client's first message is not for this server's "
                       "key, or was altered on the way."});
    }
    if (!payload.empty()) {
        return fail(Code::Malformed, "The client's first message carries something.");
    }
    Bytes message2;
    CHECK_OK(handshake->writeMessage(ByteView(&m_version, 1), message2));
    assert(message2.size() <= kNoiseMessage2BytesMax);
    writeFirstFrame(FirstFrame::NoiseMessage2, message2, m_output);
    m_handshake.emplace(std::move(*handshake));
    return {};
}

Status ServerChannel::readMessage3(ByteView message) {
    Bytes plain;
    CHECK_OK(m_handshake->readMessage(message, plain));
    open(*m_handshake);
    m_handshake.reset();
    Status status = acceptFirst(plain);
    crypto::wipe(plain);
    return status;
}

Status ServerChannel::refuse(FirstFrame kind, ByteView payload, base::Error error) {
    writeFirstFrame(kind, payload, m_output);
    m_closing = true;
    return tl::unexpected<base::Error>(std::move(error));
}

Status ServerChannel::answerClear(ByteView answer) {
    if (!m_clearRequest || m_closing) {
        return fail(Code::Internal, "A clear answer was to be sent that nobody asked for.");
    }
    if (answer.size() > kMessageBytesMax) {
        return fail(Code::Limit, "A clear answer of " + std::to_string(answer.size()) +
                                     " bytes is too long to be sent.");
    }
    writeFirstFrame(FirstFrame::ClearAnswer, answer, m_output);
    m_closing = true;
    return {};
}

Status ServerChannel::refuseBusy() {
    if (m_handshake || isOpen() || m_closing) {
        return fail(Code::Internal, "A client was to be refused that is being served already.");
    }
    writeFirstFrame(FirstFrame::Busy, {}, m_output);
    m_closing = true;
    return {};
}

}  // namespace transport
