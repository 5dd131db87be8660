#include <sys/wait.h>
#include <unistd.h>
#include "long_workloads.h"
#include "report.h"
#include "saving.h"

namespace bench {
namespace {

using base::Code;
using base::fail;

constexpr std::uint64_t kSeed = 1;
constexpr double kGrowthMax = 1.5;  // times the time per change of the smallest size

/// What one size took in one direction, as a line; "us_per_change" is compared.
Json lineOf(const char* part, const Figures& figures, double client, double server) {
    Json out = workloadLine("L1", {figures});
    auto changes = static_cast<double>(figures.changes);
    out["part"] = part;
    out["us_per_change"] = rounded(figures.seconds / changes * 1e6, 2);
    putGrowth(out, figures);
    out["client_disk_per_change"] = rounded(client / changes, 1);
    out["server_disk_per_change"] = rounded(server / changes, 1);
    return out;
}

double grown(std::uint64_t now, std::uint64_t before) {
    return static_cast<double>(now) - static_cast<double>(before);
}

Result<Json> upload(Province& province, std::size_t changes) {
    double server = static_cast<double>(province.server().diskBytes());
    double client = static_cast<double>(province.author().diskBytes());
    SaveStream stream(kSeed);
    Memory before = memoryOf(getpid());
    CHECK_OK(writeSaves(province.author(), {&province.scope(), 1}, stream, changes));
    double pending = memoryOf(getpid()).own - before.own;
    TRY(Figures figures,
        timedWithPeaks(province, [&] { return oneSession(province.author().replica()); }));
    figures.changes = changes;
    TRY(figures.signatures, province.author().recordsOf(province.scope()));
    Json out = lineOf("W1", figures, grown(province.author().diskBytes(), client),
                      grown(province.server().diskBytes(), server));
    out["client_own_mb_pending"] = rounded(pending, 1);
    return out;
}

Result<Json> download(Province& province, std::size_t changes) {
    base::ScopeId scope = province.scope();
    province.closeAuthor();
    std::uint64_t server = province.server().diskBytes();
    std::uint64_t client = province.reader().diskBytes();
    replica::Replica& reader = province.reader().replica();
    TRY(Figures figures, timedWithPeaks(province, [&]() -> Status {
            CHECK_OK(oneSession(reader));
            return reader.settle();
        }));
    figures.changes = changes;
    TRY(figures.signatures, province.reader().recordsOf(scope));
    return lineOf("W2", figures, grown(province.reader().diskBytes(), client),
                  grown(province.server().diskBytes(), server));
}

Result<Json> oneSize(const Options& options, std::size_t changes) {
    Province province(options.server, options.folder / ("growth" + std::to_string(changes)));
    CHECK_OK(province.prepare());
    TRY(Json up, upload(province, changes));
    TRY(Json down, download(province, changes));
    return Json{up, down};
}

/// Each size in a process of its own: what an earlier one has left in memory would count otherwise.
Json inProcess(const std::function<Result<Json>()>& work) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
    pid_t child = fork();
    if (child < 0) throw std::runtime_error("cannot start another process");
    if (child == 0) {
        auto done = work();
        std::string said = done ? done->dump() : Json(done.error().message).dump();
        bool isSaid = write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
        _exit(isSaid ? 0 : 1);
    }
    close(ends[1]);
    std::string said;
    char buffer[4096];
    for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof buffer)) > 0;)
        said.append(buffer, static_cast<std::size_t>(size));
    close(ends[0]);
    waitpid(child, nullptr, 0);
    Json out = Json::parse(said, nullptr, false);
    if (!out.is_array()) throw std::runtime_error("a size of L1 failed: " + said);
    return out;
}

}  // namespace

Status measureGrowth(const Options& options, const LongOptions& sizes) {
    std::map<std::string, double> smallest;  // by part
    for (std::size_t changes : sizes.sizes) {
        for (Json& line : inProcess([&] { return oneSize(options, changes); })) {
            print(line);
            std::string part = line["part"];
            double time = line["us_per_change"];
            if (!smallest.contains(part)) {
                smallest[part] = time;
                continue;
            }
            std::string name = "L1 " + part + " with " + std::to_string(changes);
            double times = time / smallest[part];
            print(ratioLine(name + ": time per change / smallest", times, "<= 1.5",
                            times <= kGrowthMax));
        }
    }
    return {};
}

}  // namespace bench
