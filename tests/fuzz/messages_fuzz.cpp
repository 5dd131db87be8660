// Session messages of both ends.

#include "target.h"
#include "wire/messages.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteView bytes(data, size);
    if (auto client = wire::decodeClientMessage(bytes)) {
        auto again = wire::decodeClientMessage(wire::encode(client->message));
        must(again && again->message.index() == client->message.index(),
             "a client's message cannot be read again");
    }
    if (auto server = wire::decodeServerMessage(bytes)) {
        auto again = wire::decodeServerMessage(wire::encode(server->message));
        must(again && again->message.index() == server->message.index(),
             "a server's message cannot be read again");
    }
    return 0;
}
