#pragma once
// The operator's word that a server which has signed two histories goes on with what it holds.

#include "register/verify.h"

namespace reg {

/// In one commit: every ledger is of a new epoch, later than all that are known to have been
/// signed; its statement is signed; the marks of a restore and of the other history are gone. All
/// ledgers are verified before, and what has become of them is verified before it counts. Refused
/// if nobody has shown another history; Corrupt if something is damaged or `headKey` is not that of
/// the charter in force. No server may run on this store.
Result<ledger::EpochStatement> beginEpoch(store::Store& store, const crypto::SigningKey& headKey,
                                          base::TimeMs now, const Progress& progress = {});

}  // namespace reg
