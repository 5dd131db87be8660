#!/usr/bin/env bash
# Sets up, builds release and plays one working day of a fictional province, with every figure checked.
#   deploy/demo.sh [--headless] [--out DIR] [--assign all|few]
set -euo pipefail
exec </dev/null
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

case " $* " in *" -h "* | *" --help "*) exec python3 "$root/deploy/demo.py" --help ;; esac
build_tree release
exec python3 "$root/deploy/demo.py" --bin "$root/build/release/bin" "$@"
