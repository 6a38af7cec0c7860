package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// checkCommand says what this machine can run and observe, by doing it.
func (p *Program) checkCommand() Command {
	return Command{
		Name: "check", Usage: "say what this machine can run and observe, and what would help",
		Flags: []cli.Flag{FormatFlag()}, Accepts: []string{"color"},
		Exit: "0 the default scenario can run here, or one in its place, 2 bad usage, 3 none can, or the witnesses of a network contradict each other, or output lost",
		Examples: []Example{
			{p.Name + " check", "each network, tried with a connection; who observes there, and whether they agree; and what would help"},
			{p.Name + " check --format json", "the same for a script"},
		},
		Do: doCheck,
	}
}

// checked is what the check found.
type checked struct {
	Schema    string            `json:"schema"`
	Tool      report.Tool       `json:"tool"`
	Machine   report.Machine    `json:"machine"`
	Networks  []checkedNetwork  `json:"networks"`
	Scenarios []checkedScenario `json:"scenarios"`
}

// checkedNetwork is one network, tried with one family.
type checkedNetwork struct {
	Network   journal.Network         `json:"network"`
	Family    journal.Family          `json:"family"`
	Available bool                    `json:"available"`
	Reason    string                  `json:"reason,omitempty"`
	Over      string                  `json:"over,omitempty"` // what the wire goes over, where it is not a TUN
	Witnesses []journal.WitnessStatus `json:"witnesses"`
	// What they say against each other, of the connections that were made.
	Discrepancies []tcp.Discrepancy `json:"discrepancies"`
}

// checkedScenario is a scenario with the network it would take.
type checkedScenario struct {
	Name    string          `json:"name"`
	Network journal.Network `json:"network,omitempty"`
	Runs    bool            `json:"runs"`
}

func doCheck(c *Context) (int, error) {
	if err := c.NoArgs(); err != nil {
		return ExitUsage, err
	}
	if code, done := c.Elevate(); done {
		return code, nil
	}
	r := checked{Schema: "sockproof/check/v1", Tool: c.Program.tool(), Machine: report.Machine(scenario.ThisMachine()), Networks: tryNetworks(c)}
	for i := range c.Program.Scenarios {
		r.Scenarios = append(r.Scenarios, r.scenario(&c.Program.Scenarios[i]))
	}
	code := 0
	if !r.defaultRuns(c.Program) || r.contradicted() {
		code = ExitInconclusive
	}
	return code, c.TextOrJSON(r, c.Wrapped(r.write))
}

// tryNetworks tries every network in both families.
func tryNetworks(c *Context) []checkedNetwork {
	var tried []checkedNetwork
	for _, n := range journal.Networks() {
		for _, f := range []journal.Family{journal.IPv4, journal.IPv6} {
			tried = append(tried, tryNetwork(c.Ctx, scenario.Conditions{Network: n, Family: f}))
		}
	}
	return tried
}

// checkTimeout bounds what is tried on one network.
const checkTimeout = 10 * time.Second

// tryNetwork makes two connections on a network, and confronts its witnesses. Where
// these contradict each other the network is to be had all the same: whoever reads the
// verdicts of runs there has to know why they are inconclusive.
func tryNetwork(ctx context.Context, c scenario.Conditions) checkedNetwork {
	s := scenario.Scenario{Name: "check", Networks: []journal.Network{c.Network}, Hosts: []string{"a", "b"}, Steps: connectTwice}
	c.Timeout, c.Run, c.First = checkTimeout, 1, 1
	j := scenario.Conduct(ctx, &s, c)
	n := checkedNetwork{Network: c.Network, Family: c.Family, Over: j.Over, Witnesses: append([]journal.WitnessStatus{}, j.Witnesses...)}
	n.Discrepancies = append([]tcp.Discrepancy{}, tcp.New(&j).Confront()...)
	n.Available = j.Stopped == "" || len(n.Discrepancies) > 0
	if !n.Available {
		n.Reason = j.Stopped
	}
	return n
}

// connectTwice lets every rule of the confrontation have something to compare: a
// connection with data both ways, of which one end sends its FIN, and another that is
// reset. The first is reset when the run is torn down, so that no TIME_WAIT stays behind.
func connectTwice(t *scenario.T) {
	client, server := t.Connection()
	client.Send("ping")
	server.Recv()
	server.Send("pong")
	client.Recv()
	client.ShutdownWrite()
	server.Recv()
	client, server = t.Connection()
	server.Reset()
	client.Recv()
}

// contradicted says whether some network's witnesses contradict each other.
func (r *checked) contradicted() bool {
	return slices.ContainsFunc(r.Networks, func(n checkedNetwork) bool { return len(n.Discrepancies) > 0 })
}

// scenario says which network a scenario would take.
func (r *checked) scenario(s *scenario.Scenario) checkedScenario {
	for _, n := range r.Networks {
		if n.Available && n.Family == journal.IPv4 && slices.Contains(s.RunsOn(), n.Network) {
			return checkedScenario{Name: s.Name, Network: n.Network, Runs: true}
		}
	}
	return checkedScenario{Name: s.Name}
}

// defaultRuns says whether the default scenario can run, or one that takes its place.
func (r *checked) defaultRuns(p *Program) bool {
	return slices.ContainsFunc(r.Scenarios, func(s checkedScenario) bool {
		return s.Runs && (s.Name == p.Scenarios[0].Name || slices.Contains(p.Fallback, s.Name))
	})
}

// but says that the witnesses contradict each other, if they do.
func (n *checkedNetwork) but() string {
	if len(n.Discrepancies) == 0 {
		return ""
	}
	return "; but the witnesses contradict each other"
}

func (r *checked) write(w io.Writer) {
	fmt.Fprintf(w, "%s on %s, as %s\n\n", r.Tool.Name, r.Machine.Kernel, r.Machine.Privilege)
	for _, n := range r.Networks {
		if !n.Available {
			fmt.Fprintf(w, "%-8s %s  no: %s\n", n.Network, n.Family, n.Reason)
			continue
		}
		var seeing []string
		for _, s := range n.Witnesses {
			if s.Status == journal.Attached {
				seeing = append(seeing, string(s.Name))
			}
		}
		fmt.Fprintf(w, "%-8s %s  yes, observed by %s%s\n", n.Network, n.Family, strings.Join(seeing, ", "), n.but())
		if n.Over != "" {
			fmt.Fprintf(w, "                 over %s\n", n.Over)
		}
		for i := range n.Discrepancies {
			fmt.Fprintf(w, "                 %s %s\n", n.Discrepancies[i].Rule, report.DiscrepancyText(&n.Discrepancies[i]))
		}
		for _, s := range n.Witnesses {
			if s.Status != journal.Attached {
				fmt.Fprintf(w, "                 without %s: %s\n", s.Name, s.Reason)
			}
		}
	}
	fmt.Fprintln(w)
	for _, s := range r.Scenarios {
		if s.Runs {
			fmt.Fprintf(w, "%-18s runs on %s\n", s.Name, s.Network)
		} else {
			fmt.Fprintf(w, "%-18s cannot run here\n", s.Name)
		}
	}
}
