#!/usr/bin/env bash
# Sets up, builds release and runs every test. Options of ctest may follow.
#   deploy/test.sh [--werror] [ctest options, e.g. -R ledger]
set -euo pipefail
exec </dev/null
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

werror=OFF
options=()
for argument in "$@"; do
    case "$argument" in
        --werror) werror=ON ;;
        -h | --help) sed -n '2,3s/^# *//p' "$0"; exit 0 ;;
        *) options+=("$argument") ;;
    esac
done

build_tree release "-DTHONGSUOT_WERROR=$werror" -DBUILD_TESTING=ON
echo "== test (release)"
cd "$root"
# ctest ends with its own summary, and names below it the tests that were skipped.
exec ctest --preset release --output-on-failure --output-junit "$root/build/release/tests.xml" "${options[@]}"
