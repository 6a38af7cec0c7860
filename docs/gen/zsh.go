package main

import (
	"bytes"
	"fmt"
	"strings"
)

// zshCompletion completes for zsh, with what each word means. Its $words are those of
// the command line, which _arguments reads: nothing here may have that name.
func zshCompletion(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	fmt.Fprintf(&b, "#compdef %s\n# Written by make docs.\n", name)
	b.WriteString("local curcontext=\"$curcontext\" state line word first= flag=\nlocal -a candidates flags\ntypeset -A opt_args\n")
	// What stands before: the first word that is no flag.
	b.WriteString("for word in ${words[2,CURRENT-1]}; do\n\tif [[ -n $flag ]]; then\n\t\tflag=\n\t\tcontinue\n\tfi\n\tcase $word in\n")
	fmt.Fprintf(&b, "\t--)\n\t\t_files\n\t\treturn\n\t\t;;\n\t%s) flag=$word ;;\n\t-*) ;;\n\t*) first=${first:-$word} ;;\n\tesac\ndone\n", cases(l.valued()))
	b.WriteString("case $first in\n")
	for _, c := range l.Commands {
		fmt.Fprintf(&b, "%s)\n", c.Name)
		zshFlags(&b, c.Flags)
		b.WriteString("\t;;\n")
	}
	b.WriteString("*)\n")
	zshFlags(&b, l.Flags)
	b.WriteString("\t;;\nesac\n_arguments $flags '*:word:->word' && return\n[[ $state == word ]] || return\ncase $first in\n")
	b.WriteString("'')\n")
	zshCandidates(&b, l.first())
	b.WriteString("\t;;\nhelp)\n")
	zshCandidates(&b, l.commands())
	b.WriteString("\t;;\n")
	if files := l.takingFiles(); len(files) > 0 {
		fmt.Fprintf(&b, "%s)\n\t_files\n\treturn\n\t;;\n", cases(files))
	}
	fmt.Fprintf(&b, "%s) return 1 ;;\n*)\n", cases(l.takingNothing()))
	zshCandidates(&b, l.runs())
	fmt.Fprintf(&b, "\t;;\nesac\n_describe %s candidates\n", name)
	return b.Bytes()
}

// zshFlags are flags, as _arguments takes them: with = or the next word as the value.
func zshFlags(b *bytes.Buffer, flags []flagListed) {
	b.WriteString("\tflags=(\n")
	for _, f := range flags {
		spec := f.Name
		if f.Value != "" {
			spec += "="
		}
		spec += "[" + zshText.Replace(f.Usage) + "]"
		if f.Value != "" {
			spec += ":" + zshText.Replace(f.Value) + ":"
		}
		switch {
		case f.File:
			spec += "_files"
		case len(f.Words) > 0:
			spec += "(" + strings.Join(f.Words, " ") + ")"
		}
		fmt.Fprintf(b, "\t\t%s\n", quoted(spec))
	}
	b.WriteString("\t)\n")
}

// zshText escapes what means something to _arguments.
var zshText = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)

// zshCandidates are words, as _describe takes them.
func zshCandidates(b *bytes.Buffer, all []candidate) {
	b.WriteString("\tcandidates=(\n")
	for _, c := range all {
		fmt.Fprintf(b, "\t\t%s\n", quoted(c.name+":"+c.means))
	}
	b.WriteString("\t)\n")
}
