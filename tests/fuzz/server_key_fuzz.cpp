// The server's key file: whatever lies there is refused or read as it stands. The checksum at its
// end is made right, else nothing would get past it.

#include "memory_file.h"
#include "ops/server_key.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kKeysAt = 9 + 2;  // behind magic and version
    Bytes bytes(data, data + size);
    const base::Hash end = crypto::hash("ts-server-key", {bytes});
    base::Writer(bytes).raw(end.view());
    const MemoryFile file(bytes);
    auto key = ops::ServerKey::load(file.path());
    if (!key) return 0;
    Bytes keys;
    base::Writer(keys).raw(key->noise.secret.view()).raw(key->headSeed.view());
    base::Writer(keys).raw(key->bootstrap.view()).raw(key->storeKey.view());
    must(keys == base::copy(ByteView(data, size).subspan(kKeysAt)), "other keys than the file's");
    return 0;
}
