#pragma once
// One TCP connection to a server, run to its end on the calling thread.

#include <chrono>
#include "base/bytes.h"
#include "base/limits.h"
#include "transport/endpoint.h"

namespace transport {

/// What has passed over a connection, as TCP payload.
struct Traffic {
    std::uint64_t bytesUp = 0;
    std::uint64_t bytesDown = 0;
    /// How often the client spoke first or after the server: 1 for a single question and its
    /// answer. Over a slow link each turn costs one round trip.
    std::uint32_t turns = 0;
};

struct Timeouts {
    std::chrono::milliseconds connect{10'000};  // for each address of the server
    std::chrono::milliseconds answer{base::limits::kStrangerTimeMs};  // until the first byte comes
    std::chrono::milliseconds idle{base::limits::kIdleTimeMs};        // without a byte either way
};

/// What a connection is for. All calls come from runConnection(), on its thread; an error ends the
/// connection and is what runConnection() returns.
class ConnectionDriver {
public:
    virtual ~ConnectionDriver() = default;
    /// Connected; comes once.
    virtual base::Status onOpen() = 0;
    virtual base::Status onBytes(base::ByteView bytes) = 0;
    /// Bytes to send next, or none for now: asked again after onOpen(), after onBytes() and
    /// whenever what waits falls to kOutputQueueBytes, so that an upload need not be in memory at
    /// once.
    virtual base::Bytes takeOutput() = 0;
    /// True once there is nothing more to read and, when takeOutput() has given all, nothing to
    /// send.
    virtual bool isDone() const = 0;
    /// The server closed: Ok if it was allowed to at this point.
    virtual base::Status onEof() = 0;
};

/// Connects to the first address of `server` that answers, and lets the driver read and write until
/// it is done. Adds to `traffic`, whatever the outcome. Unreachable if there is no connection; Cut
/// if it breaks or stays silent for the idle time; else what the driver returned. Blocks; any
/// thread.
base::Status runConnection(const Endpoint& server, ConnectionDriver& driver, Traffic& traffic,
                           const Timeouts& timeouts = {});

}  // namespace transport
