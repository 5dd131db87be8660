#pragma once
// LMDB's return codes as Errors with sentences; the only place that knows them all.

#include "store/files.h"

namespace store {

/// `what` completes "Cannot ... the store '<folder>': ", for example "open".
base::Error lmdbError(int rc, const std::string& what, const Path& folder);
/// The disk is full or fails: what the ballast is for. LMDB 0.9.24 can report a full disk as EIO.
bool isDiskTrouble(int rc);

}  // namespace store
