// thongsuot-bench: the real client library against the real server process, and beside it, in the
// same run, what the machine would allow. docs/performance.md tells what the figures mean.

#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include "ceiling.h"
#include "long_workloads.h"
#include "report.h"

namespace {

namespace fs = std::filesystem;
using bench::Json;
using bench::median;
using bench::print;

constexpr std::uint64_t kSeed = 20'261'122;
constexpr std::size_t kCeilingAuthored = 2'000;
constexpr double kAuthoringShare = 0.6;  // of the ceiling
constexpr double kUploadTimes = 3.0;     // the ceiling's time
constexpr double kWasteMax = 0.02;       // of W1's bytes

constexpr const char* kAbout =
    "Measures Thông Suốt: the client library against a real thongsuot-server on this machine, "
    "through a proxy that counts "
    "bytes. One JSON line for each workload, for the machine's own limits, and for the ratios "
    "between them.\n\n"
    "Workloads: A1 authoring, W1 upload, W1b upload of an import, W1_rtt upload at 100 ms round "
    "trip, W2 download, "
    "W3 both ways, W4 nothing new, W5 a cut upload. The default is all of these. Only by --only: "
    "L1 growth (about 5 minutes), L2 all devices of a province come back at once (5 minutes, most "
    "of it to enrol them), L3 a console with all ledgers (6 minutes), L4 a bad line (15 seconds). "
    "All of these: --only L1,L2,L3,L4";

/// A folder that goes with the process.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "thongsuot-bench-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
        m_path = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

void printLimit(const char* name, const char* what, const std::vector<bench::Ceiling>& all) {
    using bench::Ceiling;
    Json out;
    out["limit"] = name;
    out["what"] = what;
    out["n"] = all.front().changes;
    bench::putSeconds(out, all);
    auto changes = static_cast<double>(all.front().changes);
    out["changes_per_s"] = bench::perSecond(changes, out["seconds"]);
    double up = median(all, [](const Ceiling& c) { return static_cast<double>(c.bytesUp); });
    if (up > 0) out["bytes_up_per_change"] = bench::rounded(up / changes, 1);
    print(out);
}

/// What the machine allows, taken in turn with the workloads: it may change within the minute.
struct Limits {
    std::vector<bench::Ceiling> authoring;
    std::vector<bench::Ceiling> upload;

