#pragma once
// Files read within bounds, files replaced so that a power cut leaves the old or the new one,
// folders, and the lock that keeps a home to one process. All functions are thread-safe.

#include <chrono>
#include <filesystem>
#include "base/bytes.h"
#include "store/file_descriptor.h"

namespace store {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;
using Path = std::filesystem::path;

/// A sentence for a failed system call: "Cannot <what> '<path>': <reason of errnum>." NotFound for
/// ENOENT, else Io.
base::Error systemError(int errnum, const std::string& what, const Path& path);

/// The whole file. NotFound; Limit if it has more than `bytesMax` bytes, which are never allocated;
/// Io.
Result<Bytes> readFile(const Path& path, std::size_t bytesMax);

/// Replaces the file (or makes it) with `bytes`, by a temporary file beside it that is synced,
/// renamed, and its folder synced: after a crash there is the old content or the new, never a
/// mixture. Durable on return.
Status writeFileDurably(const Path& path, ByteView bytes, unsigned mode = 0600);

/// Overwrites the file with zeros, durably, and removes it. What a disk with its own idea of where
/// things lie (flash, copies on write) still keeps, nobody can reach from here. NotFound, Io.
Status eraseFile(const Path& path);

/// Makes the folder and what is missing above it, with `mode`; durable on return. Fine if it
/// exists.
Status ensureFolder(const Path& path, unsigned mode = 0700);
/// Makes names created, renamed or removed in the folder durable.
Status syncFolder(const Path& folder);

/// Opens /dev/null where a standard stream is closed, so that no file that is opened later gets its
/// number and what is printed. To be called first in main().
void claimStandardStreams();

/// Bytes that this user can still write on the disk of `path`.
Result<std::uint64_t> freeBytes(const Path& path);

/// The claim of one process on a home or data folder: flock(2) on a file that says "pid host
/// program". The system releases it when the process ends, however it ends; the file stays.
class ProcessLock {
public:
    /// HomeBusy, naming the holder, if another process (or another lock of this one) still has it
    /// after `patience`; Io. Some hold it for a moment only, to look.
    static Result<ProcessLock> acquire(const Path& path, std::chrono::milliseconds patience = {});
    ProcessLock(ProcessLock&&) noexcept = default;
    ProcessLock& operator=(ProcessLock&&) noexcept = default;
    ~ProcessLock();

private:
    explicit ProcessLock(FileDescriptor fd) : m_fd(std::move(fd)) {}
    FileDescriptor m_fd;
};

}  // namespace store
