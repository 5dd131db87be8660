#pragma once
// Files that are larger than memory: read, hashed, copied and appended to in pieces. All functions
// are thread-safe.

#include <optional>
#include "crypto/crypto.h"
#include "store/files.h"

namespace store {

/// NotFound, Io.
Result<std::uint64_t> fileSize(const Path& path);
/// Exactly these bytes; Io if the file ends before.
Result<Bytes> readPart(const Path& path, std::uint64_t from, std::size_t bytes);
/// H(tag, the first `bytes`); Io if the file ends before.
Result<base::Hash> hashPart(const Path& path, std::uint64_t bytes, std::string_view tag);
/// Makes `to` (mode 0600) of the first `bytes` of `from`; its content is durable on return. Their
/// H(tag, …). Io, also if `to` exists.
Result<base::Hash> copyPart(const Path& from, std::uint64_t bytes, const Path& to,
                            std::string_view tag);
/// Durable on return; the file gets mode 0600. Io.
Status appendDurably(const Path& path, ByteView bytes);
/// Both in one file system; the folders of both names are synced. Io.
Status renameDurably(const Path& from, const Path& to);

}  // namespace store
