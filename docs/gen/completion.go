package main

import (
	"bytes"
	"fmt"
	"strings"
)

// words are what may stand where a scenario or a command may.
func (l *listing) words() []string {
	words := []string{"all", "help"}
	for _, s := range l.Scenarios {
		words = append(words, s.Name)
	}
	for _, c := range l.Commands {
		words = append(words, c.Name)
	}
	return words
}

// values are what a flag takes, where that is one of a few words.
var values = map[string]string{
	"--format": "text json jsonl markdown html tap",
	"--net":    "wire loopback host",
	"--color":  "auto always never",
}

// names are those of flags.
func names(flags []flagListed) string {
	var all []string
	for _, f := range flags {
		all = append(all, f.Name)
	}
	return strings.Join(all, " ")
}

// bashCompletion completes flags, their values, scenarios and commands.
func bashCompletion(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	fmt.Fprintf(&b, "# bash completion for %s; written by make docs.\n_%s() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word flags=%q\n", name, name, names(l.Flags))
	b.WriteString("\tcase $prev in\n")
	for _, f := range []string{"--format", "--net", "--color"} {
		fmt.Fprintf(&b, "\t%s) mapfile -t COMPREPLY < <(compgen -W %q -- \"$cur\"); return ;;\n", f, values[f])
	}
	b.WriteString("\t--evidence) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n\tesac\n\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n\t\tcase $word in\n")
	for _, c := range l.Commands {
		fmt.Fprintf(&b, "\t\t%s) flags=%q ;;\n", c.Name, names(c.Flags))
	}
	fmt.Fprintf(&b, "\t\tesac\n\tdone\n\tif [[ $cur == -* ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$cur\")\n\telse\n\t\tmapfile -t COMPREPLY < <(compgen -W %q -- \"$cur\"; compgen -f -- \"$cur\")\n\tfi\n}\ncomplete -F _%s %s\n", strings.Join(l.words(), " "), name, name)
	return b.Bytes()
}

// zshCompletion does so for zsh, with what each means.
func zshCompletion(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	fmt.Fprintf(&b, "#compdef %s\n# Written by make docs.\nlocal -a words flags\nwords=(\n\t'all:every scenario'\n", name)
	for _, s := range l.Scenarios {
		fmt.Fprintf(&b, "\t'%s'\n", zsh(s.Name+":"+s.Title))
	}
	for _, c := range l.Commands {
		fmt.Fprintf(&b, "\t'%s'\n", zsh(c.Name+":"+c.Usage))
	}
	b.WriteString(")\nflags=(\n")
	for _, f := range l.Flags {
		spec := f.Name + "[" + f.Usage + "]"
		if f.Value != "" {
			spec += ":" + f.Value + ":"
			if v := values[f.Name]; v != "" {
				spec += "(" + v + ")"
			} else if f.Name == "--evidence" {
				spec += "_files"
			}
		}
		fmt.Fprintf(&b, "\t'%s'\n", zshFlag(spec))
	}
	fmt.Fprintf(&b, ")\n_arguments -s $flags '*::word:->word' && return\n[[ $state == word ]] && { _describe '%s' words; _files }\n", name)
	return b.Bytes()
}

// zsh makes text fit for single quotes.
func zsh(s string) string { return strings.ReplaceAll(s, "'", `'\''`) }

// zshFlag makes a flag's description one.
func zshFlag(spec string) string {
	name, rest, _ := strings.Cut(spec, "[")
	usage, after, _ := strings.Cut(rest, "]")
	return zsh(name + "[" + strings.ReplaceAll(usage, ":", `\:`) + "]" + after)
}

// fishCompletion does so for fish.
func fishCompletion(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	fmt.Fprintf(&b, "# fish completion for %s; written by make docs.\ncomplete -c %s -a all -d 'every scenario'\n", name, name)
	for _, s := range l.Scenarios {
		fmt.Fprintf(&b, "complete -c %s -a %s -d '%s'\n", name, s.Name, fish(s.Title))
	}
	for _, c := range l.Commands {
		fmt.Fprintf(&b, "complete -c %s -a %s -d '%s'\n", name, c.Name, fish(c.Usage))
	}
	for _, f := range l.Flags {
		kind := "-l " + strings.TrimLeft(f.Name, "-")
		if !strings.HasPrefix(f.Name, "--") {
			kind = "-s " + strings.TrimLeft(f.Name, "-")
		}
		if f.Value != "" {
			kind += " -r"
		}
		if v := values[f.Name]; v != "" {
			kind += " -f -a '" + v + "'"
		}
		fmt.Fprintf(&b, "complete -c %s %s -d '%s'\n", name, kind, fish(f.Usage))
	}
	return b.Bytes()
}

// fish makes text fit for its single quotes.
func fish(s string) string { return strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) }
