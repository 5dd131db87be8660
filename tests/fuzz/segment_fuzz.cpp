// Segments and records.

#include "ledger/record.h"
#include "target.h"

using namespace fuzz;

namespace {

Bytes encoded(const ledger::Segment& s) {
    Bytes out;
    ledger::encodeSegment(s.chain, s.firstSeq, s.prev, s.entries, s.seal, out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteView bytes(data, size);
    if (auto segment = ledger::parseSegment(bytes)) {
        must(encoded(*segment) == base::copy(bytes), "a segment differs when written again");
        crypto::SigningKey stranger;
        ledger::ChainState state;
        std::vector<ledger::Entry> entries;
        bool verified =
            ledger::verifySegment({}, stranger.publicKey, *segment, state, entries).has_value();
        must(!verified && state == ledger::ChainState(), "a seal of nobody verifies");
    }
    if (auto record = ledger::parseRecord(bytes)) {
        Bytes again = encoded(record->segment);
        if (record->former) {
            ledger::encodeArrival(record->at, *record->former, again);
            must(!record->former->holds({}, record->segment.chain.scope, {}),
                 "an entry stood in a history of nobody");
        } else {
            ledger::encodeArrival(record->at, again);
        }
        must(again == base::copy(bytes), "a record differs when written again");
    }
    return 0;
}
