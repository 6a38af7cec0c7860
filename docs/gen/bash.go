package main

import (
	"bytes"
	"fmt"
	"strings"
)

// bashCompletion completes for bash.
func bashCompletion(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	fmt.Fprintf(&b, "# bash completion for %s; written by make docs.\n_%s() {\n", name, name)
	b.WriteString("\tlocal cur=${COMP_WORDS[COMP_CWORD]} i word first= flag= words= files=\n")
	// What stands before: the first word that is no flag, and a flag that still lacks its value.
	b.WriteString("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tword=${COMP_WORDS[i]}\n\t\tif [[ -n $flag ]]; then\n")
	b.WriteString("\t\t\t[[ $word == = ]] || flag=\n\t\t\tcontinue\n\t\tfi\n\t\tcase $word in\n")
	b.WriteString("\t\t--)\n\t\t\tfirst=-- files=yes\n\t\t\tbreak\n\t\t\t;;\n")
	fmt.Fprintf(&b, "\t\t%s) flag=$word ;;\n\t\t-*) ;;\n\t\t*) first=${first:-$word} ;;\n\t\tesac\n\tdone\n", cases(l.valued()))
	b.WriteString("\tif [[ -n $flag ]]; then\n\t\t[[ $cur == = ]] && cur=\n\t\tcase $first:$flag in\n")
	for _, c := range l.Commands {
		bashValues(&b, c.Name, l.differing(c.Flags))
	}
	bashValues(&b, "*", l.Flags)
	b.WriteString("\t\tesac\n\telif [[ $first == -- ]]; then\n\t\t:\n\telif [[ $cur == -* ]]; then\n\t\tcase $first in\n")
	for _, c := range l.Commands {
		fmt.Fprintf(&b, "\t\t%s) words=%s ;;\n", c.Name, quoted(strings.Join(flagNames(c.Flags), " ")))
	}
	fmt.Fprintf(&b, "\t\t*) words=%s ;;\n\t\tesac\n\telse\n\t\tcase $first in\n", quoted(strings.Join(flagNames(l.Flags), " ")))
	fmt.Fprintf(&b, "\t\t'') words=%s ;;\n", quoted(strings.Join(named(l.first()), " ")))
	fmt.Fprintf(&b, "\t\thelp) words=%s ;;\n", quoted(strings.Join(named(l.commands()), " ")))
	if files := l.takingFiles(); len(files) > 0 {
		fmt.Fprintf(&b, "\t\t%s) files=yes ;;\n", cases(files))
	}
	fmt.Fprintf(&b, "\t\t%s) ;;\n", cases(l.takingNothing()))
	fmt.Fprintf(&b, "\t\t*) words=%s ;;\n\t\tesac\n\tfi\n", quoted(strings.Join(named(l.runs()), " ")))
	b.WriteString("\tif [[ -n $files ]]; then\n\t\tcompopt -o filenames 2>/dev/null\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n")
	b.WriteString("\telse\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n\tfi\n}\n")
	fmt.Fprintf(&b, "complete -F _%s %s\n", name, name)
	return b.Bytes()
}

// bashValues are the values of a command's flags, as alternatives.
func bashValues(b *bytes.Buffer, command string, flags []flagListed) {
	for _, f := range flags {
		switch {
		case f.File:
			fmt.Fprintf(b, "\t\t%s:%s) files=yes ;;\n", command, f.Name)
		case len(f.Words) > 0:
			fmt.Fprintf(b, "\t\t%s:%s) words=%s ;;\n", command, f.Name, quoted(strings.Join(f.Words, " ")))
		}
	}
}
