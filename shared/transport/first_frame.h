#pragma once
// The clear bytes at the start of a connection, both ways. They are the whole of what an observer
// reads, and all of the client's go into the Noise prologue, so that changing one of them ends the
// handshake.
//
//   client: "TSUO" ‖ u8 version min ‖ u8 version max ‖ u8 request ‖ u32 argument
//   server: u8 kind ‖ u32 length ‖ payload
//
// Integers are little-endian. Both layouts are fixed for all versions of the protocol, so that an
// old and a new program can always tell each other that they are too far apart.

#include <optional>
#include "base/bytes.h"

namespace transport {

using base::Bytes;
using base::ByteView;
using base::Result;

/// What this program speaks.
inline constexpr std::uint8_t kProtocolVersion = 1;

/// Both ends inclusive.
struct VersionRange {
    std::uint8_t min = kProtocolVersion;
    std::uint8_t max = kProtocolVersion;
};

/// What a client opens a connection for. All but Session are answered in clear, then closed.
enum class RequestKind : std::uint8_t { Session = 0, AuthorityChanges = 1, Genesis = 2 };

struct ClearRequest {
    RequestKind kind = RequestKind::Session;
    /// AuthorityChanges: the version after which changes are wanted. Otherwise 0.
    std::uint32_t argument = 0;
};

/// The client's first bytes.
struct Prologue {
    static constexpr std::size_t kBytes = 11;
    VersionRange versions;
    ClearRequest request;

    Bytes toWire() const;
    /// Malformed if these are not the first bytes of a client.
    static Result<Prologue> fromWire(ByteView bytes);
    /// Whether `bytes`, however few, can be the start of a prologue.
    static bool mayBegin(ByteView bytes);
};

/// The kind of the server's first frame; after all but NoiseMessage2 the server closes.
enum class FirstFrame : std::uint8_t {
    NoiseMessage2 = 0,
    ClearAnswer = 1,
    Key = 2,      // message 1 does not open: the client has another server key; no payload
    Version = 3,  // no common version; payload: u8 min ‖ u8 max of the server
    Busy = 4,     // come back later; no payload
};

inline constexpr std::size_t kFirstFrameHeaderBytes = 5;
inline constexpr std::size_t kNoiseMessage2BytesMax = 256;

struct FirstFrameHeader {
    FirstFrame kind;
    std::size_t size;  // of the payload
};

/// Appends header and payload.
void writeFirstFrame(FirstFrame kind, ByteView payload, Bytes& out);
/// Nothing while the header is incomplete. Malformed for an unknown kind, Limit for a length that
/// the kind does not allow.
Result<std::optional<FirstFrameHeader>> readFirstFrameHeader(ByteView in);
/// What the user is told about a Key, Version or Busy frame.
base::Error refusalError(FirstFrame kind, ByteView payload);

/// The highest version of both ranges, if there is one.
std::optional<std::uint8_t> commonVersion(VersionRange a, VersionRange b);

}  // namespace transport
