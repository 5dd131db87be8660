#pragma once
// Receipts and whole ledgers for people who hold nothing but the fingerprint of the authority keys
// (PROTOCOL.md, section 20).

#include "ledger/exported.h"
#include "ledger/receipt.h"
#include "replica/replica.h"

namespace replica {

/// Whether what opens the bodies goes along: whoever holds it reads them.
enum class Bodies { Closed, Opened };

/// The receipt of the one entry of a unit's ledger whose hash begins with these hexadecimal digits.
/// NotFound; InvalidInput: several, still pending, or of the directory; WaitingForKey if it is to
/// be opened. Reads the whole ledger and the directory.
Result<ledger::Receipt> makeReceipt(Replica& replica, std::string_view entry, Bodies bodies);

/// Where an export goes, piece by piece.
using Sink = std::function<Status(ByteView)>;

/// A ledger under its newest verified head as the bytes of a ledger file. NotFound if nothing of it
/// was received yet.
Status exportLedger(Replica& replica, const base::ScopeId& scope, const Sink& sink);
/// What opens the bodies of a unit's ledger, as the bytes of an openings file; how many open.
Result<std::uint64_t> exportOpenings(Replica& replica, const base::ScopeId& scope,
                                     const Sink& sink);

/// The fingerprint from which both are verified: of the authority keys in genesis.
base::Hash rootFingerprint(const domain::Directory& directory);

}  // namespace replica
