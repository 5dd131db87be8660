#pragma once
// Checks an exported ledger from nothing but the fingerprint of the authority keys: the whole
// directory, then the unit's ledger, record by record, as a replica would (PROTOCOL.md, sections 4,
// 7 and 20). Nothing of them is kept in memory but the directory and the ends of the chains.

#include <functional>
#include <istream>
#include <map>
#include "ledger/exported.h"
#include "verify/checked.h"

namespace verify {

/// The parts of an export; the last two are absent where the directory itself was exported.
struct Parts {
    std::istream* directory = nullptr;
    std::istream* unit = nullptr;
    std::istream* openings = nullptr;
};

struct CheckedEntry {
    std::uint64_t position = 0;
    base::Hash hash;
    base::DeviceId device;
    base::TimeMs claimed = 0;
    base::TimeMs received = 0;
    bool hadRight = true;
    Said said;
};
/// Called for each entry of the exported ledger in order, before the head has been checked: nothing
/// of it is proven until checkLedger returns. False ends with TooLong.
using OnEntry = std::function<bool(const CheckedEntry& entry, const domain::Directory& directory)>;

struct Contribution {
    std::uint64_t entries = 0;
    base::TimeMs first = 0;  // received
    base::TimeMs last = 0;
};

struct CheckedLedger {
    CheckedProvince province;
    domain::Directory directory;
    bool isDirectory = false;
    std::string unit, unitName;  // of the ledger, if it is a unit's
    ledger::Head head;           // of the ledger
    ledger::Head directoryHead;
    std::map<base::DeviceId, Contribution> authors;
    std::uint64_t withoutRight = 0;   // entries whose device might not write here then
    std::uint64_t notAllowed = 0;     // entries under a key or dictionary that was not allowed then
    std::uint64_t withoutEffect = 0;  // changes of the directory
    bool hasOpenings = false;
    std::uint64_t opened = 0;
};

Verdict<CheckedLedger> checkLedger(const Parts& parts, const base::Hash& root,
                                   const OnEntry& onEntry);

}  // namespace verify
