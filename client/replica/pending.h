#pragma once
// What this device has written and no verified head covers yet.

#include "base/limits.h"
#include "ledger/segment.h"
#include "replica/tables.h"

namespace replica {

using base::Bytes;
using base::ByteView;
using base::Result;

/// An own entry that is not under a verified head yet.
struct PendingEntry {
    std::uint64_t ordinal = 0;  // key in the store
    std::uint64_t seq = 0;
    base::TimeMs claimed = 0;
    ledger::Seen seen;
    base::Hash prev;
    base::Hash hash;
    base::Hash act;  // of the entry that it writes again, or its own
    base::Signature seal;
    Bytes bytes;
};

/// An own entry whose chain was given up, because another copy of this device had gone on with it.
struct Stranded {
    base::ScopeId scope;
    base::IncarnationId incarnation;
    ledger::ChainState before;
    PendingEntry entry;
    std::string kept;  // why it cannot be written again; empty: it waits for that

    Bytes encode() const;
    static Result<Stranded> decode(std::uint64_t ordinal, ByteView bytes);
    /// The entry in its place; borrows from this.
    Result<ledger::Entry> read() const;
};

}  // namespace replica
