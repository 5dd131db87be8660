#include "measuring.h"
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>
#include <fstream>
#include <mutex>

namespace bench {
namespace {

using base::Code;
using base::fail;

constexpr std::chrono::milliseconds kWatchEvery{20};

double processCpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The most that a process holds itself while this lives.
class Watch {
public:
    explicit Watch(std::vector<pid_t> processes)
        : m_processes(std::move(processes)),
          m_before(look()),
          m_most(m_before),
          m_thread([this] { run(); }) {}
    ~Watch() {
        if (m_thread.joinable()) end();
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// How much more than in the beginning, by process.
    std::vector<double> end() {
        m_isOver = true;
        m_thread.join();
        note();
        std::vector<double> out;
        for (std::size_t i = 0; i < m_most.size(); ++i) out.push_back(m_most[i] - m_before[i]);
        return out;
    }

private:
    std::vector<double> look() const {
        std::vector<double> out;
        for (pid_t process : m_processes) out.push_back(memoryOf(process).own);
        return out;
    }
    void note() {
        std::vector<double> now = look();
        for (std::size_t i = 0; i < now.size(); ++i) m_most[i] = std::max(m_most[i], now[i]);
    }
    void run() {
        for (; !m_isOver; std::this_thread::sleep_for(kWatchEvery)) note();
    }

    std::vector<pid_t> m_processes;
    std::vector<double> m_before;
    std::vector<double> m_most;
    std::atomic<bool> m_isOver = false;
    std::thread m_thread;
};

}  // namespace

Memory memoryOf(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    double total = 0;
    double resident = 0;
    double ofFiles = 0;
    file >> total >> resident >> ofFiles;
    double page = static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
    return {resident * page, (resident - ofFiles) * page};
}

std::uint64_t writtenBytesOf(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/io");
    std::string name;
    std::uint64_t value = 0;
    while (file >> name >> value) {
        if (name == "wchar:") return value;
    }
    return 0;
}

Result<Figures> timed(Province& province, const std::function<Status()>& work) {
    Figures out;
    province.proxy().reset();
    double proxyCpu = province.proxy().passed().cpuSeconds;
    double serverCpu = province.server().cpuSeconds();
    std::uint64_t clientWritten = writtenBytesOf(getpid());
    std::uint64_t serverWritten = writtenBytesOf(province.server().process());
    double cpu = processCpuSeconds();
    auto start = std::chrono::steady_clock::now();
    CHECK_OK(work());
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    double cpuAfter = processCpuSeconds();
    out.passed = province.proxy().passed();
    out.clientCpu = std::max(0.0, cpuAfter - cpu - (out.passed.cpuSeconds - proxyCpu));
    out.serverCpu = province.server().cpuSeconds() - serverCpu;
    out.clientWritten = writtenBytesOf(getpid()) - clientWritten;
    out.serverWritten = writtenBytesOf(province.server().process()) - serverWritten;
    out.client = memoryOf(getpid());
    out.server = memoryOf(province.server().process());
    out.serverDisk = province.server().diskBytes();
    return out;
}

Result<Figures> timedWithPeaks(Province& province, const std::function<Status()>& work) {
    malloc_trim(0);  // what was given back before would hide what is taken now
    Watch watch({getpid(), province.server().process()});
    TRY(Figures out, timed(province, work));
    std::vector<double> peaks = watch.end();
    out.clientOwnPeak = peaks[0];
    out.serverOwnPeak = peaks[1];
    return out;
}

Status oneSession(replica::Replica& replica) {
    syncing::SyncReport report;
    CHECK_OK(syncing::runSession(replica, report));
    if (replica.pendingEntries() > 0)
        return fail(Code::Internal, "entries are still pending after a session");
    return {};
}

Result<Figures> medianOf(int repetitions, Province& province, const std::function<Status()>& work) {
    std::vector<Figures> all;
    for (int i = 0; i < repetitions; ++i) {
        TRY(Figures one, timed(province, work));
        all.push_back(one);
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.seconds < b.seconds; });
    return all[all.size() / 2];
}

Status inParallel(std::size_t count, std::size_t threads,
                  const std::function<Status(std::size_t)>& task) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    Status first;
    std::vector<std::thread> pool;
    for (std::size_t t = 0; t < std::min(threads, count); ++t) {
        pool.emplace_back([&] {
            for (std::size_t i = next++; i < count; i = next++) {
                Status done = task(i);
                std::lock_guard lock(mutex);
                if (!done && first) first = done;
            }
        });
    }
    for (std::thread& thread : pool) thread.join();
    return first;
}

}  // namespace bench
