#include "store/files.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <cerrno>
#include <system_error>
#include <thread>

namespace store {

using base::Code;
using base::fail;

namespace {

constexpr std::size_t kPipeBytes = 4096;             // room where the size is not known
constexpr std::chrono::milliseconds kLockPause{50};  // between two tries of a lock

tl::unexpected<base::Error> failure(const std::string& what, const Path& path) {
    return tl::unexpected<base::Error>(systemError(errno, what, path));
}

FileDescriptor openFile(const Path& path, int flags, unsigned mode = 0) {
    int fd;
    do {
        fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return FileDescriptor(fd);
}

bool writeAll(int fd, ByteView bytes) {
    while (!bytes.empty()) {
        ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

Path folderOf(const Path& path) {
    return path.has_parent_path() ? path.parent_path() : Path(".");
}

/// Everything of writeFileDurably between making the temporary file and renaming it; false with
/// errno set.
bool fillTemporary(int fd, ByteView bytes, unsigned mode) {
    return ::fchmod(fd, static_cast<mode_t>(mode)) == 0 && writeAll(fd, bytes) && ::fsync(fd) == 0;
}

std::string holderLine() {
    char host[256] = "unknown";
    if (::gethostname(host, sizeof host - 1) != 0) std::strcpy(host, "unknown");
    return std::to_string(::getpid()) + " " + host + " " + program_invocation_short_name + "\n";
}

/// "pid host program" as a phrase; nothing definite while the holder has not written it yet.
std::string holderPhrase(int fd) {
    char line[512];
    ssize_t n = ::pread(fd, line, sizeof line, 0);
    std::string text(line, n > 0 ? static_cast<std::size_t>(n) : 0);
    std::size_t first = text.find(' ');
    std::size_t second = first == std::string::npos ? first : text.find(' ', first + 1);
    std::size_t end = text.find('\n');
    if (second == std::string::npos || end == std::string::npos || second > end) {
        return "another process";
    }
    return "process " + text.substr(0, first) + " (" + text.substr(second + 1, end - second - 1) +
           " on " + text.substr(first + 1, second - first - 1) + ")";
}

}  // namespace

base::Error systemError(int errnum, const std::string& what, const Path& path) {
    return {errnum == ENOENT ? Code::NotFound : Code::Io,
            "Cannot " + what + " '" + path.string() +
                "': " + std::generic_category().message(errnum) + "."};
}

Result<Bytes> readFile(const Path& path, std::size_t bytesMax) {
    FileDescriptor fd = openFile(path, O_RDONLY);
    if (!fd) return failure("open", path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return failure("read", path);
    if (S_ISDIR(info.st_mode)) {
        return tl::unexpected<base::Error>(systemError(EISDIR, "read", path));
    }
    auto tooLong = [&] {
        return fail(Code::Limit, "'" + path.string() + "' has more than the " +
                                     std::to_string(bytesMax) + " bytes that are allowed here.");
    };
    // The size is only a hint (pipes have none); the bound holds whatever it says.
    const auto hint = static_cast<std::uint64_t>(std::max<off_t>(info.st_size, 0));
    if (hint > bytesMax) return tooLong();
    // Read in place and with room from the beginning: secrets are read here too, and neither a
    // buffer nor a vector that moved may keep a copy of them.
    const std::size_t room = std::min(bytesMax, std::max<std::size_t>(hint, kPipeBytes)) + 1;
    Bytes out(room);
    std::size_t size = 0;
    for (;;) {
        if (size == out.size()) out.resize(std::min(2 * size, bytesMax + 1));
        ssize_t n = ::read(fd.get(), out.data() + size, out.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failure("read", path);
        size += static_cast<std::size_t>(n);
        if (size > bytesMax) return tooLong();
        if (n == 0) break;
    }
    out.resize(size);
    return out;
}

Status writeFileDurably(const Path& path, ByteView bytes, unsigned mode) {
    std::string temporary = path.string() + ".XXXXXX";
    FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) return failure("write", path);
    if (!fillTemporary(fd.get(), bytes, mode) || ::rename(temporary.c_str(), path.c_str()) != 0) {
        const int errnum = errno;  // unlink would hide it
        ::unlink(temporary.c_str());
        return tl::unexpected<base::Error>(systemError(errnum, "write", path));
    }
    return syncFolder(folderOf(path));
}

Status eraseFile(const Path& path) {
    FileDescriptor fd = openFile(path, O_WRONLY);
    if (!fd) return failure("erase", path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return failure("erase", path);
    constexpr std::array<std::uint8_t, 4096> kZeros{};
    for (off_t left = info.st_size; left > 0; left -= static_cast<off_t>(kZeros.size())) {
        const std::size_t size = std::min(kZeros.size(), static_cast<std::size_t>(left));
        if (!writeAll(fd.get(), ByteView(kZeros).first(size))) return failure("erase", path);
    }
    if (::fsync(fd.get()) != 0 || ::unlink(path.c_str()) != 0) return failure("erase", path);
    return syncFolder(folderOf(path));
}

Status ensureFolder(const Path& path, unsigned mode) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) {
        if (S_ISDIR(info.st_mode)) return {};
        return fail(Code::Io, "'" + path.string() + "' is a file, but a folder is needed there.");
    }
    const Path parent = folderOf(path);
    if (parent != path) CHECK_OK(ensureFolder(parent, mode));
    if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) {
        return failure("make the folder", path);
    }
    return syncFolder(parent);
}

Status syncFolder(const Path& folder) {
    FileDescriptor fd = openFile(folder, O_RDONLY | O_DIRECTORY);
    if (!fd) return failure("open the folder", folder);
    if (::fsync(fd.get()) != 0) return failure("make durable the folder", folder);
    return {};
}

void claimStandardStreams() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        // The least free number is this one, since those below it are taken.
        if (::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) ::_exit(1);
    }
}

Result<std::uint64_t> freeBytes(const Path& path) {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return failure("ask for the free space of", path);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

Result<ProcessLock> ProcessLock::acquire(const Path& path, std::chrono::milliseconds patience) {
    FileDescriptor fd = openFile(path, O_RDWR | O_CREAT, 0600);
    if (!fd) return failure("open the lock", path);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failure("lock", path);
        if (patience > std::chrono::milliseconds::zero()) {
            std::this_thread::sleep_for(kLockPause);
            patience -= kLockPause;
            continue;
        }
        return fail(Code::HomeBusy, "'" + folderOf(path).string() + "' is in use by " +
                                        holderPhrase(fd.get()) +
                                        "; close that program first, or use another folder.");
    }
    const std::string line = holderLine();
    // Who holds it is only for people: on a full disk the line may be missing, but a home must
    // still open.
    bool told = ::ftruncate(fd.get(), 0) == 0 && writeAll(fd.get(), base::view(line));
    if (!told && errno != ENOSPC && errno != EDQUOT && errno != EFBIG)
        return failure("write the lock", path);
    return ProcessLock(std::move(fd));
}

ProcessLock::~ProcessLock() {
    // Emptied, not removed: removing would let two processes lock two files of one name.
    if (m_fd && ::ftruncate(m_fd.get(), 0) != 0) return;
}

}  // namespace store
