package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// Difference is what tells two bundles apart.
type Difference struct {
	Facts []Fact    `json:"facts"` // about where and how they were made: the reader's to weigh
	Runs  []RunDiff `json:"runs"`  // every run of either
	// Totals are verdicts over repeated runs that are not the same, by scenario and
	// claim.
	Totals []Fact `json:"totals,omitempty"`
}

// Fact is one thing that is not the same for both.
type Fact struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// RunDiff is a run of one beside the run of the same scenario of the other.
type RunDiff struct {
	Scenario string   `json:"scenario"`
	OnlyIn   string   `json:"only_in,omitempty"` // a, b; empty: both have it
	Networks *Fact    `json:"networks,omitempty"`
	Outcome  *Fact    `json:"outcome,omitempty"`
	Verdicts []Fact   `json:"verdicts"` // by claim
	Packets  *Parting `json:"packets,omitempty"`
	States   *Parting `json:"states,omitempty"`
	// NotCompared says why packets and states were not, or nothing was: that a run's time ran out, or that it
	// was a matter of chance how it went, tells nothing about the machine.
	NotCompared string `json:"not_compared,omitempty"`
}

// Parting is where two sequences are first not the same.
type Parting struct {
	Step int          `json:"step"` // from 1
	A    *report.Step `json:"a"`    // nil: it has ended
	B    *report.Step `json:"b"`
}

// Same says whether outcomes, verdicts, packets and states are the same. Where
// and how the bundles were made is not asked.
func (d *Difference) Same() bool {
	return len(d.Totals) == 0 && !slices.ContainsFunc(d.Runs, func(r RunDiff) bool { return !r.same() })
}

func (r *RunDiff) same() bool {
	return r.OnlyIn == "" && r.Outcome == nil && len(r.Verdicts) == 0 && r.Packets == nil && r.States == nil
}

// Compare compares two bundles, as they were judged just now.
func Compare(a, b *Result) *Difference {
	d := &Difference{Facts: append(factsApart(&a.Machine, &b.Machine), optionsApart(&a.Report, &b.Report)...), Runs: []RunDiff{}}
	others := slices.Clone(b.Report.Runs)
	for i := range a.Report.Runs {
		r := &a.Report.Runs[i]
		k := slices.IndexFunc(others, func(o report.Run) bool { return o.Scenario == r.Scenario })
		if k < 0 {
			d.Runs = append(d.Runs, RunDiff{Scenario: r.Scenario, OnlyIn: "a", Verdicts: []Fact{}})
			continue
		}
		d.Runs = append(d.Runs, compareRuns(r, &others[k]))
		others = slices.Delete(others, k, k+1)
	}
	for i := range others {
		d.Runs = append(d.Runs, RunDiff{Scenario: others[i].Scenario, OnlyIn: "b", Verdicts: []Fact{}})
	}
	d.Totals = totalsApart(a.Report.Claims, b.Report.Claims)
	return d
}

// totalsApart lists the verdicts over repeated runs that are not the same.
func totalsApart(a, b []claim.Total) []Fact {
	var facts []Fact
	for i := range a {
		t := &a[i]
		k := slices.IndexFunc(b, func(o claim.Total) bool { return o.Scenario == t.Scenario && o.Claim == t.Claim })
		if k >= 0 && b[k].Verdict != t.Verdict {
			facts = append(facts, Fact{t.Scenario + " " + t.Claim, totalWords(t), totalWords(&b[k])})
		}
	}
	return facts
}

// totalWords is a verdict over repeated runs, and how many say so.
func totalWords(t *claim.Total) string {
	return fmt.Sprintf("%s: confirmed in %d, refuted in %d, inconclusive in %d runs", t.Verdict, t.Confirmed, t.Refuted, t.Inconclusive)
}

