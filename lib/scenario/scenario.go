// Package scenario runs scenarios: it sets the stage, lets the steps be taken, and
// returns the journal.
package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Scenario is one way to bring a phenomenon about, or to prevent it. It is
// portable: a saved journal is judged anywhere.
type Scenario struct {
	Name  string
	Title string // one line: what it shows
	// Networks it can run on, strongest first; nil: all (RunsOn), or those that WireOnly gives it.
	Networks []journal.Network
	// NoHost says why it cannot run on the caller's own stack, where HostNet is
	// not among Networks: the setting it needs.
	NoHost string
	// Hosts are its hosts' names; nil: a and b.
	Hosts []string
	// ToSelf: on the wire, what a host sends itself passes it too. With one
	// host that is always so.
	ToSelf bool
	// DelayedACK: on the wire, the kernel decides when to acknowledge. Else it
	// does at once, so that no step waits for a timer.
	DelayedACK bool
	// MTU of the wire, in bytes; 0: 1500. Larger, and more is carried in bulk.
	MTU int
	// Bound of a run that may take longer than others, where the caller gives none; 0: as others.
	Bound time.Duration
	// Full bounds a run with all the steps, where there is a shortened form (T.Full); 0:
	// there is none.
	Full time.Duration
	// Steps bring it about. They are taken on Linux alone.
	Steps func(t *T)
	// Phenomenon judges whether it was reproduced.
	Phenomenon claim.Phenomenon
	// Claims are what it puts to the test.
	Claims []*claim.Claim
	// Compare lays the ways that the scenario tries side by side; nil: it tries
	// but one. A table without rows is shown nowhere.
	Compare func(v *tcp.View) *claim.Comparison
}

// RunsOn lists the networks that the scenario can run on, strongest first.
func (s *Scenario) RunsOn() []journal.Network {
	if s.Networks == nil {
		return journal.Networks()
	}
	return s.Networks
}

// hosts are the names of its hosts.
func (s *Scenario) hosts() []string {
	if s.Hosts == nil {
		return []string{"a", "b"}
	}
	return s.Hosts
}

// Has says whether the scenario can run on a network; "": on the one that it chooses.
func (s *Scenario) Has(k journal.Network) bool { return k == "" || slices.Contains(s.RunsOn(), k) }

// Refusal says why the scenario cannot run on a network.
func (s *Scenario) Refusal(k journal.Network) string {
	why := ""
	if k == journal.HostNet && s.NoHost != "" {
		why = s.NoHost + "; "
	}
	var names []string
	for _, n := range s.RunsOn() {
		names = append(names, string(n))
	}
	return fmt.Sprintf("%s cannot run on the network %q: %sit takes %s", s.Name, k, why, strings.Join(names, " or "))
}

// Judge turns a journal into the outcome and the findings of its scenario.
func (s *Scenario) Judge(j *journal.Journal) (o claim.Outcome, why string, findings []claim.Finding) {
	return s.Gated(j, claim.NewGate(j))
}

// Gated is Judge with the discrepancies that were found before.
func (s *Scenario) Gated(j *journal.Journal, g *claim.Gate) (o claim.Outcome, why string, findings []claim.Finding) {
	o, why = s.Phenomenon.Gated(j, g)
	findings = []claim.Finding{}
	for _, c := range s.Claims {
		findings = append(findings, g.Judge(c))
	}
	return o, why, findings
}
