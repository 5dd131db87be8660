#pragma once
// What an operator wants to know about a server, read from its data folder whether it runs or not.

#include <optional>

#include "base/clock.h"
#include "ops/data_folder.h"

namespace ops {

struct Health {
    bool isRunning = false;                    // a process holds the data folder
    std::optional<base::ProvinceId> province;  // nothing before `authority init`
    std::string provinceName;                  // empty before
    std::uint64_t ledgers = 0;                 // with at least one entry
    std::uint64_t entries = 0;                 // of all ledgers
    std::optional<base::TimeMs> lastArrival;   // of any entry, by the server's clock
    std::uint64_t devices = 0;                 // enrolled and not revoked
    std::uint64_t units = 0;                   // the province unit included
    std::uint64_t freeBytes = 0;               // on the disk of the data folder
    std::uint64_t storeBytes = 0;              // size of the data file
    std::optional<reg::Restored> restored;     // it recovers from this backup
    /// By what the store and the clock say now; a jump while it runs is known to the process alone.
    bool isClockInDoubt = false;
    bool isDiskFull = false;        // nothing new is stored
    std::uint64_t quarantined = 0;  // chains with entries in the quarantine
    std::uint32_t epoch = 0;
    std::uint64_t contradicted = 0;  // ledgers of which it has signed another history
    std::uint64_t formerKept = 0;    // records of an earlier epoch that have no place in this one
};

/// Opens the store read-only. Reads the whole directory: up to some seconds for a large province.
/// NotFound if the folder was never initialised; else errors of loadKey() and openStore(). Not in
/// the process that serves.
Result<Health> health(const DataFolder& folder, const base::Clock& clock, base::Random& random);

}  // namespace ops
