#pragma once
// How an office goes on that has lost all of its devices: a new one enters by the word of the
// authority keys (ADR 21). What the province recovery key opens for it: office/recovery.h.

#include "sync/sync.h"

namespace syncing {

struct RecoveryWish {
    std::string server;  // HOST:PORT
    base::Hash root;     // fingerprint of the authority keys in genesis, as the province printed it
    std::string officer;  // who becomes its administrator
    base::TimeMs expiry = 0;
};

/// A device for which the keepers of the authority keys have not signed yet. The invitation's own
/// key has signed for these keys and is gone: it can make no other device.
struct Recovering {
    replica::Identity identity;
    domain::Authority authority;
    domain::Invited invited;  // without signatures
    domain::DeviceEnrolled enrolled;
};
/// The device, for a province whose genesis and later changes `authority` holds. BadSignature: it
/// is not the one with this fingerprint.
Result<Recovering> recoveringIn(domain::Authority authority, const RecoveryWish& wish,
                                base::Random& random);
/// The same after asking the server in clear which province it has; nothing but what the
/// fingerprint proves is taken. Refused: it has none; Unreachable, Cut, Malformed.
Result<Recovering> prepareRecovery(const RecoveryWish& wish, base::Random& random);

/// Introduces the device and downloads the directory; may be repeated after a cut. Refused,
/// InvitationExpired, InvitationUsed: the server has not taken it.
Status completeRecovery(replica::Replica& replica, base::Random& random);

}  // namespace syncing
