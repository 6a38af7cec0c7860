package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange puts a command line into the order that v2 understands: the command, and then the flags,
// each with its value in the same word, for v2 stops at the first argument. The arguments stay out of it,
// for v2 would take one for a command or a topic of help. The command is the first word that
// is no flag; behind "--" nothing is a flag or a command.
//
// Which flags there are, and which values they take, is left to v2. A flag that lacks its value comes last.
func arrange(app *cli.App, argv []string) (words, args []string) {
	valued, command, flags := valuedFlags(app), []string{}, []string{}
	for i := 1; i < len(argv); i++ {
		word := argv[i]
		switch {
		case word == "--":
			args = append(args, argv[i+1:]...)
			i = len(argv)
		case len(word) < 2 || word[0] != '-':
			if len(command)+len(args) == 0 && app.Command(word) != nil {
				command = append(command, word)
			} else {
				args = append(args, word)
			}
		case !valued[word]:
			flags = append(flags, word)
		case i+1 == len(argv) || argv[i+1] == "--":
			return append(append(command, flags...), word), nil
		default:
			i++
			flags = append(flags, word+"="+argv[i])
		}
	}
	return append(command, flags...), args
}

// valuedFlags are the words, with one dash or two, behind which a value follows.
func valuedFlags(app *cli.App) map[string]bool {
	valued := map[string]bool{}
	all := app.Flags
	for _, c := range app.Commands {
		all = append(all[:len(all):len(all)], c.Flags...)
	}
	for _, f := range all {
		if d, is := f.(cli.DocGenerationFlag); is && d.TakesValue() {
			for _, name := range f.Names() {
				valued["-"+name], valued["--"+name] = true, true
			}
		}
	}
	return valued
}

// dashed is a flag's name as it is given.
func dashed(name string) string {
	switch {
	case strings.HasPrefix(name, "-"): // package flag has left it as it was
		return name
	case len(name) == 1:
		return "-" + name
	}
	return "--" + name
}
