// Entries with their headers: two behind each other, the second against the state after the first.

#include "ledger/entry.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    ledger::ChainState state;
    while (!in.isEmpty()) {
        ledger::ChainState before = state;
        auto entry = ledger::advance(state, in.piece());
        if (!entry) {
            must(state == before, "a refused entry has moved the chain");
            continue;
        }
        must(state.nextSeq == before.nextSeq + 1 && state.tip == entry->hash,
             "a chain out of step");
        ledger::ChainState again = before;
        Bytes bytes = ledger::encodeHeader(entry->header, before);
        base::Writer(bytes).raw(entry->body);
        auto read = ledger::advance(again, bytes);
        must(read && read->header == entry->header,
             "a header says something else when written again");
        auto decoded = ledger::ChainState::decode(state.encode());
        must(decoded && *decoded == state, "a chain's state is not kept");
    }
    return 0;
}
