package live

import (
	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// Options are what every scan may be asked for.
type Options struct {
	Place Place
	Limit Limit
}

// OptionFlags are their flags, made anew for each command.
func OptionFlags() []urfave.Flag { return append(PlaceFlags(), limitFlag()) }

// OptionsOf reads the command line of a scan, which takes no arguments.
func OptionsOf(c *cli.Context) (o Options, err error) {
	if len(c.Args) > 0 {
		return o, usagef("%s: argument %q: it takes none", c.Command.Name, c.Args[0])
	}
	if o.Limit, err = limitOf(c.CLI); err != nil {
		return o, err
	}
	o.Place, err = PlaceOf(c.CLI)
	return o, err
}
