#include "store/ballast.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>

namespace store {
namespace {

std::uint64_t allocatedBytes(const Path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return 0;
    return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

}  // namespace

Ballast::Ballast(Path folder)
    : m_path(std::move(folder) / "ballast"), m_whole(allocatedBytes(m_path) >= kBallastBytes) {}

bool Ballast::exists() const {
    struct stat info {};
    return ::stat(m_path.c_str(), &info) == 0;
}

Status Ballast::fill() {
    const bool isNew = !exists();
    FileDescriptor fd(::open(m_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return tl::unexpected<base::Error>(systemError(errno, "make", m_path));
    const int rc = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(kBallastBytes));
    m_whole = rc == 0;
    // A part of it would only take space: none of it, or all.
    if (rc != 0 && ::ftruncate(fd.get(), 0) != 0) return {};
    return isNew ? syncFolder(m_path.parent_path()) : Status();
}

void Ballast::giveUp() {
    m_whole = false;
    FileDescriptor fd(::open(m_path.c_str(), O_WRONLY | O_CLOEXEC));
    // The sync makes file systems with a journal hand the blocks back now.
    if (fd && ::ftruncate(fd.get(), 0) == 0) ::fsync(fd.get());
}

}  // namespace store
