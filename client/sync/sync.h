#pragma once
// (Namespace `syncing`: POSIX has taken `sync`.) Drives sessions of a replica over the network.
// Blocks the calling thread; everything a session receives is durable before it counts.

#include "domain/invitation.h"
#include "replica/replica.h"
#include "transport/client_socket.h"

namespace syncing {

using base::Bytes;
using base::Result;
using base::Status;

struct SyncReport {
    session::SessionCounts entries;
    bool hadLost = false;  // the server, in the newest session: another one should follow
    std::optional<std::uint32_t> epoch{};  // the server has begun it, and this device has followed
    transport::Traffic traffic;

    void add(const SyncReport& other);
};

/// One session with the replica's server; adds what it carried to the report, however it ends. A
/// session that finds another copy's work under this device's name is followed at once by one under
/// the new incarnation, and one in which the server's new epoch was followed by one in that. Where
/// the server has another key than this device knows, it follows charters that the province has
/// signed, and only those. Unreachable, Cut (what was durable stays durable), Refused,
/// ServerPaused, Forked (a server that has signed two histories), …
Status runSession(replica::Replica& replica, SyncReport& report, transport::Timeouts timeouts = {});

/// Whether the province has revoked this device, as far as it was told: by the directory, or by the
/// server that refused its last session.
bool isRevoked(const replica::Replica& replica);

/// Sends an introduction (DeviceEnrolled) or, with a MAC, genesis. Repeating it after a cut is
/// harmless.
Status introduce(replica::Replica& replica, base::ByteView segment, base::Random& random,
                 const std::optional<base::Hash>& genesisMac);

/// Asks a server in clear for what it says about genesis, charters and authority sets above the
/// version that `authority` has reached, and applies what holds; nothing of it may be trusted
/// before P was checked. False if the server holds no province. Unreachable, Cut, Malformed.
Result<bool> fetchAuthority(const std::string& address, domain::Authority& authority);

}  // namespace syncing
