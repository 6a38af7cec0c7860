# bash completion for staleresp; written by make docs.
_staleresp() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word flags="--format --net -4 -6 --repeat --timeout --step --quiet --verbose --color --evidence --force --label --no-redact --help --version --patience --delay --timestamps"
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
		load) flags="--connections --requests --late-rate --policy --seed --late-by --patience --net --format -4 -6 --color" ;;
		serve) flags="--protocol --late-every --late-by --listen --allow-remote --requests --for --payload --format -4 -6 --color" ;;
		judge) flags="--format --color" ;;
		esac
	done
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "all help late-reply slow-server slow-network policies crosswire cancelled incarnation time-wait list check verify diff load serve judge" -- "$cur"; compgen -f -- "$cur")
	fi
}
complete -F _staleresp staleresp
