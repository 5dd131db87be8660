// thongsuot-sim: replays a small province from a seed, with cut lines, crashes, failing commits,
// wrong clocks and a rogue, and checks after every commit and session that nothing is lost and
// everybody agrees.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "canary.h"
#include "simulation.h"

namespace {

using sim::Counters;
using sim::Options;
using sim::Outcome;

constexpr const char* kHelp =
    "thongsuot-sim: simulates a province from a seed and checks its invariants.\n"
    "\n"
    "  thongsuot-sim --seed N [--days D] [--devices K] [--trace]   one seed\n"
    "  thongsuot-sim --seeds A..B [--days D] [--devices K]         a campaign\n"
    "  thongsuot-sim --canary all|NAME                             defects that must be noticed\n"
    "\n"
    "  --days D      days of work under faults, 1 to 365 (3)\n"
    "  --devices K   devices of communes, 1 to 64 (4, or 8 for one seed of eight)\n"
    "  --trace       print every event\n"
    "\n"
    "What is printed follows from the arguments alone; times go to the error output. A campaign of "
    "20\n"
    "seeds or more fails if some fault or state was never met.\n"
    "Exit: 0 all held, 1 an invariant was broken, 2 wrong arguments.\n";

constexpr std::uint64_t kCampaignSeedsMin = 20;  // fewer need not meet every fault
constexpr std::uint64_t kCanarySeeds = 60;
constexpr unsigned kShrunkDevicesMax = 8;
// Seeds of a campaign run twice, to compare the traces; of every kind of misfortune (seed % 8).
constexpr std::uint64_t kRepeatEvery = 9;

constexpr const char* kOtherStory = "19: the same seed told another story";

struct CommandLine {
    Options options;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool isCampaign = false;
    std::string canary;  // a name, or all
};

template <class Number>
bool readNumber(std::string_view text, Number least, Number most, Number& out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out >= least && out <= most;
}

bool readSeeds(std::string_view text, CommandLine& out) {
    std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) return false;
    out.isCampaign = true;
    return readNumber<std::uint64_t>(text.substr(0, dots), 0, UINT64_MAX - 1, out.first) &&
           readNumber<std::uint64_t>(text.substr(dots + 2), out.first, UINT64_MAX - 1, out.last);
}

bool parse(std::span<char*> arguments, CommandLine& out) {
    bool hasSeed = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view name = arguments[i];
        if (name == "--trace") {
            out.options.print = sim::Story::Print::Yes;
            continue;
        }
        if (++i >= arguments.size()) return false;
        std::string_view value = arguments[i];
        bool isSeed = name == "--seed" || name == "--seeds";
        if (isSeed && hasSeed) return false;
        hasSeed = hasSeed || isSeed;
        if (name == "--seed") {
            if (!readNumber<std::uint64_t>(value, 0, UINT64_MAX - 1, out.first)) return false;
            out.last = out.first;
        } else if (name == "--seeds") {
            if (!readSeeds(value, out)) return false;
        } else if (name == "--canary") {
            out.canary = value;
        } else if (name == "--days") {
            if (!readNumber(value, 1U, 365U, out.options.days)) return false;
        } else if (name == "--devices") {
            if (!readNumber(value, 1U, 64U, out.options.devices)) return false;
        } else {
            return false;
        }
    }
    bool mayTrace = !out.isCampaign || out.options.print == sim::Story::Print::No;
    return mayTrace && hasSeed == out.canary.empty();
}

bool beginsWithOneOf(const std::string& violation, std::string_view beginnings) {
    for (std::size_t from = 0; from <= beginnings.size();) {
        std::size_t to = std::min(beginnings.find('|', from), beginnings.size());
        std::string_view one = beginnings.substr(from, to - from);
        if (!one.empty() && violation.starts_with(one)) return true;
        from = to + 1;
    }
    return false;
}

/// Runs seeds until one notices the defect, by an invariant that names it.
bool isCaught(int number, const sim::Canary& canary) {
    sim::switchOn(number);
    Options options;
    std::string violation;
    for (options.seed = 1; options.seed <= kCanarySeeds && violation.empty(); ++options.seed)
        violation = sim::simulate(options).violation;
    sim::switchOn(-1);
    bool isNamed = beginsWithOneOf(violation, canary.catches);
    std::printf("%-28s %s", std::string(canary.name).c_str(),
                violation.empty() ? "NOT NOTICED"
                : isNamed         ? "caught"
                                  : "NOTICED BY ANOTHER INVARIANT");
    if (!violation.empty())
        std::printf(", seed %llu: %s", static_cast<unsigned long long>(options.seed - 1),
                    violation.c_str());
    std::printf("\n");
    std::fflush(stdout);
    return isNamed;
}

