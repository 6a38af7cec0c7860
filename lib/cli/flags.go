package cli

import (
	"flag"
	"slices"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// The formats of a report.
const (
	formatText     = "text"
	formatJSON     = "json"
	formatJSONL    = "jsonl"
	formatMarkdown = "markdown"
	formatHTML     = "html"
	formatTAP      = "tap"
)

// The shared flags that are read by name.
const (
	formatFlag  = "format"
	netFlag     = "net"
	repeatFlag  = "repeat"
	timeoutFlag = "timeout"
	stepFlag    = "step"
	quietFlag   = "quiet"
	ladderFlag  = "ladder"
	verboseFlag = "verbose"
	fullFlag    = "full"
	pcapFlag    = "pcap"
	saveFlag    = "save"
)

// FormatFlag is the flag --format of a command that writes TextOrJSON.
func FormatFlag() cli.Flag { return formats(formatText, formatJSON) }

// formats is the flag --format that takes these, text where nobody says.
func formats(of ...string) cli.Flag { return Choice(formatFlag, "what stdout gets", formatText, of...) }

// NetFlag is the flag --net of a command that runs on some networks only, by default on the
// first.
func NetFlag(of ...journal.Network) cli.Flag { return nets(string(of[0]), of) }

func nets(usual string, of []journal.Network) *cli.GenericFlag {
	var names []string
	for _, n := range of {
		names = append(names, string(n))
	}
	return Choice(netFlag, "where to run", usual, names...)
}

// WithDefault says in words what a flag's default is.
func WithDefault(f *cli.GenericFlag, text string) *cli.GenericFlag {
	f.DefaultText = text
	return f
}

// maxRepeat bounds --repeat.
const maxRepeat = 1_000_000

// sharedFlags are the flags of every binary, made anew for each command line: v2 keeps values in
// them.
func sharedFlags() []cli.Flag {
	return []cli.Flag{
		formats(formatText, formatJSON, formatJSONL, formatMarkdown, formatHTML, formatTAP),
		WithDefault(nets("", journal.Networks()), "the most capable available"),
		&cli.BoolFlag{Name: "4", Usage: "use IPv4 (the default)"},
		&cli.BoolFlag{Name: "6", Usage: "use IPv6"},
		Number(repeatFlag, "run `N` times, print the tally, keep the first run of each outcome", "1", 1, maxRepeat),
		Duration(timeoutFlag, "bound on one run, a `DURATION` like 500ms; with --step none unless it is given; some scenarios have a longer one of their own (list says which)", "10s", 0),
		&cli.BoolFlag{Name: fullFlag, Usage: "take all steps of a scenario that has a shortened form, under a bound of its own (list says which)"},
		&cli.BoolFlag{Name: stepFlag, Usage: "stop the wire at each packet and ask what becomes of it: " + scenario.MovesLine},
		&cli.StringFlag{Name: saveFlag, TakesFile: true, Usage: "with --step: write the moves to `FILE`, for standard input another time"},
		&cli.BoolFlag{Name: quietFlag, Usage: "the last line only"},
		&cli.BoolFlag{Name: ladderFlag, Usage: "the whole ladder, and why each claim has its verdict"},
		&cli.BoolFlag{Name: verboseFlag, Usage: "every event"},
		Choice("color", "whether to write in colours, where auto obeys NO_COLOR and asks the terminal", "auto", "auto", "always", "never"),
		&cli.StringFlag{Name: pcapFlag, TakesFile: true, Usage: "write the packets alone to `FILE` while they are made, or with - to stdout: NAME --pcap - | wireshark -k -i -"},
		&cli.StringFlag{Name: evidenceFlag, TakesFile: true, Usage: "also write evidence: a folder `PATH`, or one file if it ends in .zip"},
		&cli.BoolFlag{Name: forceFlag, Usage: "with --evidence, --pcap or --save: replace what is there"},
		&cli.StringFlag{Name: labelFlag, Usage: "with --evidence: name this bundle `TEXT`"},
		&cli.BoolFlag{Name: noRedactFlag, Usage: "with --evidence: keep addresses and names as they are"},
		&cli.BoolFlag{Name: "version", Usage: "print the version, the commit and Go's version"},
	}
}

// own copies flags that were declared once for many command lines: v2 keeps values in them. What
// some scenarios alone take is hidden, for it stands with them.
func own(flags []cli.Flag, some map[string][]string) []cli.Flag {
	flags = slices.Clone(flags)
	for i, f := range flags {
		switch f := f.(type) {
		case *cli.GenericFlag:
			c := *f
			if v, is := f.Value.(*value); is {
				v := *v
				c.Value = &v
			}
			c.Hidden = len(some[f.Name]) > 0
			flags[i] = named{&c, append([]string{f.Name}, f.Aliases...)}
		case *cli.BoolFlag:
			c := *f
			c.DisableDefaultText = true
			flags[i] = named{&c, append([]string{f.Name}, f.Aliases...)}
		case *cli.StringFlag:
			c := *f
			flags[i] = named{&c, append([]string{f.Name}, f.Aliases...)}
		}
	}
	return flags
}

// named is one of v2's flags with its names, for which v2 uses a regular expression each time
// that it asks for them: hundreds of times for a command line.
type named struct {
	v2Flag
	names []string
}

func (f named) Names() []string { return f.names }

type v2Flag interface {
	cli.ActionableFlag
	cli.CategorizableFlag
	cli.DocGenerationFlag
	cli.RequiredFlag
}

// helpFlag is v2's --help, which is one for all command lines: v2 keeps values in a flag, so two
// command lines parsed at the same time would both write to it.
type helpFlag struct{ *cli.BoolFlag }

// Apply declares the flag in a set, and keeps nothing.
func (f helpFlag) Apply(set *flag.FlagSet) error {
	c := *f.BoolFlag
	return c.Apply(set)
}

func init() {
	cli.HelpFlag = helpFlag{&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help", DisableDefaultText: true}}
}

// NotBoth refuses two flags that exclude each other.
func (c *Context) NotBoth(a, b string) error {
	if c.IsSet(a) && c.IsSet(b) {
		return Usagef("flags %s and %s exclude each other: give one", dashed(a), dashed(b))
	}
	return nil
}

// Family reads -4 and -6.
func (c *Context) Family() journal.Family {
	if c.Bool("6") {
		return journal.IPv6
	}
	return journal.IPv4
}
