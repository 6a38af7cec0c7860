package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// count is a flag's value that is a whole number of at least 1.
type count struct{ n, max int }

// Set refuses what is no such number.
func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > c.max {
		return fmt.Errorf("want a whole number from 1 to %d", c.max)
	}
	c.n = n
	return nil
}

func (c *count) String() string {
	if c.n == 0 {
		return ""
	}
	return strconv.Itoa(c.n)
}

// duration is a flag's value that is a time longer than none.
type duration struct{ d time.Duration }

// Set refuses what is no such duration.
func (d *duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return fmt.Errorf("want a duration longer than 0, like 10s, 500ms or 2m")
	}
	d.d = v
	return nil
}

func (d *duration) String() string { return d.d.String() }

// The formats of a report.
const (
	formatText     = "text"
	formatJSON     = "json"
	formatJSONL    = "jsonl"
	formatMarkdown = "markdown"
	formatHTML     = "html"
	formatTAP      = "tap"
)

// maxRepeat bounds --repeat.
const maxRepeat = 1_000_000

// defaultTimeout bounds one run of a scenario.
const defaultTimeout = 10 * time.Second

// The shared flags of which commands have their own.
const (
	formatFlag  = "format"
	netFlag     = "net"
	quietFlag   = "quiet"
	verboseFlag = "verbose"
)

// FormatFlag is the flag --format of a command that writes TextOrJSON.
func FormatFlag() cli.Flag { return formats(formatText, formatJSON) }

// formats is the flag --format that takes these, text where nobody says.
func formats(of ...string) cli.Flag { return Choice(formatFlag, "what stdout gets", formatText, of...) }

// NetFlag is the flag --net of a command that runs on some networks only, on the
// first where nobody says.
func NetFlag(of ...journal.Network) cli.Flag {
	return Choice(netFlag, "where to run", string(of[0]), networkNames(of)...)
}

func networkNames(networks []journal.Network) (names []string) {
	for _, n := range networks {
		names = append(names, string(n))
	}
	return names
}

// sharedFlags are the flags of every binary.
func sharedFlags() []cli.Flag {
	return []cli.Flag{
		formats(formatText, formatJSON, formatJSONL, formatMarkdown, formatHTML, formatTAP),
		newChoice(
			cli.StringFlag{Name: netFlag, Usage: "where to run", DefaultText: "the strongest to be had"},
			networkNames(journal.Networks()),
		),
		&cli.BoolFlag{Name: "4", Usage: "use IPv4 (the default)"},
		&cli.BoolFlag{Name: "6", Usage: "use IPv6"},
		&cli.GenericFlag{
			Name: "repeat", Value: &count{n: 1, max: maxRepeat},
			Usage: "run `N` times, print the tally, keep the first run of each outcome",
		},
		&cli.GenericFlag{
			Name: "timeout", Value: &duration{defaultTimeout},
			Usage: "bound on one run, a `DURATION` like 500ms; with --step none unless it is given",
		},
		&cli.BoolFlag{Name: "step", Usage: "stop the wire at each packet and ask what becomes of it: " + scenario.MovesLine},
		&cli.BoolFlag{Name: quietFlag, Usage: "the last line only"},
		&cli.BoolFlag{Name: verboseFlag, Usage: "every event"},
		Choice("color", "whether to write in colours, where auto obeys NO_COLOR and asks the terminal", "auto", "auto", "always", "never"),
		&cli.StringFlag{Name: evidenceFlag, TakesFile: true, Usage: "also write evidence: a folder `PATH`, or one file if it ends in .zip"},
		&cli.BoolFlag{Name: forceFlag, Usage: "with --evidence: replace what is there"},
		&cli.StringFlag{Name: labelFlag, Usage: "with --evidence: name this bundle `TEXT`"},
		&cli.BoolFlag{Name: noRedactFlag, Usage: "with --evidence: keep addresses and names as they are"},
		&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show this"},
		&cli.BoolFlag{Name: "version", Usage: "print the version, the commit and Go's version"},
	}
}

// family reads -4 and -6.
func family(c *cli.Context) (journal.Family, error) {
	if c.Bool("4") && c.Bool("6") {
		return "", usagef("flags -4 and -6 exclude each other: give one")
	}
	if c.Bool("6") {
		return journal.IPv6, nil
	}
	return journal.IPv4, nil
}

// Family reads -4 and -6.
func (c *Context) Family() (journal.Family, error) { return family(c.CLI) }
