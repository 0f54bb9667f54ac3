# Makes a cluster in a folder of its own, says where, keeps it while standard input is open, and takes it away.
# Standard input closes when whoever asked for the cluster ends, however it ends.
# $1: folder of PostgreSQL's programs. $2: settings of the server.
set -eu
here=$(mktemp -d)
away() {
    "$1/pg_ctl" stop --pgdata "$here/data" --mode immediate --silent >/dev/null 2>&1 || true
    rm -rf "$here"
}
trap 'away "$1"' EXIT
trap 'exit 1' HUP INT TERM
"$1/initdb" --pgdata "$here/data" --username doorstep --auth trust --encoding UTF8 --no-locale --no-sync --data-checksums \
    >"$here/log" 2>&1 </dev/null || { cat "$here/log" >&2; exit 1; }
"$1/pg_ctl" start --pgdata "$here/data" --log "$here/log" --wait --silent --options "-k $here -c listen_addresses= $2" \
    </dev/null >/dev/null 2>&1 || { cat "$here/log" >&2; exit 1; }
echo "$here"
cat >/dev/null
