#pragma once
// What a workload took at client, proxy and server.

#include <sys/types.h>
#include <atomic>
#include <functional>
#include <thread>
#include "province.h"

namespace bench {

/// Of a process, in MiB. Pages of the store's map are the system's to take back, so they are told
/// apart from what a process holds itself.
struct Memory {
    double resident = 0;
    double own = 0;  // resident, without pages of files
};
Memory memoryOf(pid_t process);
/// What it has written into files so far, rewritten pages and all. (The kernel's count of what
/// reached the disk takes whole folios for single pages.)
std::uint64_t writtenBytesOf(pid_t process);

/// One repetition of one workload.
struct Figures {
    std::size_t changes = 0;
    double seconds = 0;
    Passed passed;  // cpuSeconds unused
    double clientCpu = 0;
    double serverCpu = 0;
    Memory client;  // at the end
    Memory server;
    double clientOwnPeak = 0;  // MiB more than before, at most; where it was watched
    double serverOwnPeak = 0;
    std::uint64_t clientWritten = 0;  // bytes, with its proxy
    std::uint64_t serverWritten = 0;
    std::uint64_t serverDisk = 0;
    std::uint64_t signatures =
        0;  // seals of segments; the heads that a client checks, one a batch, come on top
};

/// Runs the work and notes what it took at all three.
Result<Figures> timed(Province& province, const std::function<Status()>& work);

/// As timed, and looks at both processes' own memory every few milliseconds.
Result<Figures> timedWithPeaks(Province& province, const std::function<Status()>& work);

/// A session after which nothing is pending any more.
Status oneSession(replica::Replica& replica);

/// The repetition in the middle of several short ones.
Result<Figures> medianOf(int repetitions, Province& province, const std::function<Status()>& work);

/// Runs task(0) to task(count - 1) on so many threads; the first error, if any, once all have
/// ended.
Status inParallel(std::size_t count, std::size_t threads,
                  const std::function<Status(std::size_t)>& task);

}  // namespace bench
