#include "base/text.h"
#include <utf8proc.h>
#include <cstring>
#include <new>
#include <vector>

namespace base {
namespace {

/// Code points, wiped when they go: passphrases are brought into one form too. Through a pointer
/// that the compiler cannot see through, so that it does not leave the wiping out.
struct Points {
    std::vector<utf8proc_int32_t> at;
    ~Points() {
        static void* (*const volatile set)(void*, int, std::size_t) = std::memset;
        if (!at.empty()) set(at.data(), 0, at.size() * sizeof at.front());
    }
};

/// utf8proc_map in memory of our own.
Result<std::string> mapped(std::string_view text, int options) {
    const auto option = static_cast<utf8proc_option_t>(options);
    auto decompose = [&](Points& points) {
        return utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                  static_cast<utf8proc_ssize_t>(text.size()), points.at.data(),
                                  static_cast<utf8proc_ssize_t>(points.at.size()), option);
    };
    Points points;
    points.at.resize(text.size() + 1);  // most texts need less; one for the zero behind them
    utf8proc_ssize_t count = decompose(points);
    if (count >= static_cast<utf8proc_ssize_t>(points.at.size())) {
        points.at.assign(static_cast<std::size_t>(count) + 1, 0);
        count = decompose(points);
    }
    utf8proc_ssize_t size = count < 0 ? count : utf8proc_reencode(points.at.data(), count, option);
    if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (size < 0) return fail(Code::Malformed, "text that is not valid UTF-8");
    return std::string(reinterpret_cast<const char*>(points.at.data()),
                       static_cast<std::size_t>(size));
}

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Marks that reorder what is shown (U+202A-202E, U+2066-2069): they could disguise a text.
constexpr std::string_view kHidden[] = {"\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC",
                                        "\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA6",
                                        "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"};

bool isControl(char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

bool steersDisplay(std::int32_t c) {
    bool isC0 = c < 0x20 && c != '\n' && c != '\t';
    bool isC1 = c >= 0x7F && c < 0xA0;
    bool turns = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                 (c >= 0x2066 && c <= 0x2069);
    return isC0 || isC1 || turns;
}

}  // namespace

std::string forDisplay(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        utf8proc_int32_t point = 0;
        auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &point);
        std::size_t size = used > 0 ? static_cast<std::size_t>(used) : 1;
        if (used > 0 && !steersDisplay(point)) {
            out += text.substr(0, size);
        } else {
            out += "\uFFFD";
        }
        text.remove_prefix(size);
    }
    return out;
}

std::string sentence(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    bool ends = !text.empty() && (text.back() == '.' || text.back() == '?' || text.back() == '!');
    return ends ? text : text + ".";
}

bool isUtf8(std::string_view text) {
    auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used = utf8proc_iterate(at, left, &point);
        if (used <= 0) return false;
        at += used;
        left -= used;
    }
    return true;
}

Result<std::string> toNfc(std::string_view text) {
    TRY(std::string out, mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    std::erase_if(out, isControl);
    for (std::string_view hidden : kHidden) {
        for (std::size_t at = out.find(hidden); at != std::string::npos;
             at = out.find(hidden, at)) {
            out.erase(at, hidden.size());
        }
    }
    for (std::size_t at = out.find('\xC2'); at != std::string::npos;
         at = out.find('\xC2', at + 1)) {
        bool isC1 = at + 1 < out.size() && static_cast<unsigned char>(out[at + 1]) < 0xA0;
        if (isC1) out.erase(at--, 2);
    }
    return out;
}

std::string foldForSearch(std::string_view text) {
    auto lowered =
        mapped(text, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
    if (!lowered) return std::string(text);
    std::string out;
    out.reserve(lowered->size());
    const std::string& in = *lowered;
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (i + 1 < in.size() && in[i] == '\xC4' && in[i + 1] == '\x91') {  // đ
            out.push_back('d');
            ++i;
        } else if (isBlank(in[i])) {
            if (!out.empty() && out.back() != ' ') out.push_back(' ');
        } else {
            out.push_back(in[i]);
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace base
