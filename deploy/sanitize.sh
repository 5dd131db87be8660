#!/usr/bin/env bash
# Builds with clang's sanitizers and runs what they can watch.
#   deploy/sanitize.sh address     all tests but the simulator's campaign, and a few of its seeds (build/asan); without
#                                  those that THONGSUOT_SANITIZE_SKIP matches (a regular expression of ctest)
#   deploy/sanitize.sh thread      sockets, the server, the fold, and 200 sessions of devices at once (build/tsan)
set -euo pipefail
exec </dev/null
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

case "${1:-}" in
    address | thread) bash "$root/deploy/setup.sh" --sanitizers ;;
esac
case "${1:-}" in
    address)
        build_tree asan -DTHONGSUOT_WERROR=ON
        cd "$root"
        ctest --preset asan -E "^sim:${THONGSUOT_SANITIZE_SKIP:+|$THONGSUOT_SANITIZE_SKIP}"
        build/asan/bin/thongsuot-sim --seeds 1..20
        ;;
    thread)
        build_tree tsan -DTHONGSUOT_WERROR=ON --target test_transport test_net test_replica thongsuot-server thongsuot-bench
        export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1"
        cd "$root/build/tsan"
        tests/unit/transport/test_transport
        tests/unit/net/test_net
        tests/unit/replica/test_replica
        # At random addresses its runtime often leaves no room for a store's 64 GiB.
        setarch -R bin/thongsuot-bench --only L2 --units 20 --devices 10 --reps 1
        ;;
    *) sed -n '2,5s/^# *//p' "$0"; exit 2 ;;
esac
