#include "store/large_files.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>

namespace store {
namespace {

constexpr std::size_t kPieceBytes = 1024 * 1024;

tl::unexpected<base::Error> failure(const std::string& what, const Path& path) {
    return tl::unexpected<base::Error>(systemError(errno, what, path));
}

tl::unexpected<base::Error> tooShort(const Path& path) {
    return base::fail(base::Code::Io, "'" + path.string() + "' ended while it was read.");
}

FileDescriptor openFile(const Path& path, int flags) {
    return FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

/// As much as there is, at most what fits; less only at the end. Below 0: errno.
ssize_t readFull(int fd, std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::read(fd, out.data() + done, out.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return n;
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return static_cast<ssize_t>(done);
}

bool writeAll(int fd, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

/// Hands on the first `bytes` of a file, piece by piece.
template <class Visit>
Status eachPiece(const Path& path, std::uint64_t bytes, const Visit& visit) {
    FileDescriptor fd = openFile(path, O_RDONLY);
    if (!fd) return failure("open", path);
    Bytes piece(kPieceBytes);
    while (bytes > 0) {
        const std::size_t wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kPieceBytes));
        const ssize_t n = readFull(fd.get(), std::span(piece).first(wanted));
        if (n < 0) return failure("read", path);
        if (static_cast<std::size_t>(n) < wanted) return tooShort(path);
        CHECK_OK(visit(ByteView(piece).first(wanted)));
        bytes -= wanted;
    }
    return {};
}

Path folderOf(const Path& path) {
    return path.has_parent_path() ? path.parent_path() : Path(".");
}

}  // namespace

Result<std::uint64_t> fileSize(const Path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return failure("open", path);
    if (!S_ISREG(info.st_mode)) {
        return base::fail(base::Code::Io, "'" + path.string() + "' is no file.");
    }
    return static_cast<std::uint64_t>(info.st_size);
}

Result<Bytes> readPart(const Path& path, std::uint64_t from, std::size_t bytes) {
    FileDescriptor fd = openFile(path, O_RDONLY);
    if (!fd) return failure("open", path);
    if (::lseek(fd.get(), static_cast<off_t>(from), SEEK_SET) < 0) return failure("read", path);
    Bytes out(bytes);
    const ssize_t n = readFull(fd.get(), out);
    if (n < 0) return failure("read", path);
    if (static_cast<std::size_t>(n) < bytes) return tooShort(path);
    return out;
}

Result<base::Hash> hashPart(const Path& path, std::uint64_t bytes, std::string_view tag) {
    crypto::Hasher hasher(tag);
    CHECK_OK(eachPiece(path, bytes, [&](ByteView piece) -> Status {
        hasher.add(piece);
        return {};
    }));
    return hasher.finish();
}

Result<base::Hash> copyPart(const Path& from, std::uint64_t bytes, const Path& to,
                            std::string_view tag) {
    FileDescriptor out = openFile(to, O_WRONLY | O_CREAT | O_EXCL);
    if (!out) return failure("make", to);
    crypto::Hasher hasher(tag);
    CHECK_OK(eachPiece(from, bytes, [&](ByteView piece) -> Status {
        hasher.add(piece);
        return writeAll(out.get(), piece) ? Status() : failure("write", to);
    }));
    if (::fsync(out.get()) != 0) return failure("write", to);
    return hasher.finish();
}

Status appendDurably(const Path& path, ByteView bytes) {
    FileDescriptor fd = openFile(path, O_WRONLY | O_APPEND);
    bool isDone =
        fd && ::fchmod(fd.get(), 0600) == 0 && writeAll(fd.get(), bytes) && ::fsync(fd.get()) == 0;
    return isDone ? Status() : failure("write", path);
}

Status renameDurably(const Path& from, const Path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure("make", to);
    CHECK_OK(syncFolder(folderOf(from)));
    return syncFolder(folderOf(to));
}

}  // namespace store
