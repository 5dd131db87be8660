#!/bin/sh
# The restore drill: shows that the server's backups can be used, without touching the server.
#
#     deploy/drill.sh --data DIR [--key FILE] [--scratch DIR] [--bin DIR]
#
# Takes a hot backup of the server in --data (which may run), restores it into a scratch folder with
# the copy of server.key that is kept apart (--key; without it the server's own is used, which proves
# less), starts a second server there on a free port of this machine only, which takes no new work,
# compares what it holds with the backup, and clears everything away again.
# Exit code: 0 the backup can be restored, 1 it cannot, 2 the command line is wrong.
# The scratch folder needs room for twice the store; nothing else on the machine is changed.
set -u
umask 077

data='' key='' scratch="${TMPDIR:-/tmp}" bin="$(dirname "$0")/../build/release/bin"
while [ $# -gt 0 ]; do
    case "$1" in
        --data | --key | --scratch | --bin)
            [ $# -ge 2 ] || { echo "drill: $1 needs a value." >&2; exit 2; }
            case "$1" in
                --data) data=$2 ;;
                --key) key=$2 ;;
                --scratch) scratch=$2 ;;
                --bin) bin=$2 ;;
            esac
            shift 2 ;;
        -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "drill: unknown option $1; see --help." >&2; exit 2 ;;
    esac
done
[ -n "$data" ] || { echo "drill: name the server's data folder with --data." >&2; exit 2; }
[ -d "$scratch" ] || { echo "drill: there is no folder $scratch." >&2; exit 2; }
own_key=no
[ -n "$key" ] || { key="$data/server.key"; own_key=yes; }

program="$bin/thongsuot-server"
[ -x "$program" ] || program=$(command -v thongsuot-server) || {
    echo "drill: thongsuot-server was not found; name its folder with --bin." >&2
    exit 2
}

work=$(mktemp -d "$scratch/thongsuot-drill-XXXXXX") || exit 1
server=''
cleanup() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        wait "$server" 2>/dev/null
        server=''
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

failed() {
    echo "FAILED: $1"
    [ -s "$work/said" ] && sed 's/^/  /' "$work/said"
    exit 1
}

# One key of a JSON document that the server's program printed, each on a line of its own.
value() {
    sed -n "s/^  \"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$1"
}

began=$(date +%s)
echo "1. Backup of $data"
"$program" backup --data "$data" --out "$work/backup" --json >"$work/backup.json" 2>"$work/said" ||
    { cat "$work/backup.json" >>"$work/said"; failed "the backup could not be taken."; }
entries=$(value "$work/backup.json" entries)
ledgers=$(value "$work/backup.json" ledgers)
province=$(value "$work/backup.json" province)
echo "   $entries entries in $ledgers ledgers, $(value "$work/backup.json" bytes) bytes, taken $(value "$work/backup.json" backup_time)"

echo "2. Restore into a scratch folder"
"$program" restore --data "$work/server" --from "$work/backup" --key "$key" --json >"$work/restore.json" 2>"$work/said" ||
    {
        cat "$work/restore.json" >>"$work/said"
        if [ "$own_key" = no ] && "$program" restore --data "$work/own" --from "$work/backup" \
            --key "$data/server.key" --json >/dev/null 2>&1; then
            failed "the backup is whole, but $key does not restore it: it is not a copy of the server.key in force. Copy that one again."
        fi
        failed "the backup cannot be restored with the key $key."
    }

echo "3. Start of a server on it"
: >"$work/said"
"$program" run --data "$work/server" --listen 127.0.0.1:0 >"$work/ready" 2>"$work/said" &
server=$!
waited=0
while ! grep -q '^ready ' "$work/ready"; do
    kill -0 "$server" 2>/dev/null || { server=''; failed "the restored server ended."; }
    [ "$waited" -lt 120 ] || failed "the restored server was not ready within 120 seconds."
    sleep 1
    waited=$((waited + 1))
done
echo "   $(cat "$work/ready")"

echo "4. Health"
"$program" health --data "$work/server" --json >"$work/health.json" 2>"$work/said" ||
    { cat "$work/health.json" >>"$work/said"; failed "the restored server does not tell how it is."; }
[ "$(value "$work/health.json" running)" = true ] || failed "the restored server does not run."
[ "$(value "$work/health.json" state)" = recovering ] || failed "the restored server would take new work."
[ "$(value "$work/health.json" entries)" = "$entries" ] || failed "the restored server has other entries than the backup."
[ "$(value "$work/health.json" ledgers)" = "$ledgers" ] || failed "the restored server has other ledgers than the backup."
[ "$(value "$work/health.json" province)" = "$province" ] || failed "the restored server is of another province."
kill "$server"
wait "$server" || { server=''; failed "the restored server did not end well."; }
server=''

echo "PASSED in $(($(date +%s) - began)) seconds: this server can be put back from a backup."
[ "$own_key" = no ] || echo "Note: the key was the server's own. Run the drill with --key and the copy that is kept apart."
