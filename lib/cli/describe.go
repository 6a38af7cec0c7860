package cli

import (
	"cmp"
	"strings"

	"github.com/urfave/cli/v2"
)

// described is how a flag's value is called, if it has one, and what the flag does:
// which words it takes, and in brackets what it is where nobody says.
func described(f cli.Flag) (value, usage string) {
	if d, is := f.(declaredFlag); is {
		f = d.Flag
	}
	if d, is := f.(cli.DocGenerationFlag); is {
		usage = d.GetUsage()
	}
	if (declaredFlag{Flag: f}).isSwitch() {
		return "", usage
	}
	value = "VALUE"
	if _, after, marked := strings.Cut(usage, "`"); marked {
		value, _, _ = strings.Cut(after, "`")
		usage = strings.ReplaceAll(usage, "`", "")
	}
	if c, is := f.(*choiceFlag); is {
		usage += ": " + c.accepted()
	}
	if d := usually(f); d != "" {
		usage += " (" + d + ")"
	}
	return value, usage
}

// usually is what a flag's value is where nobody says.
func usually(f cli.Flag) string {
	switch f := f.(type) {
	case *choiceFlag:
		return cmp.Or(f.DefaultText, f.Value)
	case *checkedFlag:
		return cmp.Or(f.DefaultText, f.Value)
	case *cli.StringFlag:
		return cmp.Or(f.DefaultText, f.Value)
	case *cli.GenericFlag:
		return f.GetDefaultText()
	}
	return ""
}

// wordsOf are the words that a flag takes; nil: they are not few.
func wordsOf(f cli.Flag) []string {
	if c, is := f.(*choiceFlag); is {
		return c.words()
	}
	return nil
}

// takesFile says whether a flag's value is a file's name.
func takesFile(f cli.Flag) bool {
	s, is := f.(*cli.StringFlag)
	return is && s.TakesFile
}
