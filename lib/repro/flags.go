package repro

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
)

// choice is a flag's value out of a few.
type choice struct {
	value string
	of    []string
}

// Set refuses what is not among the choices, and says what is.
func (c *choice) Set(s string) error {
	if !slices.Contains(c.of, s) {
		return fmt.Errorf("want %s", orList(c.of))
	}
	c.value = s
	return nil
}

func (c *choice) String() string { return c.value }

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
		return fmt.Errorf("want a duration like 10s, 500ms or 2m")
	}
	d.d = v
	return nil
}

func (d *duration) String() string { return d.d.String() }

func orList(s []string) string {
	if len(s) == 1 {
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}

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

// sharedFlags are the flags of every binary.
func sharedFlags() []cli.Flag {
	networks := []string{}
	for _, n := range journal.Networks() {
		networks = append(networks, string(n))
	}
	return []cli.Flag{
		&cli.GenericFlag{
			Name: "format", Value: &choice{value: formatText, of: []string{formatText, formatJSON, formatJSONL, formatMarkdown, formatHTML, formatTAP}},
			Usage: "what stdout gets: text, json, jsonl, markdown, html or tap",
		},
		&cli.GenericFlag{
			Name: "net", Value: &choice{of: networks},
			Usage: "where to run: wire, loopback or host", DefaultText: "the strongest to be had",
		},
		&cli.BoolFlag{Name: "4", Usage: "use IPv4 (the default)"},
		&cli.BoolFlag{Name: "6", Usage: "use IPv6"},
		&cli.GenericFlag{
			Name: "repeat", Value: &count{n: 1, max: maxRepeat},
			Usage: "run `N` times, print the tally, keep the first run of each outcome",
		},
		&cli.GenericFlag{
			Name: "timeout", Value: &duration{defaultTimeout},
			Usage: "bound on one run, a `DURATION` like 10s",
		},
		&cli.BoolFlag{Name: "step", Usage: "stop the wire at each packet and ask what becomes of it: moves are words on a line, of standard input"},
		&cli.BoolFlag{Name: "quiet", Usage: "the last line only"},
		&cli.BoolFlag{Name: "verbose", Usage: "every event"},
		&cli.GenericFlag{
			Name: "color", Value: &choice{value: "auto", of: []string{"auto", "always", "never"}},
			Usage: "auto, always or never; auto obeys NO_COLOR and asks the terminal",
		},
		&cli.StringFlag{Name: evidenceFlag, Usage: "also write evidence: a folder `PATH`, or one file if it ends in .zip"},
		&cli.BoolFlag{Name: forceFlag, Usage: "with --evidence: replace what is there"},
		&cli.StringFlag{Name: labelFlag, Usage: "with --evidence: a `TEXT` to tell it from others"},
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
