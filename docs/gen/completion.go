package main

import (
	"slices"
	"strings"
)

// What is completed, in every shell: a flag by the flags of the command, or those of a
// run; a flag's value by the words that it takes, or as a file; the first other word by
// scenarios and commands, and more of them by scenarios. A command's arguments are
// files or nothing, and what follows -- are files.

// candidate is a word that may stand somewhere, and what it means.
type candidate struct{ name, means string }

// runs are the words that run something.
func (l *listing) runs() []candidate {
	if len(l.Scenarios) == 0 {
		return nil
	}
	all := []candidate{{"all", "every scenario"}}
	for _, s := range l.Scenarios {
		all = append(all, candidate{s.Name, s.Title})
	}
	return all
}

// commands are the commands.
func (l *listing) commands() []candidate {
	var all []candidate
	for _, c := range l.Commands {
		all = append(all, candidate{c.Name, c.Usage})
	}
	return all
}

// first are the words that may come first.
func (l *listing) first() []candidate {
	return slices.Concat(l.runs(), l.commands(), []candidate{{"help", "how it is called, or a command is"}})
}

// named are the names of candidates.
func named(all []candidate) (names []string) {
	for _, c := range all {
		names = append(names, c.name)
	}
	return names
}

// takingFiles are the commands whose arguments are files.
func (l *listing) takingFiles() (names []string) {
	for _, c := range l.Commands {
		if c.Files {
			names = append(names, c.Name)
		}
	}
	return names
}

// takingNothing are those whose arguments cannot be guessed.
func (l *listing) takingNothing() (names []string) {
	for _, c := range l.Commands {
		if !c.Files {
			names = append(names, c.Name)
		}
	}
	return names
}

// valued are the flags that take a value, of the program and of every command.
func (l *listing) valued() (names []string) {
	take := func(flags []flagListed) {
		for _, f := range flags {
			if f.Value != "" && !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	take(l.Flags)
	for _, c := range l.Commands {
		take(c.Flags)
	}
	return names
}

// differing are those of a command's flags that take other values than the program's
// of that name.
func (l *listing) differing(flags []flagListed) []flagListed {
	return slices.DeleteFunc(slices.Clone(flags), func(f flagListed) bool {
		return slices.ContainsFunc(l.Flags, func(g flagListed) bool {
			return f.Name == g.Name && f.File == g.File && slices.Equal(f.Words, g.Words)
		})
	})
}

// flagNames are the names of flags.
func flagNames(flags []flagListed) (names []string) {
	for _, f := range flags {
		names = append(names, f.Name)
	}
	return names
}

// cases are alternatives of a shell's case.
func cases(words []string) string { return strings.Join(words, " | ") }

// quoted makes text one word of bash and zsh.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
