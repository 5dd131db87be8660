#include "disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>

#include "memory.h"

namespace crash {
namespace {

constexpr std::size_t kSectorBytes = 512;

struct Plan {
    std::string recordedFile;
    Bytes before;  // the file as the first operation found it
    std::vector<Operation> operations;
    bool hasWritten = false;  // since the last commit
    bool keepsFileCalls = false;
    std::vector<FileCall> fileCalls;
    std::uint64_t callsLeft = 0;
    Fault fault = Fault::InputOutput;
};

Plan& plan() {
    static Plan one;
    return one;
}

template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// The data file's path, also while it is made in the folder beside; empty for other files.
std::string placeOf(std::string path) {
    constexpr std::string_view kFile = "/data.mdb", kBeside = "/new/data.mdb";
    if (!path.ends_with(kFile)) return {};
    if (path.ends_with(kBeside)) path.replace(path.size() - kBeside.size(), kBeside.size(), kFile);
    return path;
}

std::string pathOf(int fd) {
    std::array<char, 4096> target{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), target.data(), target.size());
    return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

/// Empty unless the descriptor is of a store's data file.
std::string dataFileOf(int fd) {
    return placeOf(pathOf(fd));
}

void noteFileCall(FileCall::Kind kind, int fd) {
    if (!plan().keepsFileCalls) return;
    const bool isDurable = (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    if (kind != FileCall::Kind::Write || !isDurable) plan().fileCalls.push_back({kind, pathOf(fd)});
}

bool isRecorded(const std::string& file) {
    return !file.empty() && file == plan().recordedFile;
}

/// Keeps what the file holds before anything is recorded of it.
void keepBefore(const std::string& file) {
    Plan& p = plan();
    if (!isRecorded(file) || !p.operations.empty()) return;
    std::ifstream in(file, std::ios::binary);
    p.before.assign(std::istreambuf_iterator<char>(in), {});
}

/// Whether this call is the one that fails.
bool failsNow(const std::string& file) {
    Plan& p = plan();
    if (file.empty() || p.callsLeft == 0 || --p.callsLeft > 0) return false;
    errno = p.fault == Fault::NoSpace ? ENOSPC : EIO;
    return true;
}

void note(int fd, const std::string& file, std::uint64_t offset, ByteView bytes) {
    if (!isRecorded(file)) return;
    using Kind = Operation::Kind;
    const bool isDurable = (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    plan().operations.push_back(
        {isDurable ? Kind::DurableWrite : Kind::Write, offset, base::copy(bytes)});
    plan().hasWritten = true;
}

void apply(Bytes& file, std::uint64_t offset, ByteView bytes) {
    if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// Each sector by itself, as `keeps` says.
template <class Keeps>
void applySectors(Bytes& file, const Operation& write, Keeps keeps) {
    for (std::size_t at = 0; at < write.bytes.size(); at += kSectorBytes) {
        const std::size_t size = std::min(kSectorBytes, write.bytes.size() - at);
        if (keeps()) apply(file, write.offset + at, ByteView(write.bytes).subspan(at, size));
    }
}

}  // namespace

void record(const store::Path& dataFile) {
    plan().recordedFile = std::filesystem::weakly_canonical(dataFile).string();
    plan().operations.clear();
    plan().hasWritten = false;
}

Recording recorded() {
    plan().recordedFile.clear();
    return {std::move(plan().before), std::move(plan().operations)};
}

void recordFileCalls() {
    plan().keepsFileCalls = true;
}

std::vector<FileCall> recordedFileCalls() {
    plan().keepsFileCalls = false;
    return std::exchange(plan().fileCalls, {});
}

void failAt(std::uint64_t n, Fault fault) {
    plan().callsLeft = n;
    plan().fault = fault;
}

std::uint64_t callsLeft() {
    return std::exchange(plan().callsLeft, 0);
}

void forEachImage(const Recording& recording, std::size_t mixtures, base::Random& random,
                  const ImageVisitor& visit) {
    using Kind = Operation::Kind;
    Image durable{recording.before, !recording.before.empty()};
    std::vector<const Operation*> inFlight;
    std::size_t commits = 0;
    auto coin = [&random] {
        std::uint8_t byte = 0;
        random.fill({&byte, 1});
        return (byte & 1) != 0;
    };
    for (const Operation& operation : recording.operations) {
        if (operation.kind == Kind::Commit) {
            ++commits;
            continue;
        }
        if (operation.kind == Kind::Placed) {
            visit(durable, commits);
            durable.isPlaced = true;
        }
        if (operation.kind == Kind::Write || operation.kind == Kind::DurableWrite)
            inFlight.push_back(&operation);
        const std::size_t count = inFlight.empty() ? 1 : mixtures + 2;
        for (std::size_t i = 0; i < count; ++i) {
            Image image = durable;
            for (const Operation* write : inFlight) {
                applySectors(image.bytes, *write, [&] { return i == 1 || (i > 1 && coin()); });
            }
            visit(image, commits);
        }
        if (operation.kind == Kind::DurableWrite) {
            apply(durable.bytes, operation.offset, operation.bytes);
            inFlight.pop_back();
        } else if (operation.kind == Kind::Sync) {
            for (const Operation* write : inFlight)
                apply(durable.bytes, write->offset, write->bytes);
            inFlight.clear();
        }
    }
}

std::vector<Image> committedImages(const Recording& recording) {
    Image file{recording.before, !recording.before.empty()};
    std::vector<Image> out{file};
    for (const Operation& operation : recording.operations) {
        if (operation.kind == Operation::Kind::Commit) {
            out.push_back(file);
        } else if (operation.kind == Operation::Kind::Placed) {
            file.isPlaced = true;
        } else {
            apply(file.bytes, operation.offset, operation.bytes);
        }
    }
    return out;
}

}  // namespace crash

// ---- What LMDB calls ----

using crash::plan;
using crash::real;

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    const std::string file = crash::dataFileOf(fd);
    crash::keepBefore(file);
    if (crash::failsNow(file)) {
        if (plan().fault != crash::Fault::HalfWritten) return -1;
        size /= 2;
    }
    const ssize_t n = call(fd, data, size, offset);
    crash::noteFileCall(crash::FileCall::Kind::Write, fd);
    if (n > 0) {
        crash::note(fd, file, static_cast<std::uint64_t>(offset),
                    {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(n)});
    }
    return n;
}

ssize_t writev(int fd, const iovec* parts, int count) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<ssize_t(int, const iovec*, int)>("writev");
    const std::string file = crash::dataFileOf(fd);
    crash::keepBefore(file);
    if (crash::failsNow(file)) {
        if (plan().fault != crash::Fault::HalfWritten) return -1;
        count = std::max(1, count / 2);
    }
    const off_t offset = file.empty() ? 0 : lseek(fd, 0, SEEK_CUR);
    const ssize_t n = call(fd, parts, count);
    crash::noteFileCall(crash::FileCall::Kind::Write, fd);
    if (n > 0 && crash::isRecorded(file)) {
        crash::Bytes bytes;
        for (int i = 0; i < count; ++i) {
            const auto* data = static_cast<const std::uint8_t*>(parts[i].iov_base);
            bytes.insert(bytes.end(), data, data + parts[i].iov_len);
        }
        bytes.resize(static_cast<std::size_t>(n));
        crash::note(fd, file, static_cast<std::uint64_t>(offset), bytes);
    }
    return n;
}

int fdatasync(int fd) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<int(int)>("fdatasync");
    const std::string file = crash::dataFileOf(fd);
    crash::keepBefore(file);
    if (crash::failsNow(file)) return -1;
    const int rc = call(fd);
    if (rc == 0) crash::noteFileCall(crash::FileCall::Kind::Sync, fd);
    if (rc == 0 && crash::isRecorded(file)) {
        plan().operations.push_back({crash::Operation::Kind::Sync, 0, {}});
    }
    return rc;
}

