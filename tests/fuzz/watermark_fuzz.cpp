// Watermarks of backups, and the mark of a restored server that holds one.

#include "ledger/watermark.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteView bytes(data, size);
    if (auto mark = ledger::Watermark::decode(bytes)) {
        must(mark->encode() == base::copy(bytes), "a watermark differs when written again");
        must(!mark->verify({}), "a watermark of nobody verifies");
        (void)mark->entries();
    }
    return 0;
}
