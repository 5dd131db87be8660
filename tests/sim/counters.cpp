#include "counters.h"

namespace sim {
namespace {

constexpr std::array<std::string_view, kCounts> kNames = {
    "entries written",
    "sessions of many push messages",
    "sessions finished",
    "sessions: same",
    "sessions pushing behind the hello",
    "sessions with a digest",
    "sessions after a cut one",
    "commits of many sessions",
    "own records as references",
    "records as bytes",
    "waiting for key",
    "conflicts seen",
    "conflicts resolved",
    "segments that overlapped a dead session's",
    "cuts up",
    "cuts down",
    "client crashes",
    "client crashes in a session",
    "client commits lost",
    "client commits kept",
    "server crashes",
    "server commits lost",
    "server commits kept",
    "wrong clocks",
    "rogue requests refused",
    "rogue entries without effect",
    "used invitations refused",
    "sessions replayed",
};

}  // namespace

std::string_view Counters::name(std::size_t index) {
    return kNames[index];
}

}  // namespace sim
