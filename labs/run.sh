#!/usr/bin/env bash
# labs/run.sh [FOLDER]: runs the default scenario and the lessons' own of every
# binary, as one stream of TAP, and leaves evidence of each in FOLDER (default: evidence). Exit
# status 0: none failed. What cannot be had here is skipped, with the reason.
set -uo pipefail
PATH=${SOCKPROOF_BIN:-$(cd "$(dirname "$0")/.." && pwd)/bin}:$PATH
command -v selfconnect >/dev/null || { echo "labs/run.sh: no binaries: make build" >&2; exit 2; }
folder=${1:-evidence}
label=${LABEL:-$(date -u +%Y-%m-%dT%H:%MZ)}
mkdir -p "$folder" || exit 2

all() {
	local failed=0
	for run in "selfconnect direct autobind" "simopen cross missed" "halfclose endings four-way shared leak" \
		"lingerreset linger0 sigpipe causes" "staleresp late-reply policies cancelled incarnation" backlog "deadpeer idle fin-lost" "idleclose race retry" timewait "handshake three who-first" "delayack stall delayed" "zerowindow stop write"; do
		# shellcheck disable=SC2086
		set -- $run
		printf '# %s\n' "$run"
		"$@" --format tap --label "$label" --evidence "$folder/$1.zip" --force
		case $? in
		0) ;;
		1 | 3) failed=1 ;;
		*) failed=1 && printf 'not ok 1 - %s did not run\n' "$run" ;;
		esac
	done
	return "$failed"
}

# Each binary counts from 1: one plan for all stands at the end.
all | awk '
	/^TAP version/ { if (!begun++) print; next }
	/^1\.\./ { next }
	/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) }
	{ print }
	END { print "1.." n + 0 }'
exit "${PIPESTATUS[0]}"
