#pragma once
// What LMDB tells the disk, seen on its way to the kernel: recorded, so that what a power cut may
// leave can be built, and made to fail on demand. The functions of the C library and LMDB's commit
// are overridden for this test binary (disk.cpp), so there is one disk in a process.

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/files.h"

namespace crash {

using base::Bytes;
using base::ByteView;

struct Operation {
    enum class Kind {
        Write,
        DurableWrite,  // on a descriptor with O_DSYNC: LMDB's meta pages
        Sync,
        Placed,  // the file has got its name: it was made in the folder "new" beside
        Commit   // a commit that wrote something has returned success to the program
    };
    Kind kind;
    std::uint64_t offset = 0;
    Bytes bytes;
};

enum class Fault { InputOutput, NoSpace, HalfWritten };

/// From here on the operations on this data file are kept; one file at a time.
void record(const store::Path& dataFile);
struct Recording {
    Bytes before;  // the file as the first operation found it
    std::vector<Operation> operations;
};
/// Ends it.
Recording recorded();

/// The n-th write or sync of a data file from now on (the first is 1) fails, once.
void failAt(std::uint64_t n, Fault fault);
/// How many are still to pass, the failing one included; ends the plan.
std::uint64_t callsLeft();

/// Calls `visit` with images of the file that a power cut during the scenario may leave: of what
/// was not synced yet, each sector of 512 bytes is there or not. `commits` is how many commits had
/// returned by then. At each operation: nothing unsynced, all of it, and `mixtures` in between.
struct Image {
    Bytes bytes;
    bool isPlaced = true;  // else it lies in "new"
};
using ImageVisitor = std::function<void(const Image& image, std::size_t commits)>;
void forEachImage(const Recording& recording, std::size_t mixtures, base::Random& random,
                  const ImageVisitor& visit);
/// The file before anything was recorded and after each commit since.
std::vector<Image> committedImages(const Recording& recording);

/// What is done to any file or folder, by path, where the order matters for its name.
struct FileCall {
    enum class Kind { Write, Sync, Rename };  // Write: not durable by itself
    Kind kind;
    std::string path;
    std::string newPath{};  // of Rename
};
/// From here on they are kept.
void recordFileCalls();
/// Ends it.
std::vector<FileCall> recordedFileCalls();

}  // namespace crash
