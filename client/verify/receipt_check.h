#pragma once
// Checks a receipt with nothing but the fingerprint of the authority keys (PROTOCOL.md, section
// 20). Pure: bytes in, verdict out; thread-safe once crypto::initialise() has run.

#include "ledger/receipt.h"
#include "verify/checked.h"

namespace verify {

/// When the author cannot have written earlier.
struct Bound {
    enum class How {
        Shown,         // by the arrival of what it had seen
        NothingSeen,   // it says that it had seen nothing
        NotCovered,    // it names more than this ledger holds before it, or another epoch
        OtherHistory,  // what it says it saw is not this ledger
    };
    How how = How::NothingSeen;
    base::TimeMs time = 0;  // if shown
    std::uint64_t size = 0;
};

struct CheckedReceipt {
    CheckedProvince province;
    base::ScopeId scope;
    std::string unit;  // of the ledger
    std::string unitName;
    Author author;
    base::Hash entry;
    std::size_t entryBytes = 0;
    std::uint64_t seq = 0;
    std::uint64_t position = 0;
    base::TimeMs claimed = 0;
    base::TimeMs received = 0;
    std::optional<base::TimeMs> orderedAgain;  // after an epoch in which it was received first
    std::optional<base::Hash> restates;        // says that it writes this entry again, after a fork
    Bound notBefore;  // proven: the entry names the root of the ledger that it had seen
    Bound stated;     // by the directory's size alone, which is the author's word
    ledger::Head head;
    std::uint64_t directorySize = 0;
    std::size_t facts = 0;  // of the directory, that came along
    Said said;
};

Verdict<CheckedReceipt> checkReceipt(base::ByteView bytes, const base::Hash& root);

}  // namespace verify
