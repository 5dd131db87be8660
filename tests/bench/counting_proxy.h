#pragma once
// A TCP proxy on loopback that counts what passes. It stands between client and server in every
// measurement, so that bytes are those of the network and not what either end believes.

#include <cstdint>
#include <memory>
#include "line.h"

namespace bench {

/// TCP payload since the last reset, over all connections.
struct Passed {
    std::uint64_t up = 0;  // client to server
    std::uint64_t down = 0;
    std::uint64_t turns = 0;  // how often a client spoke first or after the server
    std::uint64_t stalls = 0;
    double cpuSeconds = 0;  // of the proxy's own thread, since it began
};

/// Runs on a thread of its own. All methods may be called from any thread.
class CountingProxy {
public:
    /// Listens on a free port of 127.0.0.1; throws std::system_error if the machine does not allow
    /// it.
    explicit CountingProxy(std::uint16_t serverPort);
    ~CountingProxy();
    CountingProxy(const CountingProxy&) = delete;
    CountingProxy& operator=(const CountingProxy&) = delete;

    std::uint16_t port() const;
    void reset();
    Passed passed();
    /// The line is as good as the machine until then.
    void setLine(const Line& line);
    /// Once this many bytes have come up since the last reset: resets all connections towards the
    /// clients and drops what is still to come; the server gets all that was counted, then the end.
    /// Once.
    void cutAfter(std::uint64_t bytesUp);

private:
    class Loop;
    std::unique_ptr<Loop> m_loop;
};

}  // namespace bench
