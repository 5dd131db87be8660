#pragma once
// Defects on demand. The simulator is built from copies of the product's sources in which
// canaries/canaries.py has planted each defect behind a switch; with all switches off they are the
// product. A simulator that does not notice a defect proves nothing about its absence.

#include <span>
#include <string_view>

namespace sim {

struct Canary {
    std::string_view name;
    std::string_view defect;   // one sentence
    std::string_view catches;  // beginnings of the violations that may name it, with '|' between
};

/// Generated from canaries.json.
std::span<const Canary> canaries();

/// At most one is on; -1 = none.
void switchOn(int canary);
bool isOn(int canary);

}  // namespace sim
