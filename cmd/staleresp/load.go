package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/cmd/staleresp/internal/load"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
)

// loadCommand puts the policies to the test many times.
func loadCommand() cli.Command {
	return cli.Command{
		Name:  "load",
		Usage: "many connections on which some replies are late, and every answer checked: what each policy makes of them, and what it costs",
		Flags: []urfave.Flag{
			&urfave.StringFlag{Name: "connections", Value: "100", Usage: "`N` connections, at most 10000"},
			&urfave.StringFlag{Name: "requests", Value: "20000", Usage: "`M` requests for each policy, on all connections together"},
			&urfave.StringFlag{Name: "late-rate", Value: "1%", Usage: "the `SHARE` of requests whose reply is late, like 0.1%"},
			cli.Choices("policy", "the `POLICY` of the clients", policyNames()...),
			&urfave.StringFlag{Name: "seed", Value: "1", Usage: "a `NUMBER` that decides which replies are late: the same totals for the same"},
			clientsLateBy(),
			spanFlag(patienceFlag, "clients wait `D` for a reply", loadPatience),
			cli.NetFlag(journal.HostNet, journal.Loopback),
			cli.FormatFlag(),
		},
		Accepts: []string{"color", "4", "6"},
		Exit:    "0 each policy did what it is known for, 1 one did not, 2 bad usage, 3 it could not begin, or output lost",
		Examples: []cli.Example{
			{Line: "staleresp load --connections 1000 --requests 1000000", Does: "every policy, a million requests each"},
			{Line: "staleresp load --policy naive,reconnect --late-rate 0.1%", Does: "two of them side by side"},
		},
		Do: doLoad,
	}
}

// clientsLateBy is the flag --late-by where clients are many, or somebody's own: it takes
// longer times than that of the scenarios, and how long depends on the command.
func clientsLateBy() urfave.Flag {
	return &urfave.StringFlag{Name: lateByFlag, Value: "300ms", Usage: "a late reply comes `D` after its request"}
}

// loadOptions are what is asked for.
type loadOptions struct {
	load.Config
	policies []policy
	rate     string
	network  journal.Network
	family   journal.Family
}

// Bounds of what may be asked for.
const (
	maxConnections = 10_000
	maxRequests    = 1_000_000_000
	// maxWaits is how many times a client may lose its patience while it waits for
	// one late reply. Each time leaves a request behind on its connection.
	maxWaits = 100
)

// loadPatience is how long clients wait for a reply, where nobody says.
const loadPatience = 200 * time.Millisecond

// usagef is a mistake in how the program was called: exit code 2.
func usagef(format string, args ...any) error {
	return &cli.UsageError{Text: fmt.Sprintf(format, args...)}
}

// noArgs refuses arguments to a command that takes none.
func noArgs(c *cli.Context) error {
	if len(c.Args) > 0 {
		return usagef("%s: argument %q: it takes none", c.Command.Name, c.Args[0])
	}
	return nil
}

// loadOptionsOf reads the command line.
func loadOptionsOf(c *cli.Context) (*loadOptions, error) {
	o := &loadOptions{}
	for _, read := range []func(*cli.Context) error{noArgs, o.readCounts, o.readLateness, o.readWhere} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	o.readPolicies(c)
	return o, nil
}

// wholeNumber reads a flag whose value is a whole number.
func wholeNumber(c *cli.Context, flag string, least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(c.CLI.String(flag), 10, 64)
	if err != nil || n < least || n > most {
		return 0, usagef("flag %q: value %q: want a whole number from %d to %d", "--"+flag, c.CLI.String(flag), least, most)
	}
	return n, nil
}

func (o *loadOptions) readCounts(c *cli.Context) error {
	connections, err := wholeNumber(c, "connections", 1, maxConnections)
	if err != nil {
		return err
	}
	requests, err := wholeNumber(c, "requests", 1, maxRequests)
	if err != nil {
		return err
	}
	o.Connections, o.Requests = int(connections), int64(requests)
	o.Seed, err = wholeNumber(c, "seed", 0, math.MaxUint64)
	return err
}

// readLateness reads which replies are late, and what that is.
func (o *loadOptions) readLateness(c *cli.Context) (err error) {
	o.rate = c.CLI.String("late-rate")
	if o.Late, err = load.ParseRate(o.rate); err != nil {
		return usagef("flag \"--late-rate\": value %q: %v", o.rate, err)
	}
	o.Patience = durationOf(c.CLI.String(patienceFlag), loadPatience)
	by := c.CLI.String(lateByFlag)
	o.LateBy, err = time.ParseDuration(by)
	if longest := maxWaits * o.Patience; err != nil || o.LateBy < time.Millisecond || o.LateBy > longest {
		return usagef("flag %q: value %q: want a duration from 1ms to %v, %d times --%s", "--"+lateByFlag, by, longest, maxWaits, patienceFlag)
	}
	return nil
}

// readPolicies reads which policies the clients have, one after the other.
func (o *loadOptions) readPolicies(c *cli.Context) {
	asked := c.CLI.String("policy")
	if asked == "all" {
		o.policies = policies
		return
	}
	for name := range strings.SplitSeq(asked, ",") {
		o.policies = append(o.policies, policy(name))
	}
}

func policyNames() (names []string) {
	for _, p := range policies {
		names = append(names, string(p))
	}
	return names
}

// readWhere reads the network. It is the caller's own stack where nobody says:
// nothing is changed there, and nothing left.
func (o *loadOptions) readWhere(c *cli.Context) (err error) {
	if o.family, err = c.Family(); err != nil {
		return err
	}
	o.IPv6 = o.family == journal.IPv6
	o.network = journal.Network(c.CLI.String("net"))
	return nil
}

// pipelined is how many requests a client that pipelines has under way on a
// connection.
const pipelined = 8

// clientOf is how a client with a policy behaves.
func clientOf(p policy) load.Client {
	c := load.Client{Depth: 1, Reconnects: p == reconnect, Drains: p == drain}
	switch p {
	case compare:
		c.Mismatch = load.Refuses
	case discard:
		c.Mismatch = load.Discards
	case pipeline:
		c.Mismatch, c.Depth = load.Discards, pipelined
	}
	return c
}

// fails says whether a policy takes another's reply for the answer, sooner or later.
func (p policy) fails() bool { return p == naive || p == drain }

// doLoad lets clients of each policy ask, one policy after the other.
func doLoad(c *cli.Context) (int, error) {
	o, err := loadOptionsOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	if o.network == journal.Loopback {
		if code, done := c.Elevate(); done {
			return code, nil
		}
	}
	r := newLoadReport(o)
	if err := onStage(o, func() error { return o.ask(c, r) }); err != nil {
		return cli.ExitInconclusive, err
	}
	r.conclude()
	return r.exit(), c.TextOrJSON(r, r.write)
}

// ask lets clients of each policy ask, and reports what became of it.
func (o *loadOptions) ask(c *cli.Context, r *loadReport) error {
	show, hide := c.Progress()
	defer hide()
	for i, p := range o.policies {
		if c.Ctx.Err() != nil {
			break
		}
		o.Client = clientOf(p)
		o.Progress = func(ended int64) {
			show(fmt.Sprintf("%s, %d of %d policies: %s of %s requests", p, i+1, len(o.policies), grouped(ended), grouped(o.Requests)))
		}
		result, err := load.Run(c.Ctx, &o.Config)
		if err != nil {
			return fmt.Errorf("load, policy %s: %w", p, err)
		}
		r.add(p, result)
	}
	r.Interrupted = c.Ctx.Err() != nil
	return nil
}
