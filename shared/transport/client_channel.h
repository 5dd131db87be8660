#pragma once
// The device's end of a channel: opens it to the server whose key is known, with the hello in
// message 3.

#include <memory>
#include "transport/channel.h"

namespace transport {

struct ClientChannelParams {
    base::ExchangeKey serverKey;
    crypto::ExchangeKeyPair own;
    VersionRange versions{};
};

/// See channel.h. takeOutput() has the first bytes right after create().
class ClientChannel final : public Channel {
public:
    /// `firstMessage` is the hello, 1 to kMessageBytesMax bytes; it leaves with message 3.
    /// BadSignature if the server's key is no usable key; Usage or Limit for the size.
    static Result<std::unique_ptr<ClientChannel>> create(const ClientChannelParams& params,
                                                         base::Random& random, Bytes firstMessage);

    /// Why the server refused in clear, if it did: Key, Version or Busy. Anyone on the way can
    /// forge it.
    const std::optional<FirstFrame>& refusal() const { return m_refusal; }

private:
    struct Waiting {
        Bytes message;
        Padding padding;
        End end;
    };

    ClientChannel(const ClientChannelParams& params, Handshake handshake, Bytes firstMessage);
    Status advance() override;
    Status sendEarly(ByteView message, Padding padding, End end) override;
    Status readMessage2(ByteView message);
    Status writeMessage3();

    std::optional<Handshake> m_handshake;  // until it is finished
    Bytes m_hello;
    std::vector<Waiting> m_waiting;
    std::optional<FirstFrame> m_refusal;
};

}  // namespace transport
