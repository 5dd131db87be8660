#!/usr/bin/env bash
# The long run before a release, stage by stage; a stage that has passed at this commit is not run again.
#   deploy/release-check.sh [--fresh] [STAGE ...]
#   stages: tests  asan  tsan  fuzz  simulator  crash  canaries  processes  demo  bench
# Logs and results lie in build/release-check.
set -uo pipefail
exec </dev/null
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
out=build/release-check
all=(tests asan tsan fuzz simulator crash canaries processes demo bench)
wanted=()

for argument in "$@"; do
    case "$argument" in
        --fresh) rm -rf "$out" ;;
        -h | --help) sed -n '2,5s/^# *//p' "$0"; exit 0 ;;
        *)
            [[ " ${all[*]} " == *" $argument "* ]] || { echo "release-check: no stage '$argument' (${all[*]})" >&2; exit 2; }
            wanted+=("$argument")
            ;;
    esac
done
[ ${#wanted[@]} -gt 0 ] || wanted=("${all[@]}")
mkdir -p "$out"
[ -z "$(git status --porcelain)" ] || { echo "release-check: there are changes that are not committed" >&2; exit 1; }
commit=$(git rev-parse HEAD)

tests() { bash deploy/test.sh --werror; }
asan() { bash deploy/sanitize.sh address; }
tsan() { bash deploy/sanitize.sh thread; }
fuzz() { bash deploy/fuzz.sh --seconds 200; }
simulator() { bash deploy/test.sh --werror -R sim:determinism && build/release/bin/thongsuot-sim --seeds 1..2000; }
crash() { THONGSUOT_CRASH_IMAGES=50000 THONGSUOT_FAILING_CALLS=1500 bash deploy/test.sh --werror -R test_crash; }
canaries() { bash deploy/test.sh --werror -R sim:determinism && build/release/bin/thongsuot-sim --canary all; }
# 25 rounds of each in CI; here 500 kills of either program, 100 full disks, failing calls, damaged files, bad lines,
# and a server put back in front of 20 devices, not 6.
processes() {
    THONGSUOT_FAULT_ROUNDS=${KILL_ROUNDS:-500} bash deploy/test.sh --werror -R Kills -j 2 &&
        THONGSUOT_FAULT_ROUNDS=${FAULT_ROUNDS:-100} bash deploy/test.sh --werror -L faults -E Kills -j 2 &&
        THONGSUOT_DRILL_DEVICES=20 bash deploy/test.sh --werror -R ServerDrill
}
demo() { bash deploy/demo.sh --headless --out build/release-check/demo; }
bench() {
    bash deploy/test.sh --werror -R 'bench: smoke' && build/release/bin/thongsuot-bench --reps 5 &&
        build/release/bin/thongsuot-bench --only L1,L2,L3,L4
}

failed=0
for stage in "${wanted[@]}"; do
    if [ "$(cat "$out/$stage.passed" 2>/dev/null)" = "$commit" ]; then
        echo "== $stage: passed before"
        continue
    fi
    echo "== $stage (log: $out/$stage.log)"
    from=$SECONDS
    if "$stage" >"$out/$stage.log" 2>&1; then
        echo "$commit" >"$out/$stage.passed"
        echo "== $stage: passed, $((SECONDS - from)) s"
    else
        echo "== $stage: FAILED after $((SECONDS - from)) s"
        tail -n 20 "$out/$stage.log"
        failed=1
    fi
done
missing=()
for stage in "${all[@]}"; do
    [ "$(cat "$out/$stage.passed" 2>/dev/null)" = "$commit" ] || missing+=("$stage")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "== all stages passed at $commit"
else
    echo "== not passed at this commit: ${missing[*]}"
fi
exit "$failed"
