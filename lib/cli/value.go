package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// value is the value of a flag, which is checked when the command line is read.
type value struct {
	text  string
	check func(text string) error
	words []string // that it takes, where they are few
}

// Set refuses what the check refuses.
func (v *value) Set(text string) error {
	if err := v.check(text); err != nil {
		return err
	}
	v.text = text
	return nil
}

func (v *value) String() string { return v.text }

// Checked declares a flag that takes what the check has no error for. Its default is
// usual, or nothing.
func Checked(name, usage, usual string, check func(text string) error) *cli.GenericFlag {
	return &cli.GenericFlag{Name: name, Usage: usage, Value: &value{text: usual, check: check}}
}

// Many is the most that a number of anything may be where there is no other bound.
const Many = 1_000_000_000

// Number declares a flag that takes a whole number; Context.Number reads it.
func Number(name, usage, usual string, least, most uint64) *cli.GenericFlag {
	return Checked(name, usage, usual, func(text string) error {
		if n, err := strconv.ParseUint(text, 10, 64); err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		return nil
	})
}

// Number is the value of such a flag; 0: it has none.
func (c *Context) Number(flag string) uint64 {
	n, _ := strconv.ParseUint(c.String(flag), 10, 64) // was checked
	return n
}

// Duration declares a flag that takes a time: from 1ms to most, or with most 0 any; Context.Duration
// reads it.
func Duration(name, usage, usual string, most time.Duration) *cli.GenericFlag {
	return Checked(name, usage, usual, func(text string) error {
		d, err := time.ParseDuration(text)
		switch {
		case most == 0 && (err != nil || d <= 0):
			return errors.New("want a duration longer than 0, like 10s, 500ms or 2m")
		case most != 0 && (err != nil || d < time.Millisecond || d > most):
			return fmt.Errorf("want a duration from 1ms to %v", most)
		}
		return nil
	})
}

// Choice declares a flag that takes one of a few words.
func Choice(name, usage, usual string, words ...string) *cli.GenericFlag {
	return choice(name, usage, usual, words, OrList(words), func(text string) bool { return slices.Contains(words, text) })
}

// everyOne is the word for all of the words that a flag takes.
const everyOne = "all"

// Choices declares a flag that takes some of a few words, with commas, or all.
func Choices(name, usage string, words ...string) *cli.GenericFlag {
	accepted := everyOne + ", or some of " + strings.Join(words, ", ") + ", with commas, each once"
	return choice(name, usage, everyOne, append([]string{everyOne}, words...), accepted, func(text string) bool {
		given := slices.Sorted(strings.SplitSeq(text, ","))
		unknown := slices.ContainsFunc(given, func(w string) bool { return !slices.Contains(words, w) })
		return text == everyOne || !unknown && len(slices.Compact(given)) == strings.Count(text, ",")+1
	})
}

func choice(name, usage, usual string, words []string, accepted string, takes func(text string) bool) *cli.GenericFlag {
	f := Checked(name, usage+": "+accepted, usual, func(text string) error {
		if !takes(text) {
			return fmt.Errorf("want %s", accepted)
		}
		return nil
	})
	f.Value.(*value).words = words
	return f
}

// OrList joins words as what is wanted: one of them.
func OrList(s []string) string {
	if len(s) == 1 {
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}
