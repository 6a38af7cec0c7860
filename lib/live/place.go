package live

import (
	"fmt"
	"strings"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// Place is the network namespace that a command looks into: the caller's own,
// or the one that --netns or --netns-of names.
type Place struct {
	Netns string // a path; empty: not given
	PID   int    // 0: not given
}

// PlaceFlags name a place.
func PlaceFlags() []urfave.Flag {
	return []urfave.Flag{
		&urfave.StringFlag{Name: "netns", TakesFile: true, Usage: "look into the network namespace `NAME`, or at a path"},
		cli.Number("netns-of", "look into the network namespace of process `PID`", "", 1, cli.Many),
	}
}

// PlaceOf reads the flags.
func PlaceOf(c *cli.Context) (Place, error) {
	var p Place
	if err := c.NotBoth("netns", "netns-of"); err != nil {
		return p, err
	}
	if c.IsSet("netns") {
		if p.Netns = c.String("netns"); p.Netns == "" {
			return p, cli.Usagef(`flag "--netns": value "": want a name, or a path like /run/netns/NAME or /proc/PID/ns/net`)
		}
	}
	p.PID = int(c.Number("netns-of"))
	return p, nil
}

// Path is the namespace's file; empty: the caller's own.
func (p Place) Path() string {
	if p.PID != 0 {
		return fmt.Sprintf("/proc/%d/ns/net", p.PID)
	}
	if p.Netns != "" && !strings.Contains(p.Netns, "/") {
		return namedNamespaces + p.Netns
	}
	return p.Netns
}

// namedNamespaces is where ip-netns(8) keeps namespaces by name.
const namedNamespaces = "/run/netns/"

// flag is the place as it was given.
func (p Place) flag() string {
	if p.PID != 0 {
		return fmt.Sprintf("--netns-of %d", p.PID)
	}
	return "--netns " + p.Netns
}

// String names the place; empty: the caller's own namespace, which goes
// without saying.
func (p Place) String() string {
	switch {
	case p.PID != 0:
		return fmt.Sprintf("the network namespace of process %d", p.PID)
	case p.Netns != "":
		return "the network namespace " + p.Netns
	}
	return ""
}
