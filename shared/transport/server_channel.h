#pragma once
// The server's end of a channel, which also takes the requests that are answered in clear.

#include "transport/channel.h"

namespace transport {

struct ServerChannelParams {
    crypto::ExchangeKeyPair own;
    VersionRange versions{};
};

/// See channel.h. A client's message may have kStrangerBytesMax bytes until setMessageBytesMax() is
/// called.
class ServerChannel final : public Channel {
public:
    /// `random` must outlive the channel.
    ServerChannel(const ServerChannelParams& params, base::Random& random);

    /// Set when the client wants an answer in clear instead of a session: call answerClear(), write
    /// the output, close.
    const std::optional<ClearRequest>& clearRequest() const { return m_clearRequest; }
    /// Limit above kMessageBytesMax; Internal without an open request.
    Status answerClear(ByteView answer);
    /// Tells the client that there is no time for it now, as answer to a clear request or before
    /// message 1 was read; Internal later.
    Status refuseBusy();
    /// Nothing more is read: write the output and close.
    bool isClosing() const { return m_closing; }
    /// Input that the handshake has taken so far; at most kStrangerBytesMax.
    std::size_t strangerBytes() const { return m_strangerBytes; }

private:
    Status advance() override;
    Status sendEarly(ByteView message, Padding padding, End end) override;
    Status readPrologue();
    /// The next frame of the handshake within the stranger's allowance.
    Result<std::optional<ByteView>> peekHandshakeFrame() const;
    void take(std::size_t bytes);
    Status readMessage1(ByteView message);
    Status readMessage3(ByteView message);
    Status refuse(FirstFrame kind, ByteView payload, base::Error error);

    crypto::ExchangeKeyPair m_own;
    base::Random& m_random;
    Bytes m_prologue;  // as received, once complete
    std::optional<ClearRequest> m_clearRequest;
    std::optional<Handshake> m_handshake;  // from message 1 to message 3
    std::size_t m_strangerBytes = 0;
};

}  // namespace transport
