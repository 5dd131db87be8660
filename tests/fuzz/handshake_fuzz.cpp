// A channel of each end, before and after an honest handshake, fed with whatever comes.

#include "../unit/transport/channel_pair.h"
#include "target.h"

using namespace fuzz;

namespace {

void feed(transport::Channel& channel, Input& in) {
    while (!in.isEmpty()) {
        bool taken = channel.feed(in.piece()).has_value();
        for (bool more = taken; more;) {
            auto message = channel.nextMessage();
            more = message && *message;
            must(!message || !*message || channel.isOpen(), "a message before the handshake");
        }
        (void)channel.takeOutput();
        if (!taken) {
            must(!channel.feed({}), "an error that is forgotten");
            return;
        }
    }
    (void)channel.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    std::uint8_t mode = in.byte() % 4;
    transport_test::ChannelPair pair;
    if (mode >= 2) must(pair.connect().has_value(), "an honest handshake fails");
    if (mode == 1) (void)pair.client->takeOutput();
    feed(mode % 2 == 0 ? static_cast<transport::Channel&>(*pair.server) : *pair.client, in);
    return 0;
}
