# bash completion for halfclose; written by make docs.
_halfclose() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word flags="--format --net -4 -6 --repeat --timeout --step --quiet --verbose --color --evidence --force --label --no-redact --help --version"
	case $prev in
	--format) mapfile -t COMPREPLY < <(compgen -W "text json jsonl markdown html tap" -- "$cur"); return ;;
	--net) mapfile -t COMPREPLY < <(compgen -W "wire loopback host" -- "$cur"); return ;;
	--color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur"); return ;;
	--evidence) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	esac
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		list) flags="--format --color" ;;
		check) flags="--format --color" ;;
		verify) flags="--format --quiet --verbose --color" ;;
		diff) flags="--format --color" ;;
		scan) flags="--netns --pid --fail-over --every --times --format --color" ;;
		esac
	done
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "all help endings four-way three-way merged-data late-data unread unsent truncated shared threads epoll shut-read orphan half-open exit kill leak time-wait list check verify diff scan" -- "$cur"; compgen -f -- "$cur")
	fi
}
complete -F _halfclose halfclose
