#pragma once
// Where a server listens: a host name or an address, and a TCP port.

#include <cstdint>
#include "base/result.h"

namespace transport {

struct Endpoint {
    std::string host;  // IPv6 addresses without brackets
    std::uint16_t port = 0;

    bool operator==(const Endpoint&) const = default;
    /// HOST:PORT or [v6]:PORT, as parseEndpoint reads it.
    std::string text() const;
};

/// Reads HOST:PORT, 192.0.2.1:PORT or [2001:db8::1]:PORT; port 0 lets a listener choose one.
/// InvalidInput, with a sentence that shows the right form.
base::Result<Endpoint> parseEndpoint(std::string_view text);

/// How other machines reach a server, as a person gives it: the endpoint's text without blanks.
/// Also InvalidInput for a web address, port 0 and more than kAddressBytesMax bytes.
base::Result<std::string> parseServerAddress(std::string_view text);

}  // namespace transport
