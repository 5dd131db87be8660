#include "transport/client_channel.h"

#include <cassert>

namespace transport {
namespace {

using base::Code;
using base::fail;
using base::limits::kMessageBytesMax;
using base::limits::kStrangerBytesMax;

/// Noise sizes of XK: message 1 is e and a tag; message 3 adds the static key with its tag and one
/// more tag.
constexpr std::size_t kMessage1Bytes = base::ExchangeKey::kSize + crypto::kTagBytes;
constexpr std::size_t kMessage3Overhead = base::ExchangeKey::kSize + 2 * crypto::kTagBytes;

/// So that all that the server reads before it knows the client stays within kStrangerBytesMax.
constexpr std::size_t kMessage3PlainBytesMax =
    kStrangerBytesMax - Prologue::kBytes - 2 - kMessage1Bytes - 2 - kMessage3Overhead;

}  // namespace

Result<std::unique_ptr<ClientChannel>> ClientChannel::create(const ClientChannelParams& params,
                                                             base::Random& random,
                                                             Bytes firstMessage) {
    if (firstMessage.empty()) return fail(Code::Internal, "A connection needs a first message.");
    if (firstMessage.size() > kMessageBytesMax) {
        return fail(Code::Limit, "The first message of a connection is too long to be sent.");
    }
    Bytes prologue = Prologue{params.versions, {}}.toWire();
    HandshakeParams noise;
    noise.role = Role::Initiator;
    noise.prologue = prologue;
    noise.ownStatic = params.own;
    noise.peerStatic = params.serverKey;
    auto handshake = Handshake::create(noise, random);
    if (!handshake) return tl::unexpected<base::Error>(handshake.error());

    Bytes message1;
    CHECK_OK(handshake->writeMessage({}, message1));
    assert(message1.size() == kMessage1Bytes);
    std::unique_ptr<ClientChannel> channel(
        new ClientChannel(params, std::move(*handshake), std::move(firstMessage)));
    base::Writer(channel->m_output)
        .raw(prologue)
        .u16(static_cast<std::uint16_t>(message1.size()))
        .raw(message1);
    return channel;
}

ClientChannel::ClientChannel(const ClientChannelParams& params, Handshake handshake,
                             Bytes firstMessage)
    : Channel(params.versions, kMessageBytesMax),
      m_handshake(std::move(handshake)),
      m_hello(std::move(firstMessage)) {}

Status ClientChannel::sendEarly(ByteView message, Padding padding, End end) {
    m_waiting.push_back({base::copy(message), padding, end});
    return {};
}

Status ClientChannel::advance() {
    std::optional<FirstFrameHeader> header;
    TRY(header, readFirstFrameHeader(input()));
    if (!header) return {};
    if (header->kind == FirstFrame::ClearAnswer) {
        return fail(Code::Malformed, "The server answers something that was not asked for.");
    }
    if (input().size() < kFirstFrameHeaderBytes + header->size) return {};
    ByteView payload = input().subspan(kFirstFrameHeaderBytes, header->size);
    if (header->kind != FirstFrame::NoiseMessage2) {
        m_refusal = header->kind;
        return tl::unexpected<base::Error>(refusalError(header->kind, payload));
    }
    CHECK_OK(readMessage2(payload));
    consume(kFirstFrameHeaderBytes + header->size);
    return writeMessage3();
}

Status ClientChannel::readMessage2(ByteView message) {
    Bytes plain;
    Status status = m_handshake->readMessage(message, plain);
    if (!status && status.error().code == Code::BadSignature) {
        return fail(Code::BadSignature,
                    "The server does not prove that it holds the key known here: it may be another "
                    "server, or the connection is being tampered with.");
    }
    CHECK_OK(std::move(status));
    if (plain.size() != 1) return fail(Code::Malformed, "The server names no protocol version.");
    m_version = plain[0];
    if (m_version < m_versions.min || m_version > m_versions.max) {
        return fail(Code::Unsupported, "The server chose version " + std::to_string(m_version) +
                                           " of the protocol, which was not offered.");
    }
    return {};
}

/// Sends the hello, and behind it what send() was given meanwhile.
Status ClientChannel::writeMessage3() {
    ByteView rest = m_hello;
    Bytes plain;
    packFragment(rest, Padding::Control, End::No, kMessage3PlainBytesMax, plain);
    base::Writer(m_output).u16(static_cast<std::uint16_t>(plain.size() + kMessage3Overhead));
    CHECK_OK(m_handshake->writeMessage(plain, m_output));
    open(*m_handshake);
    m_handshake.reset();
    if (!rest.empty()) CHECK_OK(sealMessage(rest, Padding::Control, End::No));
    m_hello = {};
    for (const Waiting& waiting : std::exchange(m_waiting, {})) {
        CHECK_OK(sealMessage(waiting.message, waiting.padding, waiting.end));
    }
    return {};
}

}  // namespace transport
