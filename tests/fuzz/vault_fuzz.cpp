// The file of key slots: whatever lies there is refused or read, and no other key opens it. The
// checksum at its end is made right, else nothing would get past it.

#include <sys/mman.h>
#include <unistd.h>

#include "store/vault.h"
#include "target.h"

using namespace fuzz;

namespace {

/// A file in memory with a path.
class MemoryFile {
public:
    explicit MemoryFile(ByteView bytes) : m_fd(memfd_create("fuzz", 0)) {
        must(m_fd >= 0 &&
                 write(m_fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
             "no file in memory");
    }
    ~MemoryFile() { close(m_fd); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    store::Path path() const { return "/proc/self/fd/" + std::to_string(m_fd); }

private:
    int m_fd;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes bytes(data, data + size);
    const base::Hash end = crypto::hash("", {bytes});
    base::Writer(bytes).raw(end.view());
    const MemoryFile file(bytes);
    auto vault = store::Vault::open(file.path());
    if (!vault) return 0;
    const MemoryFile key(Bytes(32, 7));
    auto opened = vault->unlockWithKeyFile(key.path());
    must(!opened || opened->view().size() == 32, "a master key of another size");
    return 0;
}
