#include "long_workloads.h"
#include "report.h"
#include "saving.h"

namespace bench {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kSavesEach = 50;
constexpr std::uint64_t kSeed = 4;
constexpr int kSessionsMax = 20;

/// 600 ms there and back. A lost packet is noticed after two round trips; about one packet in
/// twenty of 1,400 bytes.
Line badLine(std::uint64_t kilobits) {
    Line out;
    out.oneWay = std::chrono::milliseconds(300);
    out.bytesPerSecond = kilobits * 1'000 / 8;
    out.bytesBetweenStalls = 28'000;
    out.stall = std::chrono::milliseconds(1'200);
    out.seed = kSeed;
    return out;
}

/// Sessions until nothing waits any more, as a user would try again.
Status settle(replica::Replica& replica, int& sessions) {
    while (sessions < kSessionsMax) {
        ++sessions;
        syncing::SyncReport report;
        Status session = syncing::runSession(replica, report);
        if (session && replica.pendingEntries() == 0) return {};
        if (!session && session.error().code != Code::Cut) return session;
    }
    return fail(Code::Cut, "the line was too bad for a day's work");
}

/// Both have saved, each their half of the day; the reader's is at the server already.
Status saveTheDay(Province& province, const std::vector<Save>& saves) {
    for (std::size_t i = 0; i < 2 * kSavesEach; ++i) {
        Device& device = i % 2 == 0 ? province.author() : province.reader();
        CHECK_OK(saveAgain(device, province.scope(), saves[i], saves[saves.size() - 1 - i]));
    }
    return oneSession(province.reader().replica());
}

}  // namespace

Status measureBadLine(const Options& options, const LongOptions& sizes) {
    Province province(options.server, options.folder / "bad-line");
    CHECK_OK(province.prepare());
    std::vector<Save> saves = makeSaves(2 * kSavesEach, kSeed);
    for (const Save& save : saves) {
        CHECK_OK(province.author().replica().append({province.scope(), {save.change}}));
    }
    CHECK_OK(oneSession(province.author().replica()));
    CHECK_OK(oneSession(province.reader().replica()));
    CHECK_OK(saveTheDay(province, saves));

    replica::Replica& author = province.author().replica();
    Line line = badLine(sizes.kilobits);
    province.proxy().setLine(line);
    int sessions = 0;
    TRY(Figures day, timed(province, [&] { return settle(author, sessions); }));
    TRY(Figures idle, timed(province, [&] { return oneSession(author); }));
    day.changes = 2 * kSavesEach;
    Json out = workloadLine("L4", {day});
    out["minutes"] = rounded(day.seconds / 60, 2);
    out["sessions"] = sessions;
    out["stalls"] = day.passed.stalls;
    out["idle_seconds"] = rounded(idle.seconds, 3);
    out["idle_stalls"] = idle.passed.stalls;
    out["kilobits_per_s"] = sizes.kilobits;
    out["round_trip_ms"] = 2 * line.oneWay.count();
    out["stall_ms"] = line.stall.count();
    out["bytes_between_stalls"] = line.bytesBetweenStalls;
    print(out);
    return {};
}

}  // namespace bench
