#pragma once
// A server put back from a backup, and what an operator says to a server on a bad day.

#include "ops/backup.h"

namespace ops {

/// Makes a server's data folder of a backup and the copy of server.key that was kept apart. The
/// backup is verified as when it was made: its signature, every byte, every record, every root.
/// The folder must be empty or missing; what a restore that was cut off left in it is cleared away.
/// The server key gets its name last: until then there is no server in the folder. The store
/// carries the mark of reg::Restored. InvalidInput if something lies in the folder; Corrupt if the
/// backup is not whole, or is not of this key; HomeBusy; NotFound; Io.
Result<ledger::Watermark> restore(const DataFolder& folder, const Path& file, const Path& keyFile,
                                  const base::Clock& clock, base::Random& random,
                                  const reg::Progress& progress = {});

/// A device that the province counts on.
struct SilentDevice {
    base::DeviceId id;
    std::string unit;
    std::optional<base::TimeMs> heard;  // its last session; nothing: none that is known
};

struct Recovery {
    std::optional<reg::Restored> restored;  // nothing: no recovery is under way
    std::vector<SilentDevice> silent;       // enrolled, not revoked, not heard since the backup
    reg::Contradictions contradictions;  // heads of this server's own that its ledgers contradict
};

/// What a server that was restored still waits for; works while it runs.
Result<Recovery> recovery(const DataFolder& folder, const base::Clock& clock, base::Random& random);
/// Ends the recovery: a running server takes new work with the next device that comes. Refused
/// while the server has signed two histories.
Status resume(const DataFolder& folder, base::Random& random);

/// Of a server that has signed two histories (recovery() lists the other one's heads): goes on with
/// what it holds, in a new epoch, and takes new work again. All ledgers are verified from their
/// first record to their last before and as the epoch begins; its statement is signed and durable
/// on return. What devices hold of the other history is ordered again as they come. Refused if
/// there is no other history; HomeBusy while the server runs; Corrupt.
Result<ledger::EpochStatement> newEpoch(const DataFolder& folder, const base::Clock& clock,
                                        base::Random& random, const reg::Progress& progress = {});

/// Says that the clock is right as it is now; a running server hears of it with the next device
/// that comes. What was confirmed.
Result<base::TimeMs> confirmClock(const DataFolder& folder, const base::Clock& clock,
                                  base::Random& random);

}  // namespace ops
