#pragma once
// The measurements. Each repetition stands on a province of its own; nothing is measured before it
// is settled.
//
// clang-format off
//   A1      n entries of one change each, one at a time, each durable when append() returns
//   W1      the author sends them to the empty server, until all are under a head that it has verified
//   W1b     as W1, the changes in entries of 100 packed as an import
//   W1_rtt  as W1 with 50 ms each way between them
//   W2      the second device, empty, takes all: verified, decrypted, folded, stored
//   W3      both devices have 50 new entries; the author synchronises (the reader's upload is not counted)
//   W4      the author synchronises with nothing new
//   W5      as W1, cut once after half of W1's bytes; sessions until all is acknowledged
// clang-format on

#include <map>
#include <set>
#include <string>
#include "measuring.h"
#include "stream.h"

namespace bench {

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
