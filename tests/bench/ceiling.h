#pragma once
// What this machine would allow: the same work with the libraries alone, without handshake, rights,
// rows, conflicts or recovery. Plain LMDB, libsodium, zstd and a loopback socket; an upper bound,
// not a design.

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

struct Ceiling {
    std::size_t changes = 0;
    double seconds = 0;
    std::uint64_t bytesUp = 0;
};

/// Each line: chained, signed, and committed durably by itself.
Ceiling authoringCeiling(const std::vector<std::string>& lines,
                         const std::filesystem::path& folder);

/// A signed log (one signature for each 256 lines) read from LMDB, packed by zstd level 3,
/// encrypted, sent over loopback TCP to a thread that decrypts, unpacks, checks chain and
/// signatures, stores log and state, commits once and answers; then the sender commits once that it
/// knows. Both commits are durable.
Ceiling uploadCeiling(const std::vector<std::string>& lines, const std::filesystem::path& folder);

}  // namespace bench
