package repro

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// checkCommand says what this machine can run and observe, by doing it.
func (p *Program) checkCommand() Command {
	return Command{
		Name: "check", Usage: "say what this machine can run and observe, and what would help",
		Flags: []cli.Flag{FormatFlag()}, Accepts: []string{"color"},
		Exit: "0 the default scenario can run here, or one in its place, 2 bad usage, 3 none can, or output lost",
		Examples: []Example{
			{p.Name + " check", "each network, tried; who observes there; and what would help"},
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
	Witnesses []journal.WitnessStatus `json:"witnesses"`
}

// checkedScenario is a scenario with the network it would take.
type checkedScenario struct {
	Name    string          `json:"name"`
	Network journal.Network `json:"network,omitempty"`
	Runs    bool            `json:"runs"`
}

func doCheck(c *Context) (int, error) {
	if err := c.noArgs(); err != nil {
		return ExitUsage, err
	}
	if code, done := elevate(c.Ctx); done {
		return code, nil
	}
	r := checked{Schema: "sockproof/check/v1", Tool: c.Program.tool(), Machine: machine(), Networks: tryNetworks(c)}
	for i := range c.Program.Scenarios {
		r.Scenarios = append(r.Scenarios, r.scenario(&c.Program.Scenarios[i]))
	}
	code := 0
	if !r.defaultRuns(c.Program) {
		code = ExitInconclusive
	}
	return code, c.TextOrJSON(r, func(w io.Writer) { r.write(w) })
}

// tryNetworks sets every stage once, with its witnesses, and plays nothing on it.
func tryNetworks(c *Context) []checkedNetwork {
	var tried []checkedNetwork
	for _, n := range journal.Networks() {
		for _, f := range []journal.Family{journal.IPv4, journal.IPv6} {
			s := Scenario{Name: "check", Networks: []journal.Network{n}, Hosts: []string{"a"}}
			j := Conduct(c.Ctx, &s, func(*Run) error { return nil }, Conditions{
				Network: n, Family: f, Timeout: defaultTimeout, Run: 1, First: 1,
			})
			tried = append(tried, checkedNetwork{
				Network: n, Family: f, Available: j.Stopped == "", Reason: j.Stopped, Witnesses: append([]journal.WitnessStatus{}, j.Witnesses...),
			})
		}
	}
	return tried
}

// scenario says which network a scenario would take.
func (r *checked) scenario(s *Scenario) checkedScenario {
	for _, n := range r.Networks {
		if n.Available && n.Family == journal.IPv4 && slices.Contains(s.Networks, n.Network) {
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
		fmt.Fprintf(w, "%-8s %s  yes, observed by %s\n", n.Network, n.Family, strings.Join(seeing, ", "))
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
