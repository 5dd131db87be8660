#pragma once
// Handshakes of the Noise Protocol Framework, revision 34 (noiseprotocol.org), without I/O:
// messages in, messages out. The product speaks one suite, kProductSuite; the other patterns exist
// because the published vectors exercise the same code through them.

#include "transport/symmetric_state.h"

namespace transport {

inline constexpr std::string_view kProductSuite = "Noise_XK_25519_ChaChaPoly_SHA256";

enum class Role { Initiator, Responder };

/// What a handshake starts from; which keys must be there depends on the pattern.
struct HandshakeParams {
    /// Noise_<pattern>_25519_ChaChaPoly_<SHA256|BLAKE2b>; patterns N K X NK XK XX IK, with psk
    /// modifiers.
    std::string protocolName{kProductSuite};
    Role role = Role::Initiator;
    Bytes prologue;
    std::optional<crypto::ExchangeKeyPair> ownStatic;
    /// The other side's static key, where the pattern says that it is known beforehand.
    std::optional<base::ExchangeKey> peerStatic;
    /// One for each psk modifier, in the order of the protocol name.
    std::vector<crypto::SecretKey> presharedKeys;
};

/// The ciphers of a finished handshake, from the point of view of this side.
struct TransportKeys {
    CipherState send;
    CipherState receive;
};

/// One handshake. The messages alternate, beginning with the initiator's. After an error the
/// handshake is over: every later call fails too. Peer input is never trusted: sizes, tags and
/// all-zero shared secrets are checked. Used by one thread at a time.
class Handshake {
public:
    /// Usage for an unknown protocol name or keys that the pattern needs and does not get. The
    /// ephemeral key is drawn from `random` here; `random` is not kept.
    static Result<Handshake> create(const HandshakeParams& params, base::Random& random);

    /// Appends the next message, with `payload` in it, to `out`.
    Status writeMessage(ByteView payload, Bytes& out);
    /// Reads the next message and appends its payload to `payload`. BadSignature if it does not
    /// open, Malformed if it is too short, Limit if it is longer than 65,535 bytes.
    Status readMessage(ByteView message, Bytes& payload);

    bool isFinished() const { return !m_failed && m_next == m_messages.size(); }
    bool isOurTurn() const;
    /// Known from the start or once the message that carries it was read.
    const std::optional<base::ExchangeKey>& peerStatic() const { return m_peerStatic; }
    /// Binds both sides to the same transcript (section 11.2); final once finished.
    ByteView handshakeHash() const { return m_symmetric.handshakeHash(); }
    /// Only when finished. One-way patterns use the initiator's sending cipher only.
    TransportKeys split() const;

private:
    enum class Token : std::uint8_t { E, S, Ee, Es, Se, Ss, Psk };
    using Message = std::vector<Token>;
    struct Pattern;

    Handshake(SymmetricState symmetric, const HandshakeParams& params, base::Random& random);

    static Result<Pattern> parseName(std::string_view name);
    Status takeTurn(Role writer);
    Status write(const Message& tokens, ByteView payload, Bytes& out);
    Status read(const Message& tokens, ByteView message, Bytes& payload);
    Status readKey(Token token, ByteView& message);
    Status mix(Token token);
    void mixEphemeral(const base::ExchangeKey& key);

    SymmetricState m_symmetric;
    Role m_role;
    std::vector<Message> m_messages;
    std::size_t m_next = 0;
    std::optional<crypto::ExchangeKeyPair> m_ownStatic;
    crypto::ExchangeKeyPair m_ownEphemeral;
    std::optional<base::ExchangeKey> m_peerStatic;
    std::optional<base::ExchangeKey> m_peerEphemeral;
    std::vector<crypto::SecretKey> m_presharedKeys;
    std::size_t m_nextPresharedKey = 0;
    bool m_hasPresharedKeys;
    bool m_failed = false;
};

}  // namespace transport
