#pragma once
// Files with secrets: who else may read them, and reading them without leaving copies in memory.

#include "crypto/secret_bytes.h"
#include "store/files.h"

namespace store {

/// Whether another user of this machine may read or change the file, by its mode; false where it
/// cannot be looked at.
bool isOpenToOthers(const Path& path);
/// Io, with what to do, if it is. `what` begins the sentence: "The key file".
Status checkPrivate(const Path& path, const std::string& what);

/// As readFile.
Result<crypto::SecretBytes> readSecretFile(const Path& path, std::size_t bytesMax);

}  // namespace store