int runCanaries(const std::string& name) {
    std::span<const sim::Canary> all = sim::canaries();
    std::size_t run = 0;
    std::size_t caught = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (name != "all" && name != all[i].name) continue;
        ++run;
        if (isCaught(static_cast<int>(i), all[i])) ++caught;
    }
    if (run == 0) {
        std::fprintf(stderr, "There is no canary '%s'; they are:\n", name.c_str());
        for (const sim::Canary& c : all)
            std::fprintf(stderr, "  %-28s %s\n", std::string(c.name).c_str(),
                         std::string(c.defect).c_str());
        return 2;
    }
    std::printf("%zu canaries, %zu caught\n", run, caught);
    return run == caught ? 0 : 1;
}

/// The fewest devices, then the fewest days, with which the seed still breaks the same invariant.
Options shrunk(Options options, const std::string& violation) {
    const std::string invariant = violation.substr(0, violation.find(':') + 1);
    auto fails = [&](const Options& o) {
        return sim::simulate(o).violation.starts_with(invariant);
    };
    Options smaller = options;
    for (smaller.devices = 1; smaller.devices < kShrunkDevicesMax; ++smaller.devices) {
        if (!fails(smaller)) continue;
        options = smaller;
        break;
    }
    smaller = options;
    for (smaller.days = 1; smaller.days < options.days; ++smaller.days) {
        if (fails(smaller)) return smaller;
    }
    return options;
}

void printFailure(const Options& asked, Outcome outcome) {
    const bool isRetold = outcome.violation == kOtherStory;
    Options options = isRetold ? asked : shrunk(asked, outcome.violation);
    options.print = sim::Story::Print::No;
    std::printf("seed %llu FAILED: %s\n", static_cast<unsigned long long>(options.seed),
                outcome.violation.c_str());
    if (options.devices != asked.devices || options.days != asked.days) {
        outcome = sim::simulate(options);
        std::printf("  in a smaller story: %s\n", outcome.violation.c_str());
    }
    std::printf("  the last events:\n");
    for (const std::string& event : outcome.lastEvents) std::printf("    %s\n", event.c_str());
    std::printf("  replay: thongsuot-sim --seed %llu --days %u",
                static_cast<unsigned long long>(options.seed), options.days);
    if (options.devices > 0) std::printf(" --devices %u", options.devices);
    std::printf("%s\n", isRetold ? "" : " --trace");
}

bool runSeed(const Options& options, bool isRepeated, Counters& counters, std::uint64_t& entries) {
    Outcome outcome = sim::simulate(options);
    counters.add(outcome.counters);
    entries += outcome.entries;
    if (isRepeated && outcome.violation.empty() && sim::simulate(options).trace != outcome.trace) {
        outcome.violation = kOtherStory;
    }
    if (!outcome.violation.empty()) {
        printFailure(options, outcome);
        return false;
    }
    std::printf("seed %llu: %llu entries, trace %s\n",
                static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(outcome.entries),
                outcome.trace.hex().substr(0, 16).c_str());
    return true;
}

/// Prints what was reached; how much of it never was.
std::size_t printCounters(const Counters& counters, bool isJudged) {
    std::size_t missing = 0;
    for (std::size_t i = 0; i < sim::kCounts; ++i) {
        bool isMissing = isJudged && counters.of(i) == 0;
        missing += isMissing ? 1 : 0;
        std::printf("  %-42s %10llu%s\n", std::string(Counters::name(i)).c_str(),
                    static_cast<unsigned long long>(counters.of(i)),
                    isMissing ? "  NEVER MET" : "");
    }
    return missing;
}

int run(const CommandLine& line) {
    const auto start = std::chrono::steady_clock::now();
    Counters counters;
    std::uint64_t entries = 0;
    std::uint64_t failures = 0;
    for (std::uint64_t seed = line.first; seed <= line.last; ++seed) {
        Options options = line.options;
        options.seed = seed;
        const bool isQuiet = options.print == sim::Story::Print::No;
        bool isRepeated = isQuiet && (!line.isCampaign || seed % kRepeatEvery == 0);
        if (!runSeed(options, isRepeated, counters, entries)) ++failures;
        std::fflush(stdout);
    }
    const std::uint64_t seeds = line.last - line.first + 1;
    const std::size_t missing =
        printCounters(counters, line.isCampaign && seeds >= kCampaignSeedsMin);
    std::printf("%llu seeds, %llu failed, %llu entries ordered\n",
                static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failures),
                static_cast<unsigned long long>(entries));
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    std::fprintf(stderr, "%lld ms\n", static_cast<long long>(ms.count()));
    if (missing > 0)
        std::printf("%zu of what a campaign must meet was never met: FAILED\n", missing);
    return failures == 0 && missing == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
    for (std::string_view argument : arguments) {
        if (argument != "--help" && argument != "-h") continue;
        std::printf("%s", kHelp);
        return 0;
    }
    CommandLine line;
    if (!parse(arguments, line)) {
        std::fprintf(stderr, "Wrong arguments.\n\n%s", kHelp);
        return 2;
    }
    if (auto ready = crypto::initialise(); !ready) {
        std::fprintf(stderr, "%s\n", ready.error().message.c_str());
        return 1;
    }
    return line.canary.empty() ? run(line) : runCanaries(line.canary);
}
