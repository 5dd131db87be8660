#pragma once
// What this machine would allow: the same work with the libraries alone, without handshake, rights,
// rows, conflicts or recovery. Plain LMDB, libsodium, zstd and a loopback socket; an upper bound,
// not a design.

#include <filesystem>
#include <span>
#include <string>

namespace bench {

struct Ceiling {
    std::size_t changes = 0;
    double seconds = 0;
    std::uint64_t bytesUp = 0;
};

/// Each line: chained, signed, and committed durably by itself.
Ceiling authoringCeiling(std::span<const std::string> lines, const std::filesystem::path& folder);

/// A signed log (one signature for each 256 lines) read from LMDB, packed by zstd level 3,
/// encrypted, sent over loopback TCP to a thread that decrypts, unpacks, checks chain and
/// signatures, stores log and state, commits once and answers; then the sender commits once that it
/// knows. Both commits are durable.
Ceiling uploadCeiling(std::span<const std::string> lines, const std::filesystem::path& folder);

/// Devices that all come back at once.
struct MorningShape {
    std::size_t units = 0;
    std::size_t devicesEach = 0;
    std::size_t savesEach = 0;  // of a device, all sent up
    std::size_t downEach = 0;   // entries that a device takes
};
/// As uploadCeiling for every device: a unit's devices at once, one commit at the server for all of
/// them, one at each device for what it takes.
Ceiling morningCeiling(std::span<const std::string> lines, const MorningShape& shape,
                       const std::filesystem::path& folder);

}  // namespace bench
