#pragma once
// The lines of JSON that the bench prints.

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include "measuring.h"

namespace bench {

using Json = nlohmann::ordered_json;

template <class T, class Member>
double median(const std::vector<T>& all, Member member) {
    std::vector<double> values;
    for (const T& one : all) values.push_back(static_cast<double>(member(one)));
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double rounded(double value, int digits);
double perSecond(double changes, double seconds);

/// Median, least and most of the repetitions.
template <class T>
void putSeconds(Json& out, const std::vector<T>& all) {
    std::vector<double> seconds;
    for (const T& one : all) seconds.push_back(one.seconds);
    auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
    out["seconds"] = rounded(median(all, [](const T& one) { return one.seconds; }), 6);
    out["seconds_min"] = rounded(*least, 6);
    out["seconds_max"] = rounded(*most, 6);
}

/// Medians of a workload's repetitions.
Json workloadLine(const std::string& name, const std::vector<Figures>& all);
/// What grows in a long workload: memory and bytes written.
void putGrowth(Json& out, const Figures& figures);
Json ratioLine(const std::string& name, double value, const std::string& target, bool isMet);
void print(const Json& line);

/// How busy the machine was in the last minute, as the system says.
double loadAverage();

}  // namespace bench
