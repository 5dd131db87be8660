#include "transport/endpoint.h"

#include <charconv>
#include "base/limits.h"
#include "base/text.h"

namespace transport {
namespace {

using base::Code;

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035, section 2.3.4

tl::unexpected<base::Error> invalid(std::string_view text, std::string_view why) {
    std::string message = "The server address \"";
    message.append(text).append("\" cannot be used: ").append(why);
    message.append(". Write it like server.example.vn:7443 or [2001:db8::1]:7443.");
    return base::fail(Code::InvalidInput, std::move(message));
}

bool isHostCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool isAddressCharacter(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
           c == '.';
}

bool isZoneCharacter(char c) {
    return isHostCharacter(c);
}

/// fe80::1%eth0: hexadecimal groups, then optionally a zone.
bool looksLikeV6(std::string_view host) {
    std::size_t percent = std::min(host.find('%'), host.size());
    std::string_view address = host.substr(0, percent);
    std::string_view zone = host.substr(percent);
    return address.find(':') != std::string_view::npos && zone != "%" &&
           std::all_of(address.begin(), address.end(), isAddressCharacter) &&
           (zone.empty() || std::all_of(zone.begin() + 1, zone.end(), isZoneCharacter));
}

}  // namespace

std::string Endpoint::text() const {
    bool brackets = host.find(':') != std::string::npos;
    std::string text = brackets ? "[" : "";
    text.append(host).append(brackets ? "]:" : ":").append(std::to_string(port));
    return text;
}

base::Result<Endpoint> parseEndpoint(std::string_view text) {
    std::string_view trimmed = base::trim(text);
    std::string_view host;
    std::string_view port;
    if (trimmed.starts_with('[')) {
        std::size_t close = trimmed.find(']');
        if (close == std::string_view::npos) return invalid(text, "the closing bracket is missing");
        host = trimmed.substr(1, close - 1);
        if (!looksLikeV6(host)) return invalid(text, "there is no IPv6 address in the brackets");
        if (!trimmed.substr(close + 1).starts_with(':'))
            return invalid(text, "the port is missing");
        port = trimmed.substr(close + 2);
    } else {
        std::size_t colon = trimmed.find(':');
        if (colon == std::string_view::npos) return invalid(text, "the port is missing");
        if (trimmed.find(':', colon + 1) != std::string_view::npos) {
            return invalid(text, "an IPv6 address needs brackets");
        }
        host = trimmed.substr(0, colon);
        port = trimmed.substr(colon + 1);
        if (host.empty()) return invalid(text, "the host is missing");
        if (!std::all_of(host.begin(), host.end(), isHostCharacter)) {
            return invalid(text, "the host has a character that no host name has");
        }
    }
    if (host.size() > kHostBytesMax) return invalid(text, "the host is too long");

    std::uint16_t number = 0;
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
        return invalid(text, "the port is not a number from 0 to 65535");
    }
    return Endpoint{std::string(host), number};
}

base::Result<std::string> parseServerAddress(std::string_view text) {
    constexpr std::size_t kShownBytes = 80;
    std::string_view address = base::trim(text);
    if (address.find("://") != std::string_view::npos) {
        return base::fail(Code::InvalidInput,
                          "\"" + std::string(address.substr(0, kShownBytes)) +
                              "\" is a web address; the server is named as HOST:PORT, for example "
                              "server.example.vn:7443, without http:// and without a path.");
    }
    if (address.size() > base::limits::kAddressBytesMax) {
        return base::fail(Code::InvalidInput,
                          "The server's address is longer than 255 letters; name it as HOST:PORT, "
                          "for example server.example.vn:7443.");
    }
    TRY(Endpoint endpoint, parseEndpoint(address));
    if (endpoint.port == 0) {
        return invalid(address, "nobody can connect to port 0");
    }
    return std::string(address);
}

}  // namespace transport
