#include <sys/resource.h>
#include <latch>
#include <numeric>
#include <random>
#include "ceiling.h"
#include "communes.h"
#include "long_workloads.h"
#include "report.h"
#include "saving.h"

namespace bench {
namespace {

using base::Code;
using base::fail;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSeed = 2;
constexpr int kTriesMax = 200;
constexpr std::chrono::milliseconds kPauseMin{100};  // before a device tries again
constexpr std::chrono::milliseconds kPauseMax{500};
constexpr double kCeilingTimes = 3;

/// Three files of a store and three sockets for each device.
void allowDescriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// What the devices of a province do when the line is back.
class Return {
public:
    Return(std::vector<std::unique_ptr<Device>>& devices, std::size_t atOnce)
        : m_devices(devices),
          m_atOnce(atOnce),
          m_seconds(devices.size()),
          m_tries(devices.size()),
          m_down(devices.size()) {}

    /// All devices have begun when the first speaks, if there is a thread for each.
    Status run() {
        std::latch begin(static_cast<std::ptrdiff_t>(std::min(m_atOnce, m_devices.size())));
        return inParallel(m_devices.size(), m_atOnce, [&](std::size_t i) {
            if (i < m_atOnce) begin.arrive_and_wait();
            return bring(i);
        });
    }

    double secondsOf(double share) const {
        std::vector<double> sorted = m_seconds;
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    }
    std::uint64_t tries() const { return std::accumulate(m_tries.begin(), m_tries.end(), 0ULL); }
    std::uint64_t entriesDown() const {
        return std::accumulate(m_down.begin(), m_down.end(), 0ULL);
    }

private:
    /// Until all of the device's work is acknowledged.
    Status bring(std::size_t i) {
        std::mt19937_64 random(kSeed + i);
        replica::Replica& replica = m_devices[i]->replica();
        auto start = Clock::now();
        while (m_tries[i] < kTriesMax) {
            ++m_tries[i];
            syncing::SyncReport report;
            Status session = syncing::runSession(replica, report);
            m_down[i] += report.entries.entriesDown;
            m_seconds[i] = std::chrono::duration<double>(Clock::now() - start).count();
            if (session && replica.pendingEntries() == 0) return {};
            if (!session && session.error().code != Code::Cut) return session;
            auto more = static_cast<std::uint64_t>((kPauseMax - kPauseMin).count());
            std::this_thread::sleep_for(kPauseMin + std::chrono::milliseconds(random() % more));
        }
        return fail(Code::Cut, "a device never got through");
    }

    std::vector<std::unique_ptr<Device>>& m_devices;
    std::size_t m_atOnce;
    std::vector<double> m_seconds;
    std::vector<std::uint64_t> m_tries;
    std::vector<std::uint64_t> m_down;  // entries
};

Ceiling ceilingOf(const Options& options, const LongOptions& sizes, std::size_t downEach) {
    MorningShape shape{sizes.units, sizes.devices, sizes.saves, downEach};
    std::size_t count = std::max(downEach, shape.units * shape.devicesEach * shape.savesEach);
    std::vector<std::string> lines;
    SaveStream stream(kSeed);
    for (std::size_t i = 0; i < count; ++i) lines.push_back(stream.next().line);
    return morningCeiling(lines, shape, options.folder / "morning-ceiling");
}

}  // namespace

Status measureMorning(const Options& options, const LongOptions& sizes) {
    allowDescriptors();
    auto begun = Clock::now();
    Province province(options.server, options.folder / "morning");
    CHECK_OK(province.prepare());
    TRY(auto codes, addCommunes(province, sizes.units));
    TRY(auto devices, enrolDevices(province, codes, sizes.devices));
    SaveStream stream(kSeed);
    for (auto& device : devices) {
        base::ScopeId scope = device->replica().ownUnit()->scope;
        CHECK_OK(writeSaves(*device, {&scope, 1}, stream, sizes.saves));
    }
    double setUp = std::chrono::duration<double>(Clock::now() - begun).count();

    std::size_t atOnce = sizes.atOnce == 0 ? devices.size() : sizes.atOnce;
    Return all(devices, atOnce);
    TRY(Figures figures, timedWithPeaks(province, [&] { return all.run(); }));
    figures.changes = devices.size() * sizes.saves;
    std::size_t downEach = static_cast<std::size_t>(all.entriesDown() / devices.size());
    Json out = workloadLine("L2", {figures});
    out["units"] = sizes.units;
    out["devices"] = devices.size();
    out["at_once"] = atOnce;
    out["sessions_per_s"] = rounded(static_cast<double>(devices.size()) / figures.seconds, 1);
    out["session_p50_s"] = rounded(all.secondsOf(0.5), 3);
    out["session_p99_s"] = rounded(all.secondsOf(0.99), 3);
    out["sessions_begun"] = all.tries();
    out["entries_down"] = all.entriesDown();
    out["server_ms_per_device"] =
        rounded(figures.serverCpu * 1e3 / static_cast<double>(devices.size()), 3);
    putGrowth(out, figures);
    out["set_up_s"] = rounded(setUp, 1);
    print(out);
    devices.clear();

    Ceiling ceiling = ceilingOf(options, sizes, downEach);
    print({{"limit", "L2"},
           {"what",
            "one session after the other for each unit's devices, no handshake; a commit a "
            "unit and one a device"},
           {"n", ceiling.changes},
           {"seconds", rounded(ceiling.seconds, 4)},
           {"load_average", rounded(loadAverage(), 2)}});
    double times = figures.seconds / ceiling.seconds;
    print(ratioLine("L2 seconds / ceiling", times, "<= 3", times <= kCeilingTimes));
    return {};
}

}  // namespace bench
