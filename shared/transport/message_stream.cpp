#include "transport/message_stream.h"

#include <cassert>

namespace transport {
namespace {

using base::Code;
using base::fail;
using base::limits::kControlPaddingBytes;

constexpr std::uint8_t kMoreFlag = 1;
constexpr std::uint8_t kEndFlag = 2;
constexpr std::size_t kHeaderBytes = FragmentRoom::kHeaderBytes;

std::size_t roundUp(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void packFragment(ByteView& message, Padding padding, End end, std::size_t plainBytesMax,
                  Bytes& plain) {
    assert(plainBytesMax >= kControlPaddingBytes && plainBytesMax <= FragmentRoom::kPlainBytesMax);
    if (padding == Padding::Control) plainBytesMax -= plainBytesMax % kControlPaddingBytes;
    ByteView content = message.first(std::min(message.size(), plainBytesMax - kHeaderBytes));
    message = message.subspan(content.size());

    std::uint8_t flags = 0;
    if (!message.empty()) {
        flags = kMoreFlag;
    } else if (end == End::Yes) {
        flags = kEndFlag;
    }
    plain.clear();
    base::Writer(plain).u8(flags).u16(static_cast<std::uint16_t>(content.size())).raw(content);
    if (padding == Padding::Control) plain.resize(roundUp(plain.size(), kControlPaddingBytes));
}

Result<std::optional<Bytes>> Reassembler::accept() {
    ByteView plain = ByteView(m_message).subspan(m_accepted);
    base::Reader reader(plain);
    std::uint8_t flags = reader.u8();
    std::size_t size = reader.u16();
    ByteView content = reader.raw(size);
    if (!reader.ok() || flags > kEndFlag) {
        return fail(Code::Malformed, "A message on the connection has an impossible layout.");
    }
    ByteView padding = plain.subspan(reader.position());
    if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; })) {
        return fail(Code::Malformed, "A message on the connection has padding that is not zero.");
    }
    bool bareEnd = content.empty() && flags == kEndFlag && !m_more;
    if (content.empty() && !bareEnd) {
        return fail(Code::Malformed, "A message on the connection is empty.");
    }
    if (m_accepted + size > m_messageBytesMax) {
        return fail(Code::Limit, "A message on the connection is longer than the " +
                                     std::to_string(m_messageBytesMax) + " bytes allowed here.");
    }

    auto start = m_message.begin() + static_cast<std::ptrdiff_t>(m_accepted);
    m_message.erase(start, start + kHeaderBytes);
    m_accepted += size;
    m_message.resize(m_accepted);
    m_more = flags == kMoreFlag;
    m_ended = flags == kEndFlag;
    if (m_more || bareEnd) return std::optional<Bytes>{};
    m_accepted = 0;
    return std::optional<Bytes>(std::exchange(m_message, {}));
}

Status FrameCipher::seal(ByteView plain, Bytes& out) {
    assert(plain.size() <= FragmentRoom::kPlainBytesMax);
    base::Writer(out).u16(static_cast<std::uint16_t>(plain.size() + crypto::kTagBytes));
    CHECK_OK(m_cipher.encrypt({}, plain, out));
    count();
    return {};
}

Status FrameCipher::open(ByteView message, Bytes& out) {
    CHECK_OK(m_cipher.decrypt({}, message, out));
    count();
    return {};
}

void FrameCipher::count() {
    if (++m_sinceRekey < base::limits::kRekeyMessages) return;
    m_cipher.rekey();
    m_sinceRekey = 0;
}

}  // namespace transport
