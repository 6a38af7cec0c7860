# bash completion for badpeer; written by make docs.
_badpeer() {
	local cur=${COMP_WORDS[COMP_CWORD]} i word first= flag= words= files=
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ -n $flag ]]; then
			[[ $word == = ]] || flag=
			continue
		fi
		case $word in
		--)
			first=-- files=yes
			break
			;;
		--protocol | --listen | --timeout | --patience | --times | --connections | --max-connections | --idle | --success | --error | --output | --format | --server | --send | --upstream | --after | --expect | --color | --evidence | --label | --replies | --request-field | --reply-field | --every | --how | --when | --max-rss) flag=$word ;;
		-*) ;;
		*) first=${first:-$word} ;;
		esac
	done
	if [[ -n $flag ]]; then
		[[ $cur == = ]] && cur=
		case $first:$flag in
		reset:--protocol) words='raw line http resp modbus postgres' ;;
		reset:--output) files=yes ;;
		reset:--format) words='text json junit tap' ;;
		reset:--expect) words='end alive' ;;
		reset:--color) words='auto always never' ;;
		reset:--evidence) files=yes ;;
		close:--protocol) words='raw line http resp modbus postgres' ;;
		close:--output) files=yes ;;
		close:--format) words='text json junit tap' ;;
		close:--expect) words='end alive' ;;
		close:--color) words='auto always never' ;;
		close:--evidence) files=yes ;;
		close-unread:--protocol) words='raw line http resp modbus postgres' ;;
		close-unread:--output) files=yes ;;
		close-unread:--format) words='text json junit tap' ;;
		close-unread:--color) words='auto always never' ;;
		close-unread:--evidence) files=yes ;;
		half-close:--protocol) words='raw line http resp modbus postgres' ;;
		half-close:--output) files=yes ;;
		half-close:--format) words='text json junit tap' ;;
		half-close:--color) words='auto always never' ;;
		half-close:--evidence) files=yes ;;
		late:--protocol) words='raw line http resp modbus postgres' ;;
		late:--output) files=yes ;;
		late:--format) words='text json junit tap' ;;
		late:--replies) files=yes ;;
		late:--color) words='auto always never' ;;
		late:--evidence) files=yes ;;
		idle-close:--protocol) words='raw line http resp modbus postgres' ;;
		idle-close:--output) files=yes ;;
		idle-close:--format) words='text json junit tap' ;;
		idle-close:--color) words='auto always never' ;;
		idle-close:--evidence) files=yes ;;
		truncate:--protocol) words='raw line http resp modbus postgres' ;;
		truncate:--output) files=yes ;;
		truncate:--format) words='text json junit tap' ;;
		truncate:--how) words='length chunked end' ;;
		truncate:--color) words='auto always never' ;;
		truncate:--evidence) files=yes ;;
		silent:--protocol) words='raw line http resp modbus postgres' ;;
		silent:--output) files=yes ;;
		silent:--format) words='text json junit tap' ;;
		silent:--color) words='auto always never' ;;
		silent:--evidence) files=yes ;;
		never-accepts:--protocol) words='raw line http resp modbus postgres' ;;
		never-accepts:--output) files=yes ;;
		never-accepts:--format) words='text json junit tap' ;;
		never-accepts:--color) words='auto always never' ;;
		never-accepts:--evidence) files=yes ;;
		no-connect:--protocol) words='raw line http resp modbus postgres' ;;
		no-connect:--output) files=yes ;;
		no-connect:--format) words='text json junit tap' ;;
		no-connect:--color) words='auto always never' ;;
		no-connect:--evidence) files=yes ;;
		refuse:--protocol) words='raw line http resp modbus postgres' ;;
		refuse:--output) files=yes ;;
		refuse:--format) words='text json junit tap' ;;
		refuse:--color) words='auto always never' ;;
		refuse:--evidence) files=yes ;;
		cut:--protocol) words='raw line http resp modbus postgres' ;;
		cut:--output) files=yes ;;
		cut:--format) words='text json junit tap' ;;
		cut:--when) words='outstanding idle' ;;
		cut:--color) words='auto always never' ;;
		cut:--evidence) files=yes ;;
		slow:--protocol) words='raw line http resp modbus postgres' ;;
		slow:--output) files=yes ;;
		slow:--format) words='text json junit tap' ;;
		slow:--how) words='drip zero-window' ;;
		slow:--color) words='auto always never' ;;
		slow:--evidence) files=yes ;;
		dup:--protocol) words='raw line http resp modbus postgres' ;;
		dup:--output) files=yes ;;
		dup:--format) words='text json junit tap' ;;
		dup:--replies) files=yes ;;
		dup:--color) words='auto always never' ;;
		dup:--evidence) files=yes ;;
		cross:--protocol) words='raw line http resp modbus postgres' ;;
		cross:--output) files=yes ;;
		cross:--format) words='text json junit tap' ;;
		cross:--replies) files=yes ;;
		cross:--color) words='auto always never' ;;
		cross:--evidence) files=yes ;;
		judge:--format) words='text json' ;;
		judge:--color) words='auto always never' ;;
		verify:--format) words='text json markdown html' ;;
		verify:--color) words='auto always never' ;;
		esac
	elif [[ $first == -- ]]; then
		:
	elif [[ $cur == -* ]]; then
		case $first in
		reset) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream --after --before-reply --mid-reply --expect -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		close) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream --after --before-reply --mid-reply --expect -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		close-unread) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream --after -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		half-close) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream --strict -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		late) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --replies --request-field --reply-field --every -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		idle-close) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --safe --unsafe -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		truncate) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --upstream --after --how -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		silent) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		never-accepts) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		no-connect) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		refuse) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		cut) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream --when -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		slow) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --server --send --upstream --how --max-rss -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		dup) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --replies --request-field --reply-field -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		cross) words='--protocol --listen --stdio --any-peer --isolate --allow-remote --timeout --patience --times --connections --max-connections --idle --success --error --output --format --payload --replies --request-field --reply-field -4 -6 --quiet --color --evidence --force --label --no-redact' ;;
		judge) words='--request-field --reply-field --format --color' ;;
		verify) words='--format --quiet --verbose --color' ;;
		*) words='--version --help' ;;
		esac
	else
		case $first in
		'') words='reset close close-unread half-close late idle-close truncate silent never-accepts no-connect refuse cut slow dup cross judge verify help' ;;
		help) words='reset close close-unread half-close late idle-close truncate silent never-accepts no-connect refuse cut slow dup cross judge verify' ;;
		judge | verify) files=yes ;;
		reset | close | close-unread | half-close | late | idle-close | truncate | silent | never-accepts | no-connect | refuse | cut | slow | dup | cross) ;;
		*) words='' ;;
		esac
	fi
	if [[ -n $files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}
complete -F _badpeer badpeer
