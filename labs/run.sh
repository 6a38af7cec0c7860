#!/usr/bin/env bash
# labs/run.sh [FOLDER]: runs the default scenario and the lessons' own of every
# binary, as one stream of TAP, and leaves evidence of each in FOLDER (default: evidence). Exit
# status 0: none failed. What cannot be had here is skipped, with the reason.
set -uo pipefail
cd "$(dirname "$0")/.."
PATH=${SOCKPROOF_BIN:-$PWD/bin}:$PATH
folder=${1:-evidence}
label=${LABEL:-$(date -u +%Y-%m-%dT%H:%MZ)}
mkdir -p "$folder"

all() {
	local failed=0
	for run in "selfconnect direct autobind" "simopen cross missed" "halfclose endings four-way shared leak" \
		"lingerreset linger0 sigpipe causes" "staleresp late-reply policies cancelled incarnation"; do
		# shellcheck disable=SC2086
		set -- $run
		printf '# %s\n' "$run"
		"$@" --format tap --label "$label" --evidence "$folder/$1.zip" --force || failed=1
	done
	return "$failed"
}

# Each binary counts from 1: one plan for all stands at the end.
all | awk '
	/^TAP version/ { if (!begun++) print; next }
	/^1\.\./ { next }
	/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) }
	{ print }
	END { print "1.." n }'
exit "${PIPESTATUS[0]}"
