#pragma once
// The measurements. Each repetition stands on a province of its own; nothing is measured before it
// is settled.
//
//   A1      n entries of one change each, one at a time, each durable when append() returns
//   W1      the author sends them to the empty server, until all are under a head that it has
//   verified W1b     as W1, the changes in entries of 100 packed as an import W1_rtt  as W1 with 50
//   ms each way between them W2      the second device, empty, takes all: verified, decrypted,
//   folded, stored W3      both devices have 50 new entries; the author synchronises (the reader's
//   upload is not counted) W4      the author synchronises with nothing new W5      as W1, cut once
//   after half of W1's bytes; sessions until all is acknowledged

#include <map>
#include <set>
#include <string>
#include "province.h"
#include "stream.h"

namespace bench {

/// One repetition of one workload.
struct Figures {
    std::size_t changes = 0;
    double seconds = 0;
    Passed passed;  // cpuSeconds unused
    double clientCpu = 0;
    double serverCpu = 0;
    double clientMebibytes = 0;
    double serverMebibytes = 0;
    std::uint64_t serverDisk = 0;
    std::uint64_t signatures =
        0;  // seals of segments; the heads that a client checks, one a batch, come on top
};

struct Options {
    std::size_t changes = 10'000;
    int repetitions = 3;
    std::set<std::string> only;  // empty: all
    std::filesystem::path server;
    std::filesystem::path folder;  // for everything that is made; removed by main

    bool wants(const std::string& workload) const {
        return only.empty() || only.contains(workload);
    }
};

/// The workloads by name, each with its repetitions.
using Measured = std::map<std::string, std::vector<Figures>>;
/// One repetition of all that is wanted, added to `out`.
Status measureOnce(const Options& options, const std::vector<Save>& saves, int number,
                   Measured& out);

}  // namespace bench
