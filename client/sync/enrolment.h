#pragma once
// How a device becomes one of the province: by invitation, or by founding the province.

#include "sync/sync.h"

namespace syncing {

/// What an invitation and a server address say about the province to join. For a short code the
/// server is asked for its genesis, in clear: the tie of the invitation proves it later.
struct Joining {
    domain::InvitationKeys keys;
    replica::Identity identity;
    domain::Change change;  // DeviceEnrolled
};
Result<Joining> prepareJoining(const domain::Invitation& invitation, const std::string& server,
                               base::Random& random);

/// Introduces the device, unless the directory names it already.
Status introduceOnce(replica::Replica& replica, base::Random& random);

/// Introduces the device, downloads the directory and checks that it is the inviting province's and
/// names this device. May be repeated after a cut.
Status completeJoining(replica::Replica& replica, const domain::InvitationKeys& keys,
                       base::Random& random);

/// Founds a province on an empty server. Returns once genesis, the province unit's key and the
/// first grant are ordered.
struct Founding {
    std::string name;
    std::string code;
    std::string officer;
    std::string server;  // HOST:PORT
    domain::BootstrapToken token;
    /// Whose keepers are elsewhere; without any, one is made that stays in this home.
    std::vector<crypto::SigningKey> authorityKeys{};
    std::uint8_t threshold = 1;
    std::string statements = "required";  // the rule of that name, from genesis on
};
struct Founded {
    replica::Identity identity;
    domain::SignedGenesis genesis;
    crypto::ExchangeKeyPair recoveryKey;  // to be kept on paper, never on a machine
};
Result<Founded> prepareFounding(const Founding& founding, base::Random& random);
Status completeFounding(replica::Replica& replica, const domain::BootstrapToken& token,
                        base::Random& random);

/// Whether the server has recorded this device: its keys are needed from then on.
bool isIntroduced(const replica::Replica& replica);

/// Whether the newest key of this device's own unit is held.
bool holdsOwnKey(const replica::Replica& replica);

/// Whether the office grants this device no key before somebody has compared its words.
bool waitsForConfirmation(const replica::Replica& replica);

}  // namespace syncing
