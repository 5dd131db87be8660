// Bodies: the frame around them, then their changes.

#include "base/limits.h"
#include "target.h"
#include "wire/body.h"
#include "wire/compress.h"

using namespace fuzz;

namespace {

bool isKnown(const std::vector<domain::Change>& changes) {
    return std::none_of(changes.begin(), changes.end(), [](const domain::Change& c) {
        return std::holds_alternative<domain::UnknownChange>(c);
    });
}

std::size_t displacedIn(const std::vector<domain::Change>& changes) {
    std::size_t out = 0;
    for (const domain::Change& change : changes) {
        const domain::Written* written = domain::writtenIn(change);
        if (written == nullptr) continue;
        for (const domain::FieldWrite& write : written->fields) out += write.replaces.size();
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    std::uint8_t form = in.byte() % 3;
    Bytes plain = base::copy(in.rest());
    if (form < 2) {
        auto unpacked = wire::decompress(plain, form, base::limits::kPlainBodyBytesMax);
        if (!unpacked) return 0;
        must(unpacked->size() <= base::limits::kPlainBodyBytesMax, "a body over its limit");
        plain = std::move(*unpacked);
    }
    auto changes = wire::decodeBody(plain);
    must(!changes || displacedIn(*changes) <= 64 * 1024, "a body takes memory out of proportion");
    if (!changes || !isKnown(*changes)) return 0;
    auto again = wire::decodeBody(wire::encodeBody(*changes));
    must(again && *again == *changes, "a body says something else when written again");
    return 0;
}
