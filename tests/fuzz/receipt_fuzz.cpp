// Receipts: decoding, and the whole check against a fingerprint.

#include "target.h"
#include "verify/report.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool ready = crypto::initialise().has_value();
    must(ready, "libsodium does not work here");
    Input in({data, size});
    ByteView root = in.take(base::Hash::kSize);
    ByteView bytes = in.rest();
    auto receipt = ledger::Receipt::decode(bytes);
    if (receipt)
        must(receipt->encode() == base::copy(bytes), "a receipt differs when written again");
    if (root.size() != base::Hash::kSize) return 0;
    auto checked = verify::checkReceipt(bytes, base::Hash::from(root));
    must(receipt || !checked, "a receipt that cannot be read is good");
    if (!checked) return 0;
    for (auto language : {verify::Language::Vietnamese, verify::Language::English}) {
        must(!verify::textOf(*checked, language).empty(), "a good receipt says nothing");
        (void)verify::jsonOf(*checked, language);
    }
    Bytes longer = base::copy(bytes);
    longer.push_back(0);
    must(!verify::checkReceipt(longer, base::Hash::from(root)), "a byte behind a receipt is taken");
    return 0;
}
