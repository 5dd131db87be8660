#!/usr/bin/env bash
# Installs what a build of Thông Suốt needs on Debian 12 and is missing. Nothing missing: nothing is touched.
#   deploy/setup.sh [--sanitizers]     as root, or as a user who may use sudo
set -euo pipefail
exec </dev/null

packages=(
    # compilers and tools
    g++ cmake ninja-build pkg-config clang-format-16 ccache python3
    # libraries of the programs
    libasio-dev capnproto libcapnp-dev liblmdb-dev libsodium-dev libcli11-dev libspdlog-dev libfmt-dev
    libexpected-dev nlohmann-json3-dev libzstd-dev libpugixml-dev libutf8proc-dev libzip-dev
    libqrencode-dev
    # libraries of the tests
    catch2 librapidcheck-dev libzxing-dev
)

for argument in "$@"; do
    case "$argument" in
        --sanitizers) packages+=(clang-16 libclang-rt-16-dev) ;;
        -h | --help) sed -n '2,3s/^# *//p' "$0"; exit 0 ;;
        *) echo "setup: unknown option '$argument' (known: --sanitizers)" >&2; exit 2 ;;
    esac
done

echo "[1/4] Looking at the system"
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "setup: this script knows Debian 12 only; elsewhere install by hand: ${packages[*]}" >&2
    exit 1
fi
release=$(. /etc/os-release && echo "${ID:-?} ${VERSION_ID:-?}")
[ "$release" = "debian 12" ] || echo "      this is $release, tried on debian 12 only: going on"

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "[4/4] All ${#packages[@]} packages are there"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: missing ${missing[*]}; run deploy/setup.sh as root, or install sudo" >&2
        exit 1
    fi
    as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {  # quiet while it works, everything when it does not
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "setup: 'apt-get $1' failed; its messages are above" >&2
        return 1
    fi
}

echo "[2/4] Refreshing the package lists (${#missing[@]} of ${#packages[@]} packages are missing)"
apt update
echo "[3/4] Installing: ${missing[*]}"
apt install --no-install-recommends "${missing[@]}"
echo "[4/4] Done: all ${#packages[@]} packages are there"
