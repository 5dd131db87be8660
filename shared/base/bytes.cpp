#include "base/bytes.h"

namespace base {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kBase32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int hexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

int base32Digit(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    for (int i = 0; i < 32; ++i) {
        if (kBase32[i] == c) return i;
    }
    return -1;
}

template <class T>
void putLittle(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

template <class T>
T getLittle(ByteView bytes) {
    T value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
    }
    return value;
}

}  // namespace

std::string toHex(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (std::uint8_t b : bytes) {
        out.push_back(kHex[b >> 4]);
        out.push_back(kHex[b & 15]);
    }
    return out;
}

Result<Bytes> fromHex(std::string_view hex) {
    if (hex.size() % 2 != 0) return fail(Code::Malformed, "hexadecimal text of odd length");
    Bytes out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        int high = hexDigit(hex[i]);
        int low = hexDigit(hex[i + 1]);
        if (high < 0 || low < 0)
            return fail(Code::Malformed, "a character that is not hexadecimal");
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

std::string toBase32(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (std::uint8_t b : bytes) {
        buffer = buffer << 8 | b;
        bits += 8;
        while (bits >= 5) {
            out.push_back(kBase32[(buffer >> (bits - 5)) & 31]);
            bits -= 5;
        }
    }
    if (bits > 0) out.push_back(kBase32[(buffer << (5 - bits)) & 31]);
    return out;
}

Result<Bytes> fromBase32(std::string_view text) {
    Bytes out;
    out.reserve(text.size() * 5 / 8);  // codes are secrets: growing would leave copies
    std::uint32_t buffer = 0;
    int bits = 0;
    for (char c : text) {
        if (c == '-' || c == ' ' || c == '\r' || c == '\n' || c == '\t') continue;
        int digit = base32Digit(c);
        if (digit < 0) return fail(Code::Malformed, "a character that cannot occur in a code");
        buffer = (buffer << 5 | static_cast<std::uint32_t>(digit)) & 0xFFFFFU;
        bits += 5;
        if (bits >= 8) {
            out.push_back(static_cast<std::uint8_t>(buffer >> (bits - 8)));
            bits -= 8;
        }
    }
    if (bits >= 5 || (buffer & ((1U << bits) - 1)) != 0) {
        return fail(Code::Malformed, "a code that ends in the middle of a letter");
    }
    return out;
}

Writer& Writer::u8(std::uint8_t value) {
    m_out.push_back(value);
    return *this;
}
Writer& Writer::u16(std::uint16_t value) {
    putLittle(m_out, value);
    return *this;
}
Writer& Writer::u32(std::uint32_t value) {
    putLittle(m_out, value);
    return *this;
}
Writer& Writer::u64(std::uint64_t value) {
    putLittle(m_out, value);
    return *this;
}
Writer& Writer::varint(std::uint64_t value) {
    while (value >= 0x80) {
        m_out.push_back(static_cast<std::uint8_t>(value | 0x80));
        value >>= 7;
    }
    m_out.push_back(static_cast<std::uint8_t>(value));
    return *this;
}
Writer& Writer::zigzag(std::int64_t value) {
    return varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}
Writer& Writer::raw(ByteView bytes) {
    m_out.insert(m_out.end(), bytes.begin(), bytes.end());
    return *this;
}
Writer& Writer::sized(ByteView bytes) {
    return varint(bytes.size()).raw(bytes);
}

ByteView Reader::raw(std::size_t size) {
    if (!m_ok || size > remaining()) {
        m_ok = false;
        return {};
    }
    ByteView out = m_in.subspan(m_pos, size);
    m_pos += size;
    return out;
}
std::uint8_t Reader::u8() {
    return getLittle<std::uint8_t>(raw(1));
}
std::uint16_t Reader::u16() {
    return getLittle<std::uint16_t>(raw(2));
}
std::uint32_t Reader::u32() {
    return getLittle<std::uint32_t>(raw(4));
}
std::uint64_t Reader::u64() {
    return getLittle<std::uint64_t>(raw(8));
}

std::uint64_t Reader::varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        ByteView one = raw(1);
        if (one.empty()) return 0;
        std::uint64_t low = one[0] & 0x7F;
        if (shift == 63 && low > 1) break;
        value |= low << shift;
        if ((one[0] & 0x80) == 0) {
            if (one[0] == 0 && shift > 0) break;  // a longer form of a shorter number
            return value;
        }
    }
    m_ok = false;
    return 0;
}

std::int64_t Reader::zigzag() {
    std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

ByteView Reader::sized(std::size_t sizeMax) {
    std::uint64_t size = varint();
    if (size > sizeMax) {
        m_ok = false;
        return {};
    }
    return raw(static_cast<std::size_t>(size));
}

}  // namespace base
