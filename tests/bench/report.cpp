#include "report.h"
#include <cstdlib>

namespace bench {

double rounded(double value, int digits) {
    double scale = std::pow(10, digits);
    return std::round(value * scale) / scale;
}

double perSecond(double changes, double seconds) {
    return seconds > 0 ? std::round(changes / seconds) : 0;
}

Json workloadLine(const std::string& name, const std::vector<Figures>& all) {
    auto of = [&](auto member) { return median(all, member); };
    auto whole = [&](auto member) { return static_cast<std::uint64_t>(of(member)); };
    Json out;
    out["workload"] = name;
    out["n"] = all.front().changes;
    putSeconds(out, all);
    auto changes = static_cast<double>(all.front().changes);
    out["changes_per_s"] = perSecond(changes, out["seconds"]);
    double up = of([](const Figures& f) { return f.passed.up; });
    double down = of([](const Figures& f) { return f.passed.down; });
    out["bytes_up"] = static_cast<std::uint64_t>(up);
    out["bytes_down"] = static_cast<std::uint64_t>(down);
    if (changes > 0) out["bytes_per_change"] = rounded((up + down) / changes, 1);
    if (changes > 0) out["bytes_up_per_change"] = rounded(up / changes, 1);
    out["turns"] = whole([](const Figures& f) { return f.passed.turns; });
    out["client_cpu_s"] = rounded(of([](const Figures& f) { return f.clientCpu; }), 4);
    out["server_cpu_s"] = rounded(of([](const Figures& f) { return f.serverCpu; }), 4);
    out["client_rss_mb"] = rounded(of([](const Figures& f) { return f.client.resident; }), 1);
    out["server_rss_mb"] = rounded(of([](const Figures& f) { return f.server.resident; }), 1);
    out["server_own_mb"] = rounded(of([](const Figures& f) { return f.server.own; }), 1);
    out["server_disk_bytes"] = whole([](const Figures& f) { return f.serverDisk; });
    out["signatures_verified"] = whole([](const Figures& f) { return f.signatures; });
    out["fsync_before_ack"] = true;
    out["repetitions"] = all.size();
    out["load_average"] = rounded(loadAverage(), 2);
    out["version"] = THONGSUOT_VERSION;
    return out;
}

void putGrowth(Json& out, const Figures& figures) {
    auto perChange = [&](std::uint64_t bytes) {
        return rounded(static_cast<double>(bytes) / static_cast<double>(figures.changes), 1);
    };
    out["client_own_mb_more"] = rounded(figures.clientOwnPeak, 1);
    out["server_own_mb_more"] = rounded(figures.serverOwnPeak, 1);
    out["client_written_per_change"] = perChange(figures.clientWritten);
    out["server_written_per_change"] = perChange(figures.serverWritten);
}

Json ratioLine(const std::string& name, double value, const std::string& target, bool isMet) {
    return {{"ratio", name}, {"value", rounded(value, 3)}, {"target", target}, {"met", isMet}};
}

void print(const Json& line) {
    std::cout << line << std::endl;
}

double loadAverage() {
    double minute = 0;
    return getloadavg(&minute, 1) == 1 ? minute : 0;
}

}  // namespace bench
