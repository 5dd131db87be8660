// Exported ledgers: a fingerprint, then directory, unit and openings as pieces.

#include <sstream>
#include "target.h"
#include "verify/report.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool ready = crypto::initialise().has_value();
    must(ready, "libsodium does not work here");
    Input in({data, size});
    ByteView root = in.take(base::Hash::kSize);
    if (root.size() != base::Hash::kSize) return 0;
    std::string parts[3];
    for (std::string& part : parts) part = base::text(in.piece());
    std::istringstream directory(parts[0]), unit(parts[1]), openings(parts[2]);
    verify::Parts files{&directory, parts[1].empty() ? nullptr : &unit,
                        parts[2].empty() ? nullptr : &openings};
    std::uint64_t told = 0;
    auto checked = verify::checkLedger(
        files, base::Hash::from(root), [&](const auto& entry, const domain::Directory& d) {
            ++told;
            (void)verify::textOf(entry, d, verify::Language::Vietnamese);
            (void)verify::jsonOf(entry, d, verify::Language::English);
            return true;
        });
    if (!checked) return 0;
    must(told == checked->head.size, "entries of a good ledger were not told");
    (void)verify::textOf(*checked, verify::Language::Vietnamese);
    (void)verify::jsonOf(*checked, verify::Language::English);
    return 0;
}
