package main

import (
	"fmt"
	"math"
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
			cli.Number("connections", "`N` connections, at most 10000", "100", 1, maxConnections),
			cli.Number("requests", "`M` requests for each policy, on all connections together", "20000", 1, cli.Many),
			cli.Checked("late-rate", "the `SHARE` of requests whose reply is late, like 0.1%", "1%", func(text string) error {
				_, err := load.ParseRate(text)
				return err
			}),
			cli.Choices("policy", "the `POLICY` of the clients", policyNames()...),
			cli.Number("seed", "a `NUMBER` that decides which replies are late: the same totals for the same", "1", 0, math.MaxUint64),
			// it takes longer times than that of the scenarios: how long depends on --patience
			cli.Duration(lateByFlag, "a late reply comes `D` after its request", "300ms", maxLateness),
			spanFlag(patienceFlag, "clients wait `D` for a reply", loadPatience),
			cli.NetFlag(journal.HostNet, journal.Loopback),
			cli.FormatFlag(),
		},
		Accepts: []string{"color", "4", "6"},
		Exit:    "0 each policy did what it is known for, 1 one did not, 2 bad usage, 3 one had no occasion to, it could not begin, or output lost",
		Examples: []cli.Example{
			{Line: "staleresp load --connections 1000 --requests 1000000", Does: "every policy, a million requests each"},
			{Line: "staleresp load --policy naive,reconnect --late-rate 0.1%", Does: "two of them side by side"},
		},
		Do: doLoad,
	}
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
	maxLateness    = 24 * time.Hour
	// maxWaits is how many times a client may lose its patience while it waits for
	// one late reply. Each time leaves a request behind on its connection.
	maxWaits = 100
)

// loadPatience is how long clients wait for a reply, where nobody says.
const loadPatience = 200 * time.Millisecond

// loadOptionsOf reads the command line.
func loadOptionsOf(c *cli.Context) (*loadOptions, error) {
	o := &loadOptions{rate: c.String("late-rate"), network: journal.Network(c.String("net"))}
	o.Connections, o.Requests, o.Seed = int(c.Number("connections")), int64(c.Number("requests")), c.Number("seed")
	o.Late, _ = load.ParseRate(o.rate) // was checked
	o.Patience, o.LateBy = c.Duration(patienceFlag), c.Duration(lateByFlag)
	if longest := maxWaits * o.Patience; o.LateBy > longest {
		return nil, cli.Usagef("flag %q: value %q: want a duration from 1ms to %v, %d times --%s", "--"+lateByFlag, c.String(lateByFlag), longest, maxWaits, patienceFlag)
	}
	o.readPolicies(c.String("policy"))
	o.family = c.Family()
	o.IPv6 = o.family == journal.IPv6
	return o, c.NoArgs()
}

// readPolicies reads which policies the clients have, one after the other.
func (o *loadOptions) readPolicies(asked string) {
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
