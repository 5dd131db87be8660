// Rows with their histories, as the replica's view keeps them.

#include "replica/view.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint32_t scope = 0;
    auto stored = replica::decodeRow({data, size}, scope);
    if (!stored) return 0;
    must(stored->history.events.size() <= replica::kEventsInRow, "a history over its limit");
    const Bytes once = replica::encodeRow(scope, *stored);
    std::uint32_t scopeAgain = 0;
    auto again = replica::decodeRow(once, scopeAgain);
    must(again && scopeAgain == scope && again->row == stored->row &&
             again->history.earlier == stored->history.earlier,
         "a row says something else when written again");
    must(replica::encodeRow(scope, *again) == once, "a row's history is not kept");
    return 0;
}
