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
    "lines with a changed bit",
    "lines with doubled bytes",
    "lines with swapped bytes",
    "lines with missing bytes",
    "changed lines found by the server",
    "changed lines found by the device",
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
    "devices revoked",
    "sessions of revoked devices refused",
    "devices restored from a backup",
    "profiles copied",
    "forks found",
    "saves on a full disk",
    "sessions on a full disk",
    "server commits on a full disk",
    "server clock jumps",
    "devices offline for months",
    "expired invitations refused",
    "lies of a server refused",
    "restored servers found out",
    "fields compared with the merge model",
};

}  // namespace

std::string_view Counters::name(std::size_t index) {
    return kNames[index];
}

}  // namespace sim
