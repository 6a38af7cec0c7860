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
	if err := c.NoArgs(); err != nil {
		return o, err
	}
	o.Limit = limitOf(c)
	o.Place, err = PlaceOf(c)
	return o, err
}
