#!/usr/bin/env bash
# Drives the fuzz targets with libFuzzer from the committed corpus, one on each processor. A find fails the run and
# names the input's place; what is found new stays in build/asan/fuzz.
#   deploy/fuzz.sh [--seconds N] [TARGET ...]     60 seconds each, all targets
set -euo pipefail
exec </dev/null
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

export seconds=60
targets=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds=${2:?--seconds needs a number}; shift ;;
        -h | --help) sed -n '2,4s/^# *//p' "$0"; exit 0 ;;
        -*) echo "fuzz: unknown option '$1' (known: --seconds)" >&2; exit 2 ;;
        *) targets+=("$1") ;;
    esac
    shift
done
if [ ${#targets[@]} -eq 0 ]; then
    for source in "$root"/tests/fuzz/*_fuzz.cpp; do
        name=$(basename "$source")
        targets+=("${name%_fuzz.cpp}")
    done
fi

bash "$root/deploy/setup.sh" --sanitizers
build_tree asan --target "${targets[@]/#/fuzz_}"

export corpus=$root/tests/fuzz/corpus programs=$root/build/asan/tests/fuzz out=$root/build/asan/fuzz
fuzz_one() {
    local target=$1 log=$out/$1.log
    mkdir -p "$out/$target"
    if ! "$programs/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$out/$target-" -print_final_stats=1 "$out/$target" "$corpus/$target" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "fuzz: $target has a find, see $log" >&2
        return 255
    fi
    echo "== $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s," \
        "$(sed -n 's/^stat::peak_rss_mb: *//p' "$log") MB"
}
export -f fuzz_one
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one {}'
echo "== no finds"
