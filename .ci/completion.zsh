# Prints by what zsh completes a line. Usage: zsh -f completion.zsh FOLDER LINE, with
# the completions in $COMPLETIONS. The line is typed at a prompt of a shell of its own,
# which writes every match into a file of the folder, and at last that it has ended.
zmodload zsh/zpty
export MATCHES=$1/matches DUMP=$1/zcompdump
: >$MATCHES
zpty shell zsh -f -i
zpty -w shell '
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -u -d $DUMP
bindkey "^I" complete-word
zstyle ":completion:*" completer _complete
compadd() {
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		local -a matches
		builtin compadd -A matches "$@"
		((! $#matches)) || print -rl -- $matches >>$MATCHES
	fi
	builtin compadd "$@"
}
ended() { print -- "<ended>" >>$MATCHES }
comppostfuncs=(ended)
print rea""dy'
zpty -r shell answer '*ready*'
zpty -w -n shell "$2"$'\t'
repeat 200; do
	sleep 0.05
	[[ $(tail -n 1 $MATCHES) != '<ended>' ]] || break
done
zpty -d shell
grep -v '^<ended>$' $MATCHES
