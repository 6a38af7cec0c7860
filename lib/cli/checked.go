package cli

import (
	"flag"

	"github.com/urfave/cli/v2"
)

// checkedFlag is a flag whose value is checked when the command line is read.
type checkedFlag struct {
	cli.StringFlag
	check func(value string) error
}

// Checked declares a flag that has this value where nobody says, and takes what the
// check has no error for.
func Checked(name, usage, value string, check func(value string) error) cli.Flag {
	return &checkedFlag{cli.StringFlag{Name: name, Usage: usage, Value: value}, check}
}

// Apply gives a command line a value of its own, so that the next finds none.
func (f *checkedFlag) Apply(set *flag.FlagSet) error {
	for _, name := range f.Names() {
		set.Var(&checkedValue{f.check, f.Value}, name, f.Usage)
	}
	return nil
}

// checkedValue is the value of such a flag.
type checkedValue struct {
	check func(value string) error
	value string
}

// Set refuses what the check refuses.
func (v *checkedValue) Set(s string) error {
	if err := v.check(s); err != nil {
		return err
	}
	v.value = s
	return nil
}

func (v *checkedValue) String() string { return v.value }
