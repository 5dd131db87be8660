// The file of key slots: whatever lies there is refused or read, and no other key opens it. The
// checksum at its end is made right, else nothing would get past it.

#include "memory_file.h"
#include "store/vault.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes bytes(data, data + size);
    const base::Hash end = crypto::hash("", {bytes});
    base::Writer(bytes).raw(end.view());
    const MemoryFile file(bytes);
    auto vault = store::Vault::open(file.path());
    if (!vault) return 0;
    const MemoryFile key(Bytes(32, 7));
    must(!vault->unlockWithKeyFile(key.path()), "a key that no slot was made with opens");
    const store::RecoveryCode code{crypto::Secret<16>::from(Bytes(16, 7))};
    must(!vault->unlockWithRecoveryCode(code), "a recovery code that no slot was made with opens");
    for (const store::SlotInfo& slot : vault->slots()) must(slot.name.size() == 8, "a slot's name");
    return 0;
}
