#include "transport/noise.h"

#include <cassert>
#include "base/limits.h"

namespace transport {
namespace {

using base::Code;
using base::ExchangeKey;
using base::fail;
using base::limits::kNoiseMessageBytesMax;

/// A pattern as section 7 of the specification prints it: which static keys are known beforehand,
/// and the tokens of each message.
struct PatternText {
    std::string_view name;
    bool initiatorKnown;
    bool responderKnown;
    std::array<std::string_view, 3> messages;
};

constexpr std::array<PatternText, 7> kPatterns{{
    {"N", false, true, {"e es", "", ""}},
    {"K", true, true, {"e es ss", "", ""}},
    {"X", false, true, {"e es s ss", "", ""}},
    {"NK", false, true, {"e es", "e ee", ""}},
    {"XK", false, true, {"e es", "e ee", "s se"}},
    {"XX", false, false, {"e", "e ee s es", "s se"}},
    {"IK", false, true, {"e es s ss", "e ee se", ""}},
}};

base::Error badName(std::string_view name) {
    return {Code::Usage, "Unknown Noise protocol \"" + std::string(name) + "\"."};
}

/// Removes and returns what stands before the next separator, or the rest.
std::string_view cut(std::string_view& text, char separator) {
    std::size_t at = text.find(separator);
    std::string_view head = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
    return head;
}

}  // namespace

struct Handshake::Pattern {
    NoiseHash hash = NoiseHash::Sha256;
    bool initiatorKnown = false;
    bool responderKnown = false;
    std::vector<Message> messages;
    std::size_t presharedKeys = 0;
    bool initiatorStatic = false;  // the initiator needs a static key pair
    bool responderStatic = false;
};

Result<Handshake::Pattern> Handshake::parseName(std::string_view name) {
    auto invalid = [&] { return tl::unexpected<base::Error>(badName(name)); };
    std::string_view rest = name;
    if (cut(rest, '_') != "Noise") return invalid();
    std::string_view patternName = cut(rest, '_');
    if (cut(rest, '_') != "25519" || cut(rest, '_') != "ChaChaPoly") return invalid();

    Pattern pattern;
    if (rest == "BLAKE2b") {
        pattern.hash = NoiseHash::Blake2b;
    } else if (rest != "SHA256") {
        return invalid();
    }

    std::size_t modifiers = std::min(patternName.find("psk"), patternName.size());
    const PatternText* text = nullptr;
    for (const PatternText& candidate : kPatterns) {
        if (candidate.name == patternName.substr(0, modifiers)) text = &candidate;
    }
    if (!text) return invalid();

    pattern.initiatorKnown = pattern.initiatorStatic = text->initiatorKnown;
    pattern.responderKnown = pattern.responderStatic = text->responderKnown;
    constexpr std::array<std::string_view, 6> kTokenNames{"e", "s", "ee", "es", "se", "ss"};
    for (std::size_t i = 0; i < text->messages.size() && !text->messages[i].empty(); ++i) {
        std::string_view words = text->messages[i];
        Message message;
        while (!words.empty()) {
            auto found = std::find(kTokenNames.begin(), kTokenNames.end(), cut(words, ' '));
            message.push_back(static_cast<Token>(found - kTokenNames.begin()));
            if (message.back() == Token::S) {
                (i % 2 == 0 ? pattern.initiatorStatic : pattern.responderStatic) = true;
            }
        }
        pattern.messages.push_back(std::move(message));
    }

    // psk0 opens the first message, pskN closes the N-th (section 9.4).
    std::string_view list = patternName.substr(modifiers);
    while (!list.empty()) {
        std::string_view modifier = cut(list, '+');
        if (modifier.size() != 4 || modifier.substr(0, 3) != "psk") return invalid();
        auto place = static_cast<std::size_t>(modifier[3] - '0');
        if (modifier[3] < '0' || place > pattern.messages.size()) return invalid();
        if (place == 0) {
            pattern.messages[0].insert(pattern.messages[0].begin(), Token::Psk);
        } else {
            pattern.messages[place - 1].push_back(Token::Psk);
        }
        ++pattern.presharedKeys;
    }
    return pattern;
}

Handshake::Handshake(SymmetricState symmetric, const HandshakeParams& params, base::Random& random)
    : m_symmetric(std::move(symmetric)),
      m_role(params.role),
      m_ownStatic(params.ownStatic),
      m_ownEphemeral(crypto::ExchangeKeyPair::generate(random)),
      m_presharedKeys(params.presharedKeys),
      m_hasPresharedKeys(!params.presharedKeys.empty()) {}

Result<Handshake> Handshake::create(const HandshakeParams& params, base::Random& random) {
    Pattern pattern;
    TRY(pattern, parseName(params.protocolName));
    bool initiator = params.role == Role::Initiator;
    bool needsOwn = initiator ? pattern.initiatorStatic : pattern.responderStatic;
    bool knowsPeer = initiator ? pattern.responderKnown : pattern.initiatorKnown;
    if (needsOwn && !params.ownStatic) {
        return fail(Code::Usage, params.protocolName + " needs the static key pair of this side.");
    }
    if (knowsPeer && !params.peerStatic) {
        return fail(Code::Usage, params.protocolName + " needs the static key of the other side.");
    }
    if (params.presharedKeys.size() != pattern.presharedKeys) {
        return fail(Code::Usage, params.protocolName + " needs another number of pre-shared keys.");
    }

    Handshake handshake(SymmetricState(params.protocolName, pattern.hash), params, random);
    handshake.m_messages = std::move(pattern.messages);
    handshake.m_symmetric.mixHash(params.prologue);
    if (knowsPeer) handshake.m_peerStatic = params.peerStatic;
    auto mixKnown = [&](Role owner) {
        const ExchangeKey& key =
            owner == params.role ? params.ownStatic->publicKey : *params.peerStatic;
        handshake.m_symmetric.mixHash(key.view());
    };
    if (pattern.initiatorKnown) mixKnown(Role::Initiator);
    if (pattern.responderKnown) mixKnown(Role::Responder);
    return handshake;
}

bool Handshake::isOurTurn() const {
    Role writer = m_next % 2 == 0 ? Role::Initiator : Role::Responder;
    return !m_failed && m_next < m_messages.size() && writer == m_role;
}

/// Checks that it is `writer`'s turn; the handshake counts as failed until the message went
/// through.
Status Handshake::takeTurn(Role writer) {
    Role expected = m_next % 2 == 0 ? Role::Initiator : Role::Responder;
    if (m_failed || m_next >= m_messages.size() || writer != expected) {
        m_failed = true;
        return fail(Code::Internal, "A handshake message was written or read out of turn.");
    }
    m_failed = true;
    return {};
}

Status Handshake::writeMessage(ByteView payload, Bytes& out) {
    CHECK_OK(takeTurn(m_role));
    std::size_t start = out.size();
    CHECK_OK(write(m_messages[m_next], payload, out));
    if (out.size() - start > kNoiseMessageBytesMax) {
        out.resize(start);
        return fail(Code::Limit, "A handshake message would be longer than 65535 bytes.");
    }
    ++m_next;
    m_failed = false;
    return {};
}

Status Handshake::readMessage(ByteView message, Bytes& payload) {
    CHECK_OK(takeTurn(m_role == Role::Initiator ? Role::Responder : Role::Initiator));
    if (message.size() > kNoiseMessageBytesMax) {
        return fail(Code::Limit, "A handshake message is longer than 65535 bytes.");
    }
    CHECK_OK(read(m_messages[m_next], message, payload));
    ++m_next;
    m_failed = false;
    return {};
}

Status Handshake::write(const Message& tokens, ByteView payload, Bytes& out) {
    for (Token token : tokens) {
        if (token == Token::E) {
            ByteView key = m_ownEphemeral.publicKey.view();
            out.insert(out.end(), key.begin(), key.end());
            mixEphemeral(m_ownEphemeral.publicKey);
        } else if (token == Token::S) {
            CHECK_OK(m_symmetric.encryptAndHash(m_ownStatic->publicKey.view(), out));
        } else {
            CHECK_OK(mix(token));
        }
    }
    return m_symmetric.encryptAndHash(payload, out);
}

Status Handshake::read(const Message& tokens, ByteView message, Bytes& payload) {
    for (Token token : tokens) {
        if (token == Token::E || token == Token::S) {
            CHECK_OK(readKey(token, message));
        } else {
            CHECK_OK(mix(token));
        }
    }
    if (m_symmetric.hasKey() && message.size() < crypto::kTagBytes) {
        return fail(Code::Malformed, "A handshake message is too short.");
    }
    return m_symmetric.decryptAndHash(message, payload);
}

Status Handshake::readKey(Token token, ByteView& message) {
    bool sealed = token == Token::S && m_symmetric.hasKey();
    std::size_t size = ExchangeKey::kSize + (sealed ? crypto::kTagBytes : 0);
    if (message.size() < size) return fail(Code::Malformed, "A handshake message is too short.");
    ByteView field = message.first(size);
    message = message.subspan(size);
    if (token == Token::E) {
        m_peerEphemeral = ExchangeKey::from(field);
        mixEphemeral(*m_peerEphemeral);
        return {};
    }
    Bytes key;
    CHECK_OK(m_symmetric.decryptAndHash(field, key));
    m_peerStatic = ExchangeKey::from(key);
    return {};
}

/// Section 9.2: in psk handshakes the ephemeral key also goes into the chaining key.
void Handshake::mixEphemeral(const ExchangeKey& key) {
    m_symmetric.mixHash(key.view());
    if (m_hasPresharedKeys) m_symmetric.mixKey(key.view());
}

/// One Diffie-Hellman token or a pre-shared key; in "es" and "se" the initiator's key is named
/// first.
Status Handshake::mix(Token token) {
    if (token == Token::Psk) {
        assert(m_nextPresharedKey < m_presharedKeys.size());
        m_symmetric.mixKeyAndHash(m_presharedKeys[m_nextPresharedKey++].view());
        return {};
    }
    bool initiator = m_role == Role::Initiator;
    bool ownIsStatic = token == Token::Ss || token == (initiator ? Token::Se : Token::Es);
    bool peerIsStatic = token == Token::Ss || token == (initiator ? Token::Es : Token::Se);
    const std::optional<ExchangeKey>& peer = peerIsStatic ? m_peerStatic : m_peerEphemeral;
    assert(peer && (!ownIsStatic || m_ownStatic));
    const crypto::SecretKey& own = ownIsStatic ? m_ownStatic->secret : m_ownEphemeral.secret;
    auto shared = crypto::exchange(own, *peer);
    if (!shared) return tl::unexpected<base::Error>(shared.error());
    m_symmetric.mixKey(shared->view());
    return {};
}

TransportKeys Handshake::split() const {
    assert(isFinished());
    auto keys = m_symmetric.split();
    if (m_role == Role::Initiator) return {CipherState(keys[0]), CipherState(keys[1])};
    return {CipherState(keys[1]), CipherState(keys[0])};
}

}  // namespace transport
