// The statements with which epochs begin.

#include "ledger/epoch.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteView bytes(data, size);
    if (auto statement = ledger::EpochStatement::decode(bytes)) {
        must(statement->encode() == base::copy(bytes), "a statement differs when written again");
        must(!statement->verify({}), "a statement of nobody verifies");
        must(statement->previous + 1 == statement->epoch, "an epoch that does not follow another");
    }
    return 0;
}
