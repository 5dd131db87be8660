#pragma once
// What only the province's authority keys can decide: which keys its server has, which keys are the
// authority, who becomes an administrator. The office makes the request; keepers of the keys sign
// it (signing_request.h); the office appends it, and a sync carries it.

#include "domain/invitation.h"
#include "office/signing_request.h"
#include "replica/replica.h"

namespace office {

/// A charter with the keys that the server has made. InvalidInput if the token is another
/// province's, or names the keys in force. Signed by the authority keys in this home, if there are
/// any.
Result<SigningRequest> requestCharter(const replica::Replica& replica,
                                      const domain::RotationToken& token);
/// Other authority keys. Signed like the above.
Result<SigningRequest> requestAuthority(const replica::Replica& replica,
                                        const std::vector<base::PublicKey>& keys,
                                        std::uint8_t threshold);
/// For an administrator's invitation that lacks signatures.
SigningRequest requestAdministrator(const replica::Replica& replica,
                                    const domain::Invited& invited);

/// Appends a request that has enough signatures. NotPermitted if it has not, or on another device
/// than an administrator's; InvalidInput if it is another province's, or too late.
Status submit(replica::Replica& replica, const SigningRequest& request);

}  // namespace office
