package main

import (
	"bytes"
	"fmt"
	"strings"
)

// fishCompletion completes for fish, with what each word means.
func fishCompletion(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	commands := strings.Join(append(named(l.commands()), "help"), " ")
	began := strings.Join(named(l.first()), " ")
	fmt.Fprintf(&b, "# fish completion for %s; written by make docs.\ncomplete -c %s -f\n", name, name)
	for _, c := range l.runs() {
		fishWord(&b, name, "not "+fishSeen(commands), c)
	}
	for _, c := range l.first()[len(l.runs()):] {
		fishWord(&b, name, "not "+fishSeen(began), c)
	}
	for _, c := range l.commands() {
		fishWord(&b, name, fishSeen("help"), candidate{c.name, c.means})
	}
	if files := l.takingFiles(); len(files) > 0 {
		fmt.Fprintf(&b, "complete -c %s -n '%s' -F\n", name, fishSeen(strings.Join(files, " ")))
	}
	fmt.Fprintf(&b, "complete -c %s -n 'contains -- -- (commandline -opc)' -F\n", name)
	fishFlags(&b, name, "not "+fishSeen(strings.Join(named(l.commands()), " ")), l.Flags)
	for _, c := range l.Commands {
		fishFlags(&b, name, fishSeen(c.Name), c.Flags)
	}
	return b.Bytes()
}

// fishSeen is the condition that one of these words stands before.
func fishSeen(words string) string { return "__fish_seen_subcommand_from " + words }

func fishWord(b *bytes.Buffer, name, when string, c candidate) {
	fmt.Fprintf(b, "complete -c %s -n '%s' -a %s -d '%s'\n", name, when, c.name, fish(c.means))
}

func fishFlags(b *bytes.Buffer, name, when string, flags []flagListed) {
	for _, f := range flags {
		kind := "-l " + strings.TrimLeft(f.Name, "-")
		if !strings.HasPrefix(f.Name, "--") {
			kind = "-s " + strings.TrimLeft(f.Name, "-")
		}
		switch {
		case f.File:
			kind += " -r -F"
		case len(f.Words) > 0:
			kind += " -x -a '" + strings.Join(f.Words, " ") + "'"
		case f.Value != "":
			kind += " -x"
		}
		fmt.Fprintf(b, "complete -c %s -n '%s' %s -d '%s'\n", name, when, kind, fish(f.Usage))
	}
}

// fish makes text fit for its single quotes.
func fish(s string) string { return strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) }
