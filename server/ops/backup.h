#pragma once
// A backup is one file: the data file of the store as of its last commit, then what the server
// signed about it.
//
//   data (the store's data.mdb) ‖ watermark (ledger/watermark.h) ‖ u32 length of the watermark
//   ‖ "TSBACKUP"
//
// The data is encrypted under the store key of server.key, which is not in the backup: a copy of
// server.key is kept apart from it, and neither is of use without the other.

#include "ops/data_folder.h"
#include "register/verify.h"

namespace ops {

inline constexpr std::string_view kBackupTag = "ts-backup";  // of the data's hash

struct BackupReport {
    ledger::Watermark watermark;
    std::uint64_t fileBytes = 0;
};

/// Copies the store, also while a server runs on it; verifies the copy from its first record to its
/// last (reg::verifyLedgers) before it gets its name; durable on return, mode 0600. Until then it
/// lies in the folder FILE.part, which a failure removes. InvalidInput if the file exists or lies
/// in the store; Corrupt, naming the ledger, if the store is damaged; errors of loadKey() and
/// openStore(); Io. Not in the process that serves.
Result<BackupReport> backup(const DataFolder& folder, const Path& file, const base::Clock& clock,
                            base::Random& random, const reg::Progress& progress = {});

/// Where the data of a backup ends, and what was signed of it; the hash is not looked at. Corrupt
/// if it is no whole backup, or was signed with another key; NotFound, Io.
Result<ledger::Watermark> readWatermark(const Path& file, const ServerKey& key);

}  // namespace ops
