# bash completion for sockscan; written by make docs.
_sockscan() {
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
		--netns | --netns-of | --fail-over | --every | --times | --kind | --pid | --program | --port | --state | --remote | --ports-at | --descriptors-at | --idle | --output | --format | --color | --for | --stuck) flag=$word ;;
		-*) ;;
		*) first=${first:-$word} ;;
		esac
	done
	if [[ -n $flag ]]; then
		[[ $cur == = ]] && cur=
		case $first:$flag in
		port:--format) words='text json' ;;
		resets:--format) words='text json' ;;
		watch:--format) words='text jsonl' ;;
		*:--netns) files=yes ;;
		*:--kind) words='all self-connected accept-queue close-wait ports descriptors zero-window dead-peer closing fin-wait2 orphan syn-queue tcp-mem tw-buckets conntrack idle' ;;
		*:--state) words='CLOSE_WAIT CLOSING ESTABLISHED FIN_WAIT1 FIN_WAIT2 LAST_ACK TIME_WAIT' ;;
		*:--output) files=yes ;;
		*:--format) words='text json jsonl openmetrics' ;;
		*:--color) words='auto always never' ;;
		esac
	elif [[ $first == -- ]]; then
		:
	elif [[ $cur == -* ]]; then
		case $first in
		explain) words='--color' ;;
		port) words='--netns --netns-of --format --color' ;;
		resets) words='--netns --netns-of --every --times --for --format --color' ;;
		watch) words='--netns --netns-of --stuck --for --all-events --format --color' ;;
		*) words='--netns --netns-of --fail-over --every --times --all-netns --kind --sockets --pid --program --port --state --remote --ports-at --descriptors-at --idle --output --redact --format --color --version --help' ;;
		esac
	else
		case $first in
		'') words='explain port resets watch help' ;;
		help) words='explain port resets watch' ;;
		explain | port | resets | watch) ;;
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
complete -F _sockscan sockscan
