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
		--netns | --netns-of | --fail-over | --every | --times | --format | --color | --for) flag=$word ;;
		-*) ;;
		*) first=${first:-$word} ;;
		esac
	done
	if [[ -n $flag ]]; then
		[[ $cur == = ]] && cur=
		case $first:$flag in
		*:--netns) files=yes ;;
		*:--format) words='text json' ;;
		*:--color) words='auto always never' ;;
		esac
	elif [[ $first == -- ]]; then
		:
	elif [[ $cur == -* ]]; then
		case $first in
		port) words='--netns --netns-of --format --color' ;;
		resets) words='--netns --netns-of --for --format --color' ;;
		*) words='--netns --netns-of --fail-over --every --times --format --color --version --help' ;;
		esac
	else
		case $first in
		'') words='port resets help' ;;
		help) words='port resets' ;;
		port | resets) ;;
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
