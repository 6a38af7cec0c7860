// Package repro runs scenarios and gives every binary the same command line.
// A binary hands it a Program; it answers with an exit code.
package repro

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// Program is one binary: a phenomenon, and the ways to bring it about.
type Program struct {
	Name    string
	Summary string // one line: the phenomenon
	// Scenarios in the order in which they are listed and, with "all", run.
	// The first is the default.
	Scenarios []Scenario
	// Fallback names the scenarios that take the default's place, in this
	// order, where no network can have it.
	Fallback []string
	// Played are what commands play: they cannot be asked for as scenarios, but the
	// evidence of them is judged.
	Played []Scenario
	// Plays are the scenarios' actions by name; empty off Linux.
	Plays map[string]Play
	// Flags are the binary's own, beyond the shared ones.
	Flags []cli.Flag
	// For names the scenarios that take a flag, where not all do.
	For map[string][]string
	// Commands are the binary's own, beyond the shared ones.
	Commands []Command
	// Examples are command lines worth knowing, for its help.
	Examples []Example
}

// Example is a command line, and what it does.
type Example struct{ Line, Does string }

// Scenario is one way to bring a phenomenon about, or to prevent it. It is
// portable: a saved journal is judged anywhere.
type Scenario struct {
	Name  string
	Title string // one line: what it shows
	// Networks it can run on, strongest first.
	Networks []journal.Network
	// NoHost says why it cannot run on the caller's own stack, where HostNet is
	// not among Networks: the setting it needs.
	NoHost string
	// Hosts are its hosts' names.
	Hosts []string
	// ToSelf: on the wire, what a host sends itself passes it too. With one
	// host that is always so.
	ToSelf bool
	// DelayedACK: on the wire, the kernel decides when to acknowledge. Else it
	// does at once, so that no step waits for a timer.
	DelayedACK bool
	// MTU of the wire, in bytes; 0: 1500. Larger, and more is carried in bulk.
	MTU int
	// Phenomenon judges whether it was reproduced.
	Phenomenon claim.Phenomenon
	// Claims are what it puts to the test.
	Claims []*claim.Claim
	// Compare lays the ways that the scenario tries side by side; nil: it tries
	// but one.
	Compare func(j *journal.Journal) *claim.Comparison
}

// Play brings a scenario about. The errors it returns mean that the stage could
// not be set; what the kernel answered is in the journal and is no error.
type Play func(r *Run) error

// Command is a command of one binary alone.
type Command struct {
	Name, Usage, ArgsUsage string
	// Files: its arguments are names of files.
	Files bool
	// Flags are its own. One with the name of a shared flag takes its place: it has
	// other values here, or means something else where nobody says.
	Flags []cli.Flag
	// Accepts names the shared flags that mean to it what they mean elsewhere.
	Accepts []string
	// Exit says what its exit statuses mean, for its help.
	Exit string
	// Examples are command lines worth knowing, for its help.
	Examples []Example
	Do       func(c *Context) (exit int, err error)
}

// scenario returns the scenario of that name.
func (p *Program) scenario(name string) (*Scenario, bool) {
	i := slices.IndexFunc(p.Scenarios, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return &p.Scenarios[i], true
}

// names lists what may be asked for.
func (p *Program) names() string {
	var n []string
	for _, s := range p.Scenarios {
		n = append(n, s.Name)
	}
	return strings.Join(append(n, "all"), ", ")
}

// Judge turns a journal into the outcome and the findings of its scenario.
func (s *Scenario) Judge(j *journal.Journal) (o claim.Outcome, why string, findings []claim.Finding) {
	defer claim.Remember(j)()
	return s.judge(j, claim.NewGate(j))
}

func (s *Scenario) judge(j *journal.Journal, g *claim.Gate) (o claim.Outcome, why string, findings []claim.Finding) {
	o, why = s.Phenomenon.Gated(j, g)
	findings = []claim.Finding{}
	for _, c := range s.Claims {
		findings = append(findings, g.Finding(c.Judge(j)))
	}
	return o, why, findings
}

// Report judges a journal, and makes the report of its run.
func (s *Scenario) Report(j journal.Journal) report.Run {
	defer claim.Remember(&j)()
	g := claim.NewGate(&j)
	o, why, findings := s.judge(&j, g)
	r := report.NewRun(j, s.Title, o, why, findings)
	r.Discrepancies = g.Discrepancies
	if s.Compare != nil {
		r.Comparison = s.Compare(&j)
	}
	return r
}

// Reserved are the commands of all five binaries; no scenario may have such a name.
var Reserved = []string{
	"list", "check", "verify", "diff", "scan", "port", "serve", "judge", "load",
	"victim", "counters", "watch", "help",
}
