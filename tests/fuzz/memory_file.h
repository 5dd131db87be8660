#pragma once
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <string>
#include "target.h"

namespace fuzz {

/// A file in memory with a path, for decoders that read files; nobody else may read it.
class MemoryFile {
public:
    explicit MemoryFile(ByteView bytes) : m_fd(memfd_create("fuzz", 0)) {
        must(m_fd >= 0 &&
                 write(m_fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                 fchmod(m_fd, 0600) == 0,
             "no file in memory");
    }
    ~MemoryFile() { close(m_fd); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    int fd() const { return m_fd; }
    std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(m_fd); }

private:
    int m_fd;
};

}  // namespace fuzz
