#include "ledger/record.h"

namespace ledger {

Result<Record> parseRecord(ByteView bytes) {
    if (bytes.size() < kArrivalBytes) {
        return base::fail(base::Code::Malformed, "a record is too short");
    }
    Record record;
    TRY(record.segment, parseSegment(bytes.first(bytes.size() - kArrivalBytes)));
    base::Reader in(bytes.last(kArrivalBytes));
    record.at.arrival = in.u64();
    record.at.directorySize = in.u64();
    record.at.firstArrival = in.u64();
    record.bytes = bytes;
    return record;
}

void encodeArrival(const Arrival& at, Bytes& out) {
    base::Writer(out).u64(at.arrival).u64(at.directorySize).u64(at.firstArrival);
}

Hash leafHash(const Hash& entryHash, const Arrival& at, const Hash& directoryRoot) {
    return crypto::Hasher("")
        .u8(0)
        .add(entryHash.view())
        .u64(at.arrival)
        .u64(at.directorySize)
        .add(directoryRoot.view())
        .u64(at.firstArrival)
        .finish();
}

}  // namespace ledger
