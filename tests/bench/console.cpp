#include "communes.h"
#include "long_workloads.h"
#include "report.h"
#include "saving.h"

namespace bench {
namespace {

using base::Code;
using base::fail;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSeed = 3;
constexpr std::size_t kUploadedAtOnce = 20'000;
constexpr int kIdleSyncs = 21;
constexpr int kStatusCalls = 3;
constexpr double kIdleBytesMax = 1'000;

/// All units' ledgers, the province's own among them, filled in turn by the office.
Status fill(Province& province, std::size_t entries) {
    Device& author = province.author();
    std::vector<base::ScopeId> scopes;
    for (const auto& [code, unit] : author.replica().directory().directory().units())
        scopes.push_back(unit.scope);
    SaveStream stream(kSeed);
    for (std::size_t done = 0; done < entries;) {
        std::size_t count = std::min(kUploadedAtOnce, entries - done);
        CHECK_OK(writeSaves(author, scopes, stream, count));
        CHECK_OK(oneSession(author.replica()));
        done += count;
    }
    return {};
}

/// The median of several, in seconds.
Result<double> timeOfStatus(replica::Replica& replica) {
    std::vector<double> all;
    for (int i = 0; i < kStatusCalls; ++i) {
        auto start = Clock::now();
        TRY(auto status, replica.status());
        all.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    return median(all, [](double seconds) { return seconds; });
}

}  // namespace

Status measureConsole(const Options& options, const LongOptions& sizes) {
    Province province(options.server, options.folder / "console");
    CHECK_OK(province.prepare());
    TRY(auto codes, addCommunes(province, sizes.units));
    CHECK_OK(fill(province, sizes.entries));
    province.closeAuthor();

    Device& console = province.reader();
    std::uint64_t before = console.diskBytes();
    double session = 0;
    TRY(Figures taken, timedWithPeaks(province, [&]() -> Status {
            auto start = Clock::now();
            CHECK_OK(oneSession(console.replica()));
            session = std::chrono::duration<double>(Clock::now() - start).count();
            return console.replica().settle();
        }));
    taken.changes = sizes.entries;
    auto perEntry = [&](std::uint64_t bytes) {
        return rounded(static_cast<double>(bytes) / static_cast<double>(sizes.entries), 1);
    };
    Json out = workloadLine("L3", {taken});
    out["ledgers"] = codes.size() + 1;
    out["session_s"] = rounded(session, 3);
    out["fold_s"] = rounded(taken.seconds - session, 3);
    putGrowth(out, taken);
    out["client_disk_per_change"] = perEntry(console.diskBytes() - before);
    out["server_disk_per_change"] = perEntry(taken.serverDisk);
    TRY(double status, timeOfStatus(console.replica()));
    out["status_s"] = rounded(status, 4);
    print(out);

    TRY(Figures idle,
        medianOf(kIdleSyncs, province, [&] { return oneSession(console.replica()); }));
    Json nothing = workloadLine("L3", {idle});
    nothing["part"] = "nothing new";
    nothing["ledgers"] = codes.size() + 1;
    print(nothing);
    double bytes = static_cast<double>(idle.passed.up + idle.passed.down);
    print(ratioLine("L3 bytes of a session with nothing new", bytes, "<= 1000",
                    bytes <= kIdleBytesMax));
    return {};
}

}  // namespace bench
