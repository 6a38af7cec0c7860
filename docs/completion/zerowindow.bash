# bash completion for zerowindow; written by make docs.
_zerowindow() {
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
		--format | --net | --repeat | --timeout | --save | --color | --pcap | --evidence | --label) flag=$word ;;
		-*) ;;
		*) first=${first:-$word} ;;
		esac
	done
	if [[ -n $flag ]]; then
		[[ $cur == = ]] && cur=
		case $first:$flag in
		list:--format) words='text json' ;;
		check:--format) words='text json' ;;
		verify:--format) words='text json markdown html' ;;
		diff:--format) words='text json' ;;
		*:--format) words='text json jsonl markdown html tap' ;;
		*:--net) words='wire loopback host' ;;
		*:--save) files=yes ;;
		*:--color) words='auto always never' ;;
		*:--pcap) files=yes ;;
		*:--evidence) files=yes ;;
		esac
	elif [[ $first == -- ]]; then
		:
	elif [[ $cur == -* ]]; then
		case $first in
		list) words='--format --color' ;;
		check) words='--format --color' ;;
		verify) words='--format --quiet --verbose --color' ;;
		diff) words='--format --color' ;;
		*) words='--format --net -4 -6 --repeat --timeout --full --step --save --quiet --ladder --verbose --color --pcap --evidence --force --label --no-redact --version --help' ;;
		esac
	else
		case $first in
		'') words='all stop update-lost user-timeout buffer write silly list check verify diff help' ;;
		help) words='list check verify diff' ;;
		verify | diff) files=yes ;;
		list | check) ;;
		*) words='all stop update-lost user-timeout buffer write silly' ;;
		esac
	fi
	if [[ -n $files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}
complete -F _zerowindow zerowindow
