#!/usr/bin/env bash
# labs/run.sh [FOLDER]: runs the default scenario and the lessons' own of every
# binary, as TAP, and leaves evidence of each in FOLDER (default: evidence). Exit
# status 0: none failed. What cannot be had here is skipped, with the reason.
set -uo pipefail
cd "$(dirname "$0")/.."
PATH=${SOCKPROOF_BIN:-$PWD/bin}:$PATH
folder=${1:-evidence}
label=${LABEL:-$(date -u +%Y-%m-%dT%H:%MZ)}
failed=0
mkdir -p "$folder"
for run in "selfconnect direct autobind" "simopen cross missed" "halfclose endings four-way shared leak" \
	"lingerreset linger0 sigpipe causes" "staleresp late-reply policies cancelled incarnation"; do
	# shellcheck disable=SC2086
	set -- $run
	printf '# %s\n' "$run"
	"$@" --format tap --label "$label" --evidence "$folder/$1.zip" --force || failed=1
done
exit "$failed"
