#pragma once
// One connection between a device and the server: both ends of a session and the line between them.

#include "client_node.h"
#include "line.h"
#include "server_node.h"
#include "session/server_session.h"

namespace sim {

enum class Faults { No, Yes };

struct Connection {
    std::uint64_t number = 0;
    ClientNode* client = nullptr;
    base::IncarnationId incarnation;  // of the client when it connected
    Faults faults = Faults::No;

    // The client's end: a session, or an introduction (one message each way).
    std::optional<session::ClientSession> session;
    base::Bytes introduction;
    bool isClientOpen = true;
    bool hasClientEnded = false;  // it has said its last message

    std::unique_ptr<WatchedPort> port;
    std::optional<session::ServerSession> server;
    bool isServerOpen = true;

    std::unique_ptr<Line> line;
    std::size_t pushes = 0;
    bool isCut = false;  // what is still under way may arrive, nothing more is sent

    /// For replays and lies.
    std::unique_ptr<store::MemoryStore> before;
    std::uint64_t authoredBefore = 0;
    std::vector<base::Bytes> sentUp;
    std::vector<base::Bytes> receivedDown;
};

}  // namespace sim
