#pragma once
// Secrets beside the fixed ones of crypto.h: of any length on the heap, and the one key that stays
// in memory for as long as a program runs.

#include <memory>
#include <string_view>
#include "crypto/crypto.h"

namespace crypto {

/// Bytes that are wiped when they go: a passphrase, a decrypted identity, the content of a key
/// file. One owner, never copied unasked.
class SecretBytes {
public:
    SecretBytes() = default;
    /// Takes over what somebody else has read or decrypted.
    explicit SecretBytes(Bytes&& bytes) noexcept : m_bytes(std::move(bytes)) {}
    static SecretBytes copyOf(ByteView bytes) { return SecretBytes(base::copy(bytes)); }
    /// To be filled through bytes(): beyond this room the vector would move, and leave a copy.
    static SecretBytes withRoom(std::size_t bytesMax);
    SecretBytes(SecretBytes&& other) noexcept { m_bytes.swap(other.m_bytes); }
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    ~SecretBytes() { clear(); }

    ByteView view() const { return m_bytes; }
    std::string_view text() const { return base::text(m_bytes); }
    std::size_t size() const { return m_bytes.size(); }
    bool empty() const { return m_bytes.empty(); }
    Bytes& bytes() { return m_bytes; }

private:
    void clear();
    Bytes m_bytes;
};

/// A key in memory of its own, which the system neither swaps out (as far as it lets this user lock
/// memory) nor puts into a dump; wiped when it goes. std::bad_alloc.
class LockedKey {
public:
    explicit LockedKey(const SecretKey& key);
    ByteView view() const { return {m_data.get(), 32}; }  // not of one that was moved from

private:
    struct Free {
        void operator()(std::uint8_t* data) const;
    };
    std::unique_ptr<std::uint8_t, Free> m_data;
};

}  // namespace crypto
