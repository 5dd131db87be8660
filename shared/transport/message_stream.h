#pragma once
// Application messages over Noise messages: fragmentation, padding, the authenticated end,
// rekeying. One writer and one reader make up one side of a channel; nothing here knows about
// sockets or handshakes.
//
// Each Noise message carries one fragment:
//
//   u8 flags ‖ u16 content length, little-endian ‖ content ‖ zero padding to the end
//
// Flags: bit 0, more fragments of this application message follow; bit 1, END: this side sends
// nothing after this message. Other bits are zero. END stands only on a last fragment. A fragment
// without content stands alone and carries END: it ends without delivering a message. Every other
// form is Malformed.

#include "base/limits.h"
#include "transport/symmetric_state.h"

namespace transport {

/// Control messages hide their length in multiples of kControlPaddingBytes; bulk ones are sent as
/// they are.
enum class Padding { None, Control };

/// Whether a message is the last one of its side.
enum class End { No, Yes };

/// What one fragment of a message takes, and the plaintext bytes it may take at most.
struct FragmentRoom {
    static constexpr std::size_t kHeaderBytes = 3;
    static constexpr std::size_t kPlainBytesMax =
        base::limits::kNoiseMessageBytesMax - crypto::kTagBytes;
};

/// Writes the plaintext of the next fragment of `message` over `plain` and removes from `message`
/// what went into it. `plainBytesMax` is at least kControlPaddingBytes.
void packFragment(ByteView& message, Padding padding, End end, std::size_t plainBytesMax,
                  Bytes& plain);

/// Puts fragments together. Memory is bounded by the limit on messages and one fragment.
class Reassembler {
public:
    /// Of one application message, at most.
    void setMessageBytesMax(std::size_t bytes) { m_messageBytesMax = bytes; }

    /// The buffer to which the caller appends the plaintext of one fragment, then calls `accept`:
    /// so bulk content is decrypted where it will be read.
    Bytes& buffer() { return m_message; }
    /// Takes what was appended since the last call. The message once its last fragment came;
    /// Malformed, Limit.
    Result<std::optional<Bytes>> accept();

    bool ended() const { return m_ended; }

private:
    Bytes m_message;             // content of the fragments so far
    std::size_t m_accepted = 0;  // its size after the last accept()
    std::size_t m_messageBytesMax = base::limits::kMessageBytesMax;
    bool m_more = false;
    bool m_ended = false;
};

/// One direction of a channel after the handshake: frames of u16 length ‖ Noise message, rekeyed
/// after every kRekeyMessages messages.
class FrameCipher {
public:
    explicit FrameCipher(CipherState cipher) : m_cipher(std::move(cipher)) {}

    /// Appends the frame to `out`.
    Status seal(ByteView plain, Bytes& out);
    /// Appends the plaintext of one Noise message to `out`.
    Status open(ByteView message, Bytes& out);

private:
    void count();

    CipherState m_cipher;
    std::uint64_t m_sinceRekey = 0;
};

}  // namespace transport
