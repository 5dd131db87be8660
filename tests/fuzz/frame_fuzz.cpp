// The clear bytes of a connection, and fragments put together.

#include "target.h"
#include "transport/clear_client.h"
#include "transport/first_frame.h"
#include "transport/message_stream.h"

using namespace fuzz;

namespace {

void readPrologue(ByteView bytes) {
    auto prologue = transport::Prologue::fromWire(bytes);
    if (!prologue) return;
    Bytes again = prologue->toWire();
    must(again == base::copy(bytes), "a prologue says something else when it is written again");
    must(transport::Prologue::mayBegin(bytes), "a prologue cannot begin as it does");
}

void readAnswer(Input& in) {
    transport::ClearClient client({transport::RequestKind::Genesis, 0});
    while (!in.isEmpty()) {
        if (!client.feed(in.piece())) return;
    }
    (void)client.finish();
}

void assemble(Input& in) {
    transport::Reassembler reassembler;
    reassembler.setMessageBytesMax(4096);
    while (!in.isEmpty()) {
        ByteView plain = in.piece();
        reassembler.buffer().insert(reassembler.buffer().end(), plain.begin(), plain.end());
        auto message = reassembler.accept();
        if (!message) return;
        must(!*message || (*message)->size() <= 4096, "a message over its limit");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    switch (in.byte() % 4) {
        case 0:
            readPrologue(in.rest());
            break;
        case 1:
            (void)transport::readFirstFrameHeader(in.rest());
            break;
        case 2:
            readAnswer(in);
            break;
        default:
            assemble(in);
            break;
    }
    return 0;
}
