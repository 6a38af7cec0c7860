package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// choiceFlag is a flag that takes words out of a few, and declares them: what checks
// a command line, help, the manual pages and the completions have them from here.
type choiceFlag struct {
	checkedFlag
	of []string
	// several words are taken, with commas, or the word all.
	several bool
}

// everyOne is the word for all of the words that a flag takes.
const everyOne = "all"

// Choice declares a flag that takes one of a few words, and has this value where
// nobody says.
func Choice(name, usage, value string, of ...string) cli.Flag {
	return newChoice(cli.StringFlag{Name: name, Usage: usage, Value: value}, of)
}

// Choices declares a flag that takes some of a few words, with commas, and where
// nobody says, all.
func Choices(name, usage string, of ...string) cli.Flag {
	f := newChoice(cli.StringFlag{Name: name, Usage: usage, Value: everyOne}, of)
	f.several = true
	return f
}

func newChoice(s cli.StringFlag, of []string) *choiceFlag {
	f := &choiceFlag{checkedFlag: checkedFlag{StringFlag: s}, of: of}
	f.check = f.refuse
	return f
}

// words are those that may be given.
func (f *choiceFlag) words() []string {
	if f.several {
		return append([]string{everyOne}, f.of...)
	}
	return f.of
}

// accepted says which words may be given.
func (f *choiceFlag) accepted() string {
	if f.several {
		return everyOne + ", or some of " + strings.Join(f.of, ", ") + ", with commas, each once"
	}
	return orList(f.of)
}

// refuse refuses a value that is not among the words, and says what is.
func (f *choiceFlag) refuse(value string) error {
	if !f.takes(value) {
		return fmt.Errorf("want %s", f.accepted())
	}
	return nil
}

// takes says whether a value is accepted: of several words, each once.
func (f *choiceFlag) takes(value string) bool {
	if !f.several || value == everyOne {
		return slices.Contains(f.words(), value)
	}
	given := strings.Split(value, ",")
	for i, word := range given {
		if !slices.Contains(f.of, word) || slices.Contains(given[:i], word) {
			return false
		}
	}
	return true
}

func orList(s []string) string {
	if len(s) == 1 {
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}
