#!/usr/bin/env bash
# Drives the fuzz targets with libFuzzer, one after the other, from the committed corpus. A find ends the run with the
# input's place; what is found new stays in build/fuzz/corpus.
#   deploy/fuzz.sh [--seconds N] [TARGET ...]     60 seconds each, all targets
set -euo pipefail
exec </dev/null
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

seconds=60
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
build_tree fuzz --target "${targets[@]/#/fuzz_}"
for target in "${targets[@]}"; do
    grown="$root/build/fuzz/corpus/$target"
    mkdir -p "$grown"
    echo "== $target: $seconds seconds"
    log="$root/build/fuzz/$target.log"
    if ! "$root/build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$root/build/fuzz/$target-" -print_final_stats=1 \
        "$grown" "$root/tests/fuzz/corpus/$target" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "fuzz: $target has a find, see $log" >&2
        exit 1
    fi
    grep -E "number_of_executed_units|peak_rss_mb" "$log" | sed 's/^stat:: */   /'
done
echo "== no finds"
