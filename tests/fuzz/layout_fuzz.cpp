// The pages of an LMDB data file, as they are read to tell whether the file is whole.

#include <cstring>
#include "memory_file.h"
#include "store/lmdb_layout.h"

using namespace fuzz;

namespace {

constexpr std::size_t kPageBytes = 512;  // small, for small inputs

bool names(ByteView bytes, std::uint64_t page) {
    std::uint8_t number[8];
    std::memcpy(number, &page, sizeof number);  // in host order
    return std::search(bytes.begin(), bytes.end(), std::begin(number), std::end(number)) !=
           bytes.end();
}

}  // namespace

/// u8 last page, then the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    const std::uint64_t lastPage = in.byte();
    const ByteView bytes = in.rest();
    const MemoryFile file(bytes);
    const ByteView lists = bytes.subspan(std::min(bytes.size(), 2 * kPageBytes));
    if (!store::isWhole({file.fd(), kPageBytes, bytes.size(), lastPage})) return 0;
    for (std::uint64_t page = bytes.size() / kPageBytes; page <= lastPage; ++page) {
        must(names(lists, page), "a page is missing that no list names as free");
    }
    return 0;
}
