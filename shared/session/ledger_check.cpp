#include "session/ledger_check.h"
#include <algorithm>

namespace session {
namespace {

using base::Code;
using base::fail;

Status checkTimes(const ledger::Arrival& at, bool ofDirectory, const DirectoryLedger& directory,
                  const LedgerTip& tip) {
    if (at.arrival < tip.lastArrival)
        return fail(Code::Malformed, "a record that arrived before its predecessor");
    if (ofDirectory) {
        bool inPlace = at.directorySize == tip.frontier.size();
        return inPlace ? Status() : fail(Code::Malformed, "a directory record out of its place");
    }
    if (at.directorySize < tip.lastDirectorySize) {
        return fail(Code::Malformed, "a record that names an older directory than its predecessor");
    }
    if (at.directorySize > directory.size()) {
        return fail(Code::NotFound, "a record that names a directory size not received yet");
    }
    if (at.directorySize > 0 && directory.arrivalOf(at.directorySize - 1) > at.arrival) {
        return fail(Code::Malformed, "a record that arrived before the directory it names");
    }
    if (at.directorySize < directory.size() && directory.arrivalOf(at.directorySize) < at.arrival) {
        return fail(Code::Malformed, "a record that hides a directory change that came before it");
    }
    return {};
}

/// An earlier first arrival than the arrival needs a proof: a place in a former history.
Status checkFirstArrival(const ledger::Record& record, const Hash& lastEntry,
                         const DirectoryLedger& directory, LedgerTip& tip) {
    const ledger::Arrival& at = record.at;
    if (at.firstArrival == at.arrival && !record.former) return {};
    auto unproven = [] {
        return fail(Code::Malformed, "a record whose first arrival is not proven");
    };
    const domain::Directory& d = directory.directory();
    if (!record.former || !d.hasGenesis() || at.firstArrival >= at.arrival) return unproven();
    const ledger::FormerPlace& former = *record.former;
    const domain::Charter* charter = d.charterVersion(former.head.charterVersion);
    const FormerBounds& bounds = directory.formerBounds();
    bool isInTime = ledger::mayHaveArrived(former.head, former.at) &&
                    former.at.arrival >= bounds.since && former.head.time <= bounds.until;
    bool isProven = isInTime && former.at.firstArrival == at.firstArrival &&
                    former.head.epoch < UINT32_MAX &&
                    former.holds(d.province(), record.segment.chain.scope, lastEntry) &&
                    charter != nullptr && former.head.verify(charter->headKey);
    if (!isProven) return unproven();
    tip.epochMin = std::max(tip.epochMin, former.head.epoch + 1);
    return {};
}

}  // namespace

Status extendLedger(const ledger::Record& record, const base::ProvinceId& province,
                    DirectoryLedger& directory, LedgerTip& tip, ledger::ChainState& chain,
                    std::vector<ledger::Entry>& entries) {
    TRY(base::PublicKey key, directory.sealKey(record.segment));
    CHECK_OK(ledger::verifySegment(province, key, record.segment, chain, entries));
    return extendVerified(record, entries, directory, tip);
}

Status extendVerified(const ledger::Record& record, std::span<const ledger::Entry> entries,
                      DirectoryLedger& directory, LedgerTip& tip) {
    bool ofDirectory = isDirectory(directory, record.segment.chain.scope);
    CHECK_OK(checkTimes(record.at, ofDirectory, directory, tip));
    CHECK_OK(checkFirstArrival(record, entries.back().hash, directory, tip));
    if (ofDirectory) {
        CHECK_OK(directory.append(record.segment.chain, entries, record.at));
        for (const ledger::Entry& entry : entries) {
            std::uint64_t position = tip.frontier.size();
            ledger::Arrival at{record.at.arrival, position, record.at.firstArrival};
            tip.frontier.append(ledger::leafHash(entry.hash, at, directory.rootAt(position)));
        }
    } else {
        const Hash& root = directory.rootAt(record.at.directorySize);
        for (const ledger::Entry& entry : entries) {
            tip.frontier.append(ledger::leafHash(entry.hash, record.at, root));
        }
    }
    tip.lastArrival = record.at.arrival;
    tip.lastDirectorySize = record.at.directorySize;
    return {};
}

bool isDirectory(const DirectoryLedger& directory, const base::ScopeId& scope) {
    const domain::Directory& d = directory.directory();
    return !d.hasGenesis() || scope == d.directoryScopeId();
}

}  // namespace session
