#pragma once
// Bytes, identifiers of fixed width, and bounded reading and writing of little-endian layouts.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/result.h"

namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes copy(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

std::string toHex(ByteView bytes);
/// Malformed for odd lengths and other characters.
Result<Bytes> fromHex(std::string_view hex);

/// Crockford base32 without padding: digits and capitals, no I, L, O, U; reading forgives case, O,
/// I, L, spaces and hyphens.
std::string toBase32(ByteView bytes);
Result<Bytes> fromBase32(std::string_view text);

/// An identifier or hash of N bytes; the tag makes a DeviceId no ScopeId.
template <class Tag, std::size_t N>
struct Fixed {
    static constexpr std::size_t kSize = N;
    std::array<std::uint8_t, N> data{};

    auto operator<=>(const Fixed&) const = default;
    ByteView view() const { return data; }
    std::span<std::uint8_t, N> mutableView() { return data; }
    std::string hex() const { return toHex(data); }
    bool isZero() const { return *this == Fixed{}; }

    static Fixed from(
        ByteView bytes) {  // takes the first N bytes; the caller has checked the length
        Fixed value;
        std::memcpy(value.data.data(), bytes.data(), N);
        return value;
    }
};

template <class Id>
struct FixedHash {
    std::size_t operator()(const Id& id) const {
        std::size_t value;
        std::memcpy(&value, id.data.data(), sizeof value);
        return value;
    }
};

using Hash = Fixed<struct HashTag, 32>;
using ProvinceId = Fixed<struct ProvinceTag, 32>;  // P: hash of the genesis body
using DeviceId = Fixed<struct DeviceTag, 16>;
using ScopeId = Fixed<struct ScopeTag, 16>;
using IncarnationId = Fixed<struct IncarnationTag, 16>;
using ObjectId = Fixed<struct ObjectTag, 16>;
using InvitationNumber = Fixed<struct InvitationTag, 16>;
using PublicKey = Fixed<struct PublicKeyTag, 32>;      // Ed25519
using ExchangeKey = Fixed<struct ExchangeKeyTag, 32>;  // X25519
using Signature = Fixed<struct SignatureTag, 64>;

/// Appends little-endian integers, LEB128 and raw bytes.
class Writer {
public:
    explicit Writer(Bytes& out) : m_out(out) {}
    Writer& u8(std::uint8_t value);
    Writer& u16(std::uint16_t value);
    Writer& u32(std::uint32_t value);
    Writer& u64(std::uint64_t value);
    Writer& varint(std::uint64_t value);
    Writer& zigzag(std::int64_t value);
    Writer& raw(ByteView bytes);
    Writer& sized(ByteView bytes);  // varint length, then the bytes

private:
    Bytes& m_out;
};

/// Reads what Writer wrote. After the first failure every read yields zero and ok() stays false, so
/// that a decoder checks once at its end; views borrow from the input.
class Reader {
public:
    explicit Reader(ByteView in) : m_in(in) {}
    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    /// Shortest form only, so that one value has one encoding.
    std::uint64_t varint();
    std::int64_t zigzag();
    ByteView raw(std::size_t size);
    ByteView sized(std::size_t sizeMax);
    template <class Id>
    Id fixed() {
        ByteView bytes = raw(Id::kSize);
        return bytes.size() == Id::kSize ? Id::from(bytes) : Id{};
    }
    void failHere() { m_ok = false; }
    bool ok() const { return m_ok; }
    bool atEnd() const { return m_ok && m_pos == m_in.size(); }
    std::size_t position() const { return m_pos; }
    std::size_t remaining() const { return m_in.size() - m_pos; }

private:
    ByteView m_in;
    std::size_t m_pos = 0;
    bool m_ok = true;
};

}  // namespace base
