#pragma once
// The one verification path of ordered history: records that extend a ledger are checked here,
// whether they come over the network, from a stick or from disk.

#include "session/directory_ledger.h"

namespace session {

/// A ledger as far as it was verified.
struct LedgerTip {
    std::uint64_t lastArrival = 0;
    std::uint64_t lastDirectorySize = 0;
    ledger::Frontier frontier;
    /// A head over it must not be of an earlier epoch: records in it stood in a former history.
    std::uint32_t epochMin = 0;
};

/// Checks a record's entries and seal against its chain, its times against the ledger and the
/// directory, and extends tip, chain and (for the directory) the directory itself. On failure the
/// arguments may be half changed: the caller works on copies or reloads. A record that names a
/// directory size not known yet is Code::NotFound.
Status extendLedger(const ledger::Record& record, const base::ProvinceId& province,
                    DirectoryLedger& directory, LedgerTip& tip, ledger::ChainState& chain,
                    std::vector<ledger::Entry>& entries);

/// The second half of extendLedger, for entries whose seal and chain were checked already.
Status extendVerified(const ledger::Record& record, std::span<const ledger::Entry> entries,
                      DirectoryLedger& directory, LedgerTip& tip);

/// Whether a ledger is the directory itself; before genesis there is no other.
bool isDirectory(const DirectoryLedger& directory, const base::ScopeId& scope);

}  // namespace session
