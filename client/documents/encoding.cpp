#include "documents/encoding.h"
#include "base/text.h"

namespace documents {
namespace {

using base::Code;

void appendUtf8(std::string& out, char32_t point) {
    auto push = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
        push(point);
    } else if (point < 0x800) {
        push(0xC0 | point >> 6);
        push(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        push(0xE0 | point >> 12);
        push(0x80 | (point >> 6 & 0x3F));
        push(0x80 | (point & 0x3F));
    } else {
        push(0xF0 | point >> 18);
        push(0x80 | (point >> 12 & 0x3F));
        push(0x80 | (point >> 6 & 0x3F));
        push(0x80 | (point & 0x3F));
    }
}

base::Result<DecodedText> fromUtf16(base::ByteView bytes, bool bigEndian) {
    auto broken = [] {
        return base::fail(Code::Malformed,
                          "the file begins like UTF-16 but is damaged; save it again as CSV UTF-8");
    };
    if (bytes.size() % 2 != 0) return broken();
    auto unit = [&](std::size_t i) {
        char32_t first = bytes[i];
        char32_t second = bytes[i + 1];
        return bigEndian ? first << 8 | second : second << 8 | first;
    };
    DecodedText out;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        char32_t point = unit(i);
        if (point >= 0xDC00 && point < 0xE000) return broken();
        if (point >= 0xD800 && point < 0xDC00) {
            i += 2;
            char32_t low = i < bytes.size() ? unit(i) : 0;
            if (low < 0xDC00 || low >= 0xE000) return broken();
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        appendUtf8(out.text, point);
    }
    return out;
}

/// Code points of valid UTF-8; the caller has checked it.
template <class F>
void forEachPoint(std::string_view text, F f) {
    for (std::size_t i = 0; i < text.size();) {
        auto lead = static_cast<unsigned char>(text[i]);
        std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t point = size == 1 ? lead : lead & (0x7F >> size);
        for (std::size_t k = 1; k < size && i + k < text.size(); ++k) {
            point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
        }
        i += size;
        f(point);
    }
}

bool isOneOf(char32_t point, std::u32string_view set) {
    return set.find(point) != std::u32string_view::npos;
}

/// Latin-1 letters and signs that no Vietnamese text holds inside a word.
bool isForeign(char32_t point) {
    constexpr std::u32string_view kVietnamese = U"ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý";
    bool sign = (point >= 0xA8 && point <= 0xAE) || (point >= 0xB5 && point <= 0xBE);
    bool letter = point >= 0xC0 && point <= 0xFF && !isOneOf(point, kVietnamese);
    return sign || letter;
}

struct LegacyVotes {
    int words = 0;
    int foreignWords = 0;
    int vni = 0;
    int tcvn = 0;
    bool unicode = false;  // letters that legacy text cannot hold: đ, ă, ơ, ư and those from U+1EA0
};

LegacyVotes countVotes(std::string_view text) {
    LegacyVotes votes;
    bool hasLetter = false;
    int foreign = 0;
    auto endWord = [&] {
        votes.words += hasLetter || foreign > 0;
        votes.foreignWords += hasLetter && foreign > 0;
        hasLetter = false;
        foreign = 0;
    };
    forEachPoint(text, [&](char32_t point) {
        if (point <= ' ' || point == 0xA0) return endWord();
        if ((point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z')) hasLetter = true;
        votes.unicode = votes.unicode || point > 0xFF;
        if (!isForeign(point)) return;
        ++foreign;
        bool vni = isOneOf(point, U"äåëïöüñûÄÅËÏÖÜÑÛ");
        votes.vni += vni;
        votes.tcvn += !vni || point == 0xD6;  // Ö is ệ in TCVN3, the most frequent of all
    });
    endWord();
    return votes;
}

}  // namespace

base::Result<DecodedText> decodeText(base::ByteView bytes) {
    auto begins = [&](std::initializer_list<std::uint8_t> mark) {
        return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
    };
    if (begins({0xFF, 0xFE})) return fromUtf16(bytes.subspan(2), false);
    if (begins({0xFE, 0xFF})) return fromUtf16(bytes.subspan(2), true);
    if (begins({0xEF, 0xBB, 0xBF})) bytes = bytes.subspan(3);
    if (base::isUtf8(base::text(bytes))) return DecodedText{std::string(base::text(bytes)), true};
    DecodedText out{{}, false};
    for (std::uint8_t byte : bytes) appendUtf8(out.text, byte);
    return out;
}

std::optional<std::string_view> legacyEncodingOf(std::string_view text) {
    LegacyVotes votes = countVotes(text);
    // One odd word may be a foreign name; legacy Vietnamese shows in a quarter of its words and
    // more.
    if (votes.unicode || votes.foreignWords < 2 || votes.foreignWords * 4 < votes.words) return {};
    return votes.vni > votes.tcvn ? "VNI" : "TCVN3 (ABC)";
}

}  // namespace documents
