#pragma once
// The authenticated, encrypted connection between a device and the server, without I/O: bytes in,
// messages out, and the other way round. Both ends use Noise_XK_25519_ChaChaPoly_SHA256.
//
//   client  prologue (first_frame.h) ‖ u16 length ‖ Noise message 1 (empty payload)
//   server  first frame, kind 0: Noise message 2 (payload: u8 chosen version)
//   client  u16 length ‖ Noise message 3
//   both    u16 length ‖ Noise message, as often as they like
//
// The payload of message 3 and every later Noise message is one fragment (message_stream.h).
// Message 3 holds the first fragment of the client's first message, the hello, padded as Control.
// Instead of kind 0 the server may send a clear first frame and close: a refusal, or the answer to
// a clear request.
//
// Until message 3 has opened the server takes at most kStrangerBytesMax bytes; afterwards a message
// may have kStrangerBytesMax bytes until the owner, who looks the peer's key up, allows more. The
// order of calls is: feed() what came; nextMessage() until it has none; write takeOutput(); on end
// of file finish(). An error is final: it is returned again by every later call. What takeOutput()
// still has is to be sent before the connection is closed, because it may tell the other side why.
// One thread at a time; nothing is kept of the Random but in a server until message 1 was read.

#include "transport/first_frame.h"
#include "transport/message_stream.h"
#include "transport/noise.h"

namespace transport {

/// What both ends can do: client_channel.h and server_channel.h differ in the handshake only.
class Channel {
public:
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Takes received bytes and goes on with the handshake; messages are decrypted only in
    /// nextMessage(). Malformed, BadSignature, Limit, Unsupported, Refused.
    Status feed(ByteView in);
    /// The next complete message, if it is there. The server's first one is the client's hello.
    Result<std::optional<Bytes>> nextMessage();
    /// Encrypts a message. A client may do so before the handshake is over: it goes out right
    /// behind message 3. An empty message is allowed with End::Yes only and delivers nothing but
    /// the end. Limit above kMessageBytesMax; Internal after the end or before a server is open.
    Status send(ByteView message, Padding padding, End end = End::No);
    /// Bytes to write to the connection, in order.
    Bytes takeOutput() { return std::exchange(m_output, {}); }
    /// To be called when the connection ends, after nextMessage() had none left: Cut unless the
    /// other side has said END.
    Status finish();

    /// The handshake is over and the peer's key proven.
    bool isOpen() const { return m_receiver.has_value(); }
    /// This side has sent END.
    bool ended() const { return m_ended; }
    /// The other side has sent END: nothing more will come.
    bool peerEnded() const { return m_reassembler.ended(); }
    /// Only when open.
    const base::ExchangeKey& peerKey() const { return m_peerKey; }
    std::uint8_t version() const { return m_version; }
    /// Only when open: a hash of the whole handshake, the same at both ends and nowhere else
    /// (channel binding, Noise section 11.2).
    const base::Hash& binding() const { return m_binding; }
    /// For messages that are not complete yet and those to come.
    void setMessageBytesMax(std::size_t bytes) { m_reassembler.setMessageBytesMax(bytes); }
    /// Received, but not decrypted yet.
    std::size_t inputBytes() const { return m_input.size() - m_inputPos; }

protected:
    Channel(VersionRange versions, std::size_t messageBytesMax) : m_versions(versions) {
        m_reassembler.setMessageBytesMax(messageBytesMax);
    }

    /// As many steps of the handshake as input() allows.
    virtual Status advance() = 0;
    /// What send() does before the channel is open.
    virtual Status sendEarly(ByteView message, Padding padding, End end) = 0;

    ByteView input() const { return ByteView(m_input).subspan(m_inputPos); }
    void consume(std::size_t bytes) { m_inputPos += bytes; }
    /// The content of the frame u16 length ‖ content at the start of input(), once it is complete.
    Result<std::optional<ByteView>> peekFrame(std::size_t contentBytesMax) const;
    /// Takes the keys of a finished handshake.
    void open(const Handshake& handshake);
    Status sealMessage(ByteView message, Padding padding, End end);
    /// Takes the plaintext of message 3.
    Status acceptFirst(const Bytes& plain);

    VersionRange m_versions;
    std::uint8_t m_version = 0;
    Bytes m_output;
    bool m_closing = false;  // the conversation ended in clear

private:
    Result<std::optional<Bytes>> decryptNext();

    Bytes m_input;
    std::size_t m_inputPos = 0;
    Bytes m_plain;  // scratch
    std::optional<FrameCipher> m_sender;
    std::optional<FrameCipher> m_receiver;
    Reassembler m_reassembler;
    std::optional<Bytes> m_firstMessage;  // was complete within message 3
    base::ExchangeKey m_peerKey;
    base::Hash m_binding;
    bool m_ended = false;
    std::optional<base::Error> m_error;
};

}  // namespace transport
