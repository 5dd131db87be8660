#include "store/files.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <csignal>
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

namespace {

std::size_t entriesOf(const Path& folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

unsigned modeOf(const Path& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 0777;
}

}  // namespace

TEST_CASE("files: a read is bounded, and says what is missing") {
    TemporaryFolder folder;
    const Path path = folder.path / "file";
    CHECK(codeOf(readFile(path, 10)) == Code::NotFound);
    REQUIRE(writeFileDurably(path, bytesOf("0123456789")));
    const auto bytes = readFile(path, 10);
    REQUIRE(bytes);
    CHECK(base::text(*bytes) == "0123456789");
    CHECK(codeOf(readFile(path, 9)) == Code::Limit);
    CHECK(codeOf(readFile("/dev/zero", 100'000)) == Code::Limit);
    CHECK(codeOf(readFile(folder.path, 10)) == Code::Io);
}

TEST_CASE("files: a durable write replaces the whole file and leaves nothing beside it") {
    TemporaryFolder folder;
    const Path path = folder.path / "file";
    REQUIRE(writeFileDurably(path, Bytes(100'000, 1)));
    CHECK(modeOf(path) == 0600);
    const int before = ::open(path.c_str(), O_RDONLY);
    REQUIRE(writeFileDurably(path, bytesOf("new"), 0644));
    CHECK(modeOf(path) == 0644);
    CHECK(base::text(*readFile(path, 100)) == "new");
    CHECK(entriesOf(folder.path) == 1);
    // Whoever had it open still sees the old file, whole: it was replaced, not overwritten.
    CHECK(::lseek(before, 0, SEEK_END) == 100'000);
    ::close(before);
}

TEST_CASE("files: a write that fails leaves the old file and nothing beside it") {
    TemporaryFolder folder;
    const Path path = folder.path / "taken";
    REQUIRE(ensureFolder(path / "inside"));
    CHECK(codeOf(writeFileDurably(path, bytesOf("x"))) == Code::Io);  // a folder is in the way
    CHECK(entriesOf(folder.path) == 1);
    CHECK(codeOf(writeFileDurably(folder.path / "no" / "file", {})) == Code::NotFound);
}

TEST_CASE("files: a folder is made with what is missing above it") {
    TemporaryFolder folder;
    const Path path = folder.path / "a" / "b";
    REQUIRE(ensureFolder(path));
    REQUIRE(ensureFolder(path));
    CHECK(modeOf(path) == 0700);
    CHECK(modeOf(folder.path / "a") == 0700);
    REQUIRE(writeFileDurably(path / "file", {}));
    CHECK(codeOf(ensureFolder(path / "file")) == Code::Io);
    REQUIRE(freeBytes(path));
    CHECK(codeOf(freeBytes(path / "none")) == Code::NotFound);
}

TEST_CASE("files: a lock keeps others out, names its holder, and goes with it") {
    TemporaryFolder folder;
    const Path path = folder.path / "lock";
    {
        auto lock = ProcessLock::acquire(path);
        REQUIRE(lock);
        const auto busy = ProcessLock::acquire(path);
        CHECK(codeOf(busy) == Code::HomeBusy);
        CHECK(busy.error().message.find(std::to_string(::getpid())) != std::string::npos);
    }
    CHECK(ProcessLock::acquire(path));
}

TEST_CASE("files: the lock of another process is busy until that process is killed") {
    TemporaryFolder folder;
    const Path path = folder.path / "lock";
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto lock = ProcessLock::acquire(path);
        const char answer = lock ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
        ::pause();
        ::_exit(0);
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    CHECK(answer == 'y');
    const auto busy = ProcessLock::acquire(path);
    CHECK(codeOf(busy) == Code::HomeBusy);
    CHECK(busy.error().message.find("process " + std::to_string(child) + " (") !=
          std::string::npos);
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(ProcessLock::acquire(path));
    ::close(ready[0]);
    ::close(ready[1]);
}
