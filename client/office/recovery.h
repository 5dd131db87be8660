#pragma once
// The province recovery key, on paper: what it opens. It is never stored by this program.

#include "crypto/secret_bytes.h"
#include "replica/replica.h"

namespace office {

using base::Result;
using base::Status;

/// The recovery key as it was printed, with or without blanks. InvalidInput: it cannot be read, or
/// is not this province's.
Result<crypto::ExchangeKeyPair> readRecoveryKey(std::string_view text,
                                                const domain::Genesis& genesis);

/// What the recovery key opens, apart from any grant.
struct RecoveryCheck {
    std::size_t ledgers = 0;            // of units, that have a key
    std::size_t versions = 0;           // keys of all of them
    std::vector<std::string> shut;      // units whose newest key it does not open
    std::vector<std::string> shutPast;  // units of which it does not open an older key
};
RecoveryCheck checkRecoveryKey(const domain::Directory& directory,
                               const crypto::ExchangeKeyPair& key);

/// Grants this device every key that it cannot open yet and the recovery key opens: mostly the
/// province unit's newest, under which the others lie. Idempotent; how many were written.
Result<std::size_t> grantRecovered(replica::Replica& replica, const crypto::ExchangeKeyPair& key);

}  // namespace office