    void measureOnce(const bench::Options& options, const std::vector<bench::Save>& saves,
                     int number) {
        std::vector<std::string> lines;
        for (const bench::Save& save : saves) lines.push_back(save.line);
        std::string suffix = std::to_string(number);
        if (options.wants("W1")) {
            upload.push_back(bench::uploadCeiling(lines, options.folder / ("uploaded" + suffix)));
        }
        lines.resize(std::min(lines.size(), kCeilingAuthored));
        if (options.wants("A1")) {
            authoring.push_back(
                bench::authoringCeiling(lines, options.folder / ("authored" + suffix)));
        }
    }
};

void printLimits(const Limits& limits, const bench::Measured& measured) {
    auto rateOf = [](const auto& all, std::size_t changes) {
        return static_cast<double>(changes) /
               median(all, [](const auto& one) { return one.seconds; });
    };
    if (!limits.authoring.empty()) {
        printLimit("A1", "chain, sign, one durable LMDB commit per change", limits.authoring);
        const auto& own = measured.at("A1");
        double share = rateOf(own, own.front().changes) /
                       rateOf(limits.authoring, limits.authoring.front().changes);
        print(bench::ratioLine("A1 changes_per_s / ceiling", share, ">= 0.6",
                               share >= kAuthoringShare));
    }
    if (!limits.upload.empty()) {
        printLimit(
            "W1",
            "one signature per 256, zstd 3, encrypted, loopback, one durable commit at each end",
            limits.upload);
        const auto& own = measured.at("W1");
        double times =
            rateOf(limits.upload, limits.upload.front().changes) / rateOf(own, own.front().changes);
        print(bench::ratioLine("W1 seconds / ceiling", times, "<= 3", times <= kUploadTimes));
    }
    if (measured.contains("W5") && measured.contains("W1")) {
        auto up = [&](const char* name) {
            return median(measured.at(name),
                          [](const bench::Figures& f) { return static_cast<double>(f.passed.up); });
        };
        double waste = up("W5") / up("W1") - 1;
        print(bench::ratioLine("W5 bytes sent again / W1 bytes up", waste, "<= 0.02",
                               waste <= kWasteMax));
    }
}

using LongMeasure = bench::Status (*)(const bench::Options&, const bench::LongOptions&);
constexpr std::array<std::pair<std::string_view, LongMeasure>, 4> kLong{
    {{"L1", bench::measureGrowth},
     {"L2", bench::measureMorning},
     {"L3", bench::measureConsole},
     {"L4", bench::measureBadLine}}};

/// Runs those that are named, and takes their names away.
void measureLong(bench::Options& options, const bench::LongOptions& sizes) {
    for (const auto& [name, measure] : kLong) {
        if (options.only.erase(std::string(name)) == 0) continue;
        if (auto done = measure(options, sizes); !done)
            throw std::runtime_error(done.error().message);
    }
}

int measure(const bench::Options& options, const std::string& input, std::uint64_t idleBytesMax) {
    std::vector<bench::Save> saves;
    if (input.empty()) {
        saves = bench::makeSaves(options.changes, kSeed);
    } else {
        auto read = bench::readSaves(input, options.changes);
        if (!read) throw std::runtime_error(read.error().message);
        saves = std::move(*read);
    }
    bench::Measured measured;
    Limits limits;
    for (int i = 0; i < options.repetitions; ++i) {
        auto done = bench::measureOnce(options, saves, i, measured);
        if (!done) throw std::runtime_error(done.error().message);
        limits.measureOnce(options, saves, i);
    }
    for (const auto& [name, all] : measured) print(bench::workloadLine(name, all));
    printLimits(limits, measured);
    if (idleBytesMax == 0 || !measured.contains("W4")) return 0;
    const bench::Passed& idle = measured.at("W4").front().passed;
    if (idle.up + idle.down <= idleBytesMax) return 0;
    std::cerr << "thongsuot-bench: an idle sync took " << idle.up + idle.down << " bytes\n";
    return 1;
}

void addLongOptions(CLI::App& app, bench::LongOptions& sizes) {
    auto add = [&](const char* name, auto& value, const char* what) {
        return app.add_option(name, value, what)->capture_default_str()->check(CLI::PositiveNumber);
    };
    add("--sizes", sizes.sizes, "L1: changes, growing")->delimiter(',');
    add("--units", sizes.units, "L2, L3: communes");
    add("--devices", sizes.devices, "L2: devices of each commune");
    add("--saves", sizes.saves, "L2: saves of each device");
    app.add_option("--at-once", sizes.atOnce,
                   "L2: devices that synchronise at the same time; 0: all")
        ->capture_default_str();
    add("--entries", sizes.entries, "L3: entries of all ledgers together");
    add("--kbit", sizes.kilobits, "L4: the line's speed in kbit/s");
}

}  // namespace

int main(int argc, char** argv) {
    umask(0077);
    signal(SIGPIPE, SIG_IGN);
    CLI::App app{kAbout, "thongsuot-bench"};
    bench::Options options;
    bench::LongOptions sizes;
    std::vector<std::string> only;
    std::string input;
    std::uint64_t idleBytesMax = 0;
    std::error_code ignored;
    fs::path own = fs::read_symlink("/proc/self/exe", ignored);
    options.server = own.parent_path() / "thongsuot-server";
    app.add_option("--only", only, "Only these workloads, for example A1,W1")
        ->delimiter(',')
        ->check(CLI::IsMember(
            {"A1", "W1", "W1b", "W1_rtt", "W2", "W3", "W4", "W5", "L1", "L2", "L3", "L4"}));
    app.add_option("--reps", options.repetitions, "Repetitions; medians are printed")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    app.add_option("--n", options.changes, "Changes of a workload")
        ->capture_default_str()
        ->check(CLI::Range(2, 10'000'000));
    app.add_option("--input", input,
                   "A file of changes, one JSON object a line (default: a stream of its own)");
    app.add_option("--server", options.server, "The server's binary")->capture_default_str();
    app.add_option("--idle-bytes-max", idleBytesMax,
                   "Fail if a synchronisation with nothing new takes more bytes both ways");
    addLongOptions(app, sizes);
    app.set_version_flag("--version", "thongsuot-bench " THONGSUOT_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    options.only = {only.begin(), only.end()};
    try {
        if (auto ready = crypto::initialise(); !ready)
            throw std::runtime_error(ready.error().message);
        TemporaryFolder folder;
        options.folder = folder.path();
        measureLong(options, sizes);
        if (!only.empty() && options.only.empty()) return 0;
        return measure(options, input, idleBytesMax);
    } catch (const std::exception& error) {
        std::cerr << "thongsuot-bench: " << error.what() << "\n";
        return 1;
    }
}
