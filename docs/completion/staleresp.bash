# bash completion for staleresp; written by make docs.
_staleresp() {
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
		--format | --net | --repeat | --timeout | --save | --color | --pcap | --evidence | --label | --patience | --late-by | --timestamps | --connections | --requests | --late-rate | --policy | --seed) flag=$word ;;
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
		load:--policy) words='all naive compare discard reconnect drain pipeline' ;;
		load:--net) words='host loopback' ;;
		load:--format) words='text json' ;;
		*:--format) words='text json jsonl markdown html tap' ;;
		*:--net) words='wire loopback host' ;;
		*:--save) files=yes ;;
		*:--color) words='auto always never' ;;
		*:--pcap) files=yes ;;
		*:--evidence) files=yes ;;
		*:--timestamps) words='on off both' ;;
		esac
	elif [[ $first == -- ]]; then
		:
	elif [[ $cur == -* ]]; then
		case $first in
		list) words='--format --color' ;;
		check) words='--format --color' ;;
		verify) words='--format --quiet --verbose --color' ;;
		diff) words='--format --color' ;;
		load) words='--connections --requests --late-rate --policy --seed --late-by --patience --net --format -4 -6 --color' ;;
		*) words='--format --net -4 -6 --repeat --timeout --full --step --save --quiet --ladder --verbose --color --pcap --evidence --force --label --no-redact --version --patience --late-by --timestamps --help' ;;
		esac
	else
		case $first in
		'') words='all late-reply slow-server slow-network policies crosswire cancelled survivor incarnation time-wait list check verify diff load help' ;;
		help) words='list check verify diff load' ;;
		verify | diff) files=yes ;;
		list | check | load) ;;
		*) words='all late-reply slow-server slow-network policies crosswire cancelled survivor incarnation time-wait' ;;
		esac
	fi
	if [[ -n $files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}
complete -F _staleresp staleresp