// factsApart lists what is not the same about two machines and tools.
func factsApart(a, b *Machine) []Fact {
	facts := []Fact{}
	add := func(what, a, b string) {
		if a != b {
			facts = append(facts, Fact{what, a, b})
		}
	}
	add("tool", a.Tool.Version+" "+a.Tool.Commit, b.Tool.Version+" "+b.Tool.Commit)
	add("kernel", a.Kernel, b.Kernel)
	add("architecture", a.Arch, b.Arch)
	add("privilege", a.Privilege, b.Privilege)
	add("label", a.Label, b.Label)
	var names []string
	for _, m := range []*Machine{a, b} {
		for name := range m.Settings {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		add(name, a.Settings[name], b.Settings[name])
	}
	return facts
}

// optionsApart lists what is not the same in the SYNs of two machines, whatever the scenario.
func optionsApart(a, b *report.Report) []Fact {
	var facts []Fact
	x, y := machineOptions(a), machineOptions(b)
	for _, what := range []string{"MSS", "window scale", "timestamps"} {
		if x[what] != y[what] {
			facts = append(facts, Fact{what + " in SYNs", cmp.Or(x[what], "none"), cmp.Or(y[what], "none")})
		}
	}
	return facts
}

// machineOptions are the options of a report's SYNs that follow from its machine: each value once.
func machineOptions(r *report.Report) map[string]string {
	seen := map[string][]string{}
	for i := range r.Runs {
		for k := range r.Runs[i].Events {
			p := r.Runs[i].Events[k].Packet
			if p == nil || !p.Flags.Has(journal.SYN) {
				continue
			}
			for what, value := range report.MachineOptions(p) {
				if !slices.Contains(seen[what], value) {
					seen[what] = append(seen[what], value)
				}
			}
		}
	}
	all := map[string]string{}
	for what, values := range seen {
		slices.Sort(values)
		all[what] = strings.Join(values, ", ")
	}
	return all
}

// timeRanOut is how such a run says why it was stopped.
const timeRanOut = "time ran out"

// attempts are how many repetitions of what a run tried were folded, in order.
func attempts(r *report.Run) (all []int) {
	for i := range r.Events {
		if f := r.Events[i].Fold; f != nil {
			all = append(all, f.Times)
		}
	}
	return all
}

func compareRuns(a, b *report.Run) RunDiff {
	d := RunDiff{Scenario: a.Scenario, Verdicts: []Fact{}}
	if x, y := fmt.Sprintf("%s, %s", a.Network, a.Family), fmt.Sprintf("%s, %s", b.Network, b.Family); x != y {
		d.Networks = &Fact{"network", x, y}
	}
	for i, r := range []*report.Run{a, b} {
		if strings.HasPrefix(r.Stopped, timeRanOut) {
			d.NotCompared = "of " + []string{"a", "b"}[i] + " " + r.Stopped
			return d
		}
	}
	if a.Outcome != b.Outcome {
		d.Outcome = &Fact{"outcome", fmt.Sprintf("%s: %s", a.Outcome, a.Why), fmt.Sprintf("%s: %s", b.Outcome, b.Why)}
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		k := slices.IndexFunc(b.Findings, func(g claim.Finding) bool { return g.Claim == f.Claim })
		if k >= 0 && b.Findings[k].Verdict != f.Verdict {
			g := &b.Findings[k]
			d.Verdicts = append(d.Verdicts, Fact{f.Claim, fmt.Sprintf("%s: %s", f.Verdict, f.Because), fmt.Sprintf("%s: %s", g.Verdict, g.Because)})
		}
	}
	if !slices.Equal(attempts(a), attempts(b)) {
		d.NotCompared = "packets and states: how many attempts it takes is chance"
		return d
	}
	d.Packets = part(a.PacketSteps(), b.PacketSteps())
	d.States = part(a.StateSteps(), b.StateSteps())
	return d
}

// part finds where two sequences part; nil: nowhere.
func part(a, b []report.Step) *Parting {
	for i := range max(len(a), len(b)) {
		p := &Parting{Step: i + 1}
		if i < len(a) {
			p.A = &a[i]
		}
		if i < len(b) {
			p.B = &b[i]
		}
		if p.A == nil || p.B == nil || !p.A.Alike(p.B) {
			return p
		}
	}
	return nil
}
