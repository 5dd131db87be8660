#include "transport/channel.h"

#include <cassert>

namespace transport {

using base::Code;
using base::fail;
using base::limits::kMessageBytesMax;
using base::limits::kNoiseMessageBytesMax;

namespace {

constexpr std::size_t kFrameHeaderBytes = 2;

}  // namespace

Status Channel::feed(ByteView in) {
    if (m_error) return tl::unexpected<base::Error>(*m_error);
    if (in.empty()) return {};
    Status status;
    if (peerEnded() || m_closing) {
        status =
            fail(Code::Malformed, "The other side goes on sending after it said it would not.");
    } else {
        m_input.erase(m_input.begin(), m_input.begin() + static_cast<std::ptrdiff_t>(m_inputPos));
        m_inputPos = 0;
        m_input.insert(m_input.end(), in.begin(), in.end());
        if (!isOpen()) status = advance();
    }
    if (!status) m_error = status.error();
    return status;
}

Result<std::optional<Bytes>> Channel::nextMessage() {
    if (m_error) return tl::unexpected<base::Error>(*m_error);
    auto message = decryptNext();
    if (!message) m_error = message.error();
    return message;
}

Result<std::optional<Bytes>> Channel::decryptNext() {
    if (!isOpen()) return std::optional<Bytes>{};
    if (m_firstMessage) return std::exchange(m_firstMessage, {});
    while (true) {
        if (peerEnded()) {
            if (inputBytes() == 0) return std::optional<Bytes>{};
            return fail(Code::Malformed,
                        "The other side goes on sending after it said it would not.");
        }
        std::optional<ByteView> frame;
        TRY(frame, peekFrame(kNoiseMessageBytesMax));
        if (!frame) return std::optional<Bytes>{};
        CHECK_OK(m_receiver->open(*frame, m_reassembler.buffer()));
        consume(kFrameHeaderBytes + frame->size());
        std::optional<Bytes> message;
        TRY(message, m_reassembler.accept());
        if (message) return message;
    }
}

Result<std::optional<ByteView>> Channel::peekFrame(std::size_t contentBytesMax) const {
    base::Reader reader(input());
    std::size_t size = reader.u16();
    if (!reader.ok()) return std::optional<ByteView>{};
    if (size < crypto::kTagBytes) {
        return fail(Code::Malformed, "A message on the connection is too short.");
    }
    if (size > contentBytesMax) {
        return fail(Code::Limit, "A message on the connection is longer than allowed here.");
    }
    ByteView content = reader.raw(size);
    if (!reader.ok()) return std::optional<ByteView>{};
    return content;
}

Status Channel::send(ByteView message, Padding padding, End end) {
    if (m_error) return tl::unexpected<base::Error>(*m_error);
    if (m_ended) return fail(Code::Internal, "A message was to be sent after the end.");
    if (message.empty() && end == End::No) {
        return fail(Code::Internal, "An empty message was to be sent.");
    }
    if (message.size() > kMessageBytesMax) {
        return fail(Code::Limit, "A message of " + std::to_string(message.size()) +
                                     " bytes is too long to be sent.");
    }
    CHECK_OK(isOpen() ? sealMessage(message, padding, end) : sendEarly(message, padding, end));
    m_ended = end == End::Yes;
    return {};
}

Status Channel::sealMessage(ByteView message, Padding padding, End end) {
    constexpr std::size_t kFragmentOverhead =
        kFrameHeaderBytes + FragmentRoom::kHeaderBytes + crypto::kTagBytes;
    std::size_t fragments = message.size() / (FragmentRoom::kPlainBytesMax / 2) + 1;
    std::size_t wanted = m_output.size() + message.size() + fragments * kFragmentOverhead;
    if (wanted > m_output.capacity()) m_output.reserve(std::max(wanted, 2 * m_output.capacity()));
    do {
        packFragment(message, padding, end, FragmentRoom::kPlainBytesMax, m_plain);
        CHECK_OK(m_sender->seal(m_plain, m_output));
    } while (!message.empty());
    return {};
}

void Channel::open(const Handshake& handshake) {
    assert(handshake.isFinished());
    TransportKeys keys = handshake.split();
    m_sender.emplace(std::move(keys.send));
    m_receiver.emplace(std::move(keys.receive));
    m_peerKey = *handshake.peerStatic();
    m_binding = base::Hash::from(handshake.handshakeHash());
}

Status Channel::acceptFirst(const Bytes& plain) {
    m_reassembler.buffer() = plain;
    TRY(m_firstMessage, m_reassembler.accept());
    return {};
}

Status Channel::finish() {
    if (m_error) return tl::unexpected<base::Error>(*m_error);
    if (m_closing || (peerEnded() && inputBytes() == 0)) return {};
    return fail(Code::Cut, "The connection was cut before the other side had finished.");
}

}  // namespace transport
