#include "canary.h"

namespace sim {
namespace {

int g_on = -1;

}  // namespace

void switchOn(int canary) {
    g_on = canary;
}

bool isOn(int canary) {
    return g_on == canary;
}

}  // namespace sim