ssize_t write(int fd, const void* data, size_t size) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
    crash::noteFileCall(crash::FileCall::Kind::Write, fd);
    return call(fd, data, size);
}

int fsync(int fd) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<int(int)>("fsync");
    const int rc = call(fd);
    if (rc == 0) crash::noteFileCall(crash::FileCall::Kind::Sync, fd);
    return rc;
}

int rename(const char* from, const char* to) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<int(const char*, const char*)>("rename");
    const int rc = call(from, to);
    if (rc == 0 && plan().keepsFileCalls)
        plan().fileCalls.push_back({crash::FileCall::Kind::Rename, from, to});
    if (rc == 0 && crash::isRecorded(std::filesystem::weakly_canonical(to).string())) {
        plan().operations.push_back({crash::Operation::Kind::Placed, 0, {}});
    }
    return rc;
}

int mdb_txn_commit(MDB_txn* txn) {
    const crash::PlentyOfMemory plenty;
    static auto* const call = real<int(MDB_txn*)>("mdb_txn_commit");
    MDB_env* const env = mdb_txn_env(txn);
    const int rc = call(txn);
    const char* folder = nullptr;
    if (rc == 0 && plan().hasWritten && mdb_env_get_path(env, &folder) == 0) {
        const auto file = std::filesystem::weakly_canonical(store::Path(folder) / "data.mdb");
        if (crash::isRecorded(crash::placeOf(file.string()))) {
            plan().operations.push_back({crash::Operation::Kind::Commit, 0, {}});
            plan().hasWritten = false;
        }
    }
    return rc;
}

}  // extern "C"
