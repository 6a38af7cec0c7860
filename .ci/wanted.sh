# What the scripts that run the binaries share: the binaries where anyone may run them, and
# what is wanted of a command. It is sourced, in the tree's top folder.
# shellcheck shell=bash disable=SC2034
make -s build
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'echo "FAILED: $0, line $LINENO" >&2' ERR
set -E
chmod 755 "$dir"
cp bin/selfconnect bin/simopen bin/halfclose bin/lingerreset bin/staleresp bin/backlog bin/deadpeer bin/idleclose bin/timewait bin/handshake bin/delayack bin/zerowindow bin/sockscan bin/badpeer "$dir/"
bin=$dir/selfconnect
open=$dir/simopen
half=$dir/halfclose
scan=$dir/sockscan
reset=$dir/lingerreset
stale=$dir/staleresp
peer=$dir/badpeer
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
checks=0
# All that was asked for came out.
all='^([0-9,]+) runs: \1 reproduced$'

# want CODE PATTERN COMMAND...: the exit code, and a line of output that matches. What a busy
# machine may have left undecided (exit 3, where 0 is wanted) is tried again, twice.
want() {
	local code=$1 pattern=$2 got
	shift 2
	for _ in 1 2 3; do
		got=0
		"$@" >"$dir/out" 2>&1 || got=$?
		[ "$code $got" = '0 3' ] || break
	done
	if [ "$got" != "$code" ] || ! grep -qE -- "$pattern" "$dir/out"; then
		printf 'FAILED: %s\nexit %s, want %s; wanted a line with: %s\n' "$*" "$got" "$code" "$pattern" >&2
		head -40 "$dir/out" >&2
		exit 1
	fi
	checks=$((checks + 1))
}
