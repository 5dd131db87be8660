#pragma once
// Measurements that take minutes. Each stands on a province of its own and prints its lines itself;
// what is particular to it has names of its own there.
//
//   L1  growth       W1 and W2 with more and more changes: time, memory and disk of one change
//   L2  morning      every device of every commune was offline and comes back at the same moment
//   L3  console      a provincial device takes all ledgers from the beginning; then nothing is new
//   L4  a bad line   a day's work over a slow line with a long way and lost packets

#include "workloads.h"

namespace bench {

struct LongOptions {
    std::vector<std::size_t> sizes{10'000, 100'000, 1'000'000};  // L1, growing
    std::size_t units = 96;                                      // L2, L3
    std::size_t devices = 10;                                    // L2, of each unit
    std::size_t saves = 20;                                      // L2, of each device
    std::size_t atOnce = 0;           // L2: devices that synchronise at the same time; 0: all
    std::size_t entries = 1'000'000;  // L3, in all ledgers
    std::uint64_t kilobits = 30;      // L4, a second
};

Status measureGrowth(const Options& options, const LongOptions& sizes);
Status measureMorning(const Options& options, const LongOptions& sizes);
Status measureConsole(const Options& options, const LongOptions& sizes);
Status measureBadLine(const Options& options, const LongOptions& sizes);

}  // namespace bench
