// Session messages of both ends.

#include "target.h"
#include "wire/messages.h"

using namespace fuzz;

namespace {

/// What was accepted reads back as the same.
template <class Decode>
void readAgain(ByteView bytes, Decode decode) {
    auto message = decode(bytes);
    if (!message) return;
    const Bytes once = wire::encode(message->message);
    auto again = decode(once);
    must(again && again->message.index() == message->message.index(),
         "a message cannot be read again");
    must(wire::encode(again->message) == once, "a message says something else when written again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    readAgain({data, size}, wire::decodeClientMessage);
    readAgain({data, size}, wire::decodeServerMessage);
    return 0;
}
