// Package claim puts documented statements to the test. A Claim reads nothing
// but a journal and answers with a Finding that cites the events it rests on:
// no clock, no socket, no I/O. So a saved journal is judged again anywhere.
//
// A claim's Rule lists its cases (Once, Each, AfterCall, AfterEnding, EachConn), and says of
// each Case whether it holds. docs/first-scenario.md has an example.
package claim

import (
	"fmt"

	"sockproof/lib/journal"
)

// Verdict is what a journal says of a claim.
type Verdict string

// The verdicts.
const (
	Confirmed    Verdict = "confirmed"
	Refuted      Verdict = "refuted"
	Inconclusive Verdict = "inconclusive"
)

// Quantity says how much a claim claims, and so what it takes to settle it.
type Quantity string

// The quantities.
const (
	Can    Quantity = "can"    // one good instance confirms it
	Always Quantity = "always" // one counter-example refutes it
)

// Claim is one documented statement that a scenario puts to the test.
type Claim struct {
	ID        string   // "SC1"
	Statement string   // what the document says
	Source    string   // where: the article's title, the RFC section, the manual page
	Quantity  Quantity // can, always
	// Precondition is what must have arisen for the statement to be tested at
	// all; where it did not, the finding is inconclusive.
	Precondition string
	// Needs are the witnesses without which no verdict is possible.
	Needs []journal.Witness
	// Rule tests it on its cases in a view, if the needed witnesses were attached and lost
	// nothing.
	Rule Rule
}

// Finding is a claim's verdict from one journal.
type Finding struct {
	Claim     string   `json:"claim"`
	Statement string   `json:"statement"`
	Source    string   `json:"source"`
	Quantity  Quantity `json:"quantity"`
	Verdict   Verdict  `json:"verdict"`
	Because   string   `json:"because"` // one sentence
	Events    []int    `json:"events"`  // the numbers of the events it rests on

	Absence bool `json:"-"` // it rests on something not having come
	Untried bool `json:"-"` // its case did not arise
}

// Judge tests the claim against a journal.
func (c *Claim) Judge(j *journal.Journal) Finding { return (&Gate{j: j}).Judge(c) }

// Judge tests a claim against the gate's journal, and takes back what the journal does not
// bear.
func (g *Gate) Judge(c *Claim) Finding {
	f, ok := blind(g.j, c.Needs)
	if !ok {
		f = sum(g.cases(c.Rule, c.Quantity, false), c.Quantity, c.Precondition)
		switch {
		case c.Quantity == Can && f.Verdict == Refuted:
			f.Verdict, f.Because = Inconclusive, "not in this run: "+f.Because
		case c.Quantity == Always && f.Verdict == Confirmed && g.j.Stopped != "":
			f.Verdict, f.Because = Inconclusive, f.Because+"; but what would have put it to the test may be in the steps that were not taken: "+g.j.Stopped
		}
	}
	f.Quantity = c.Quantity
	f = g.Finding(f)
	f.Claim, f.Statement, f.Source, f.Quantity = c.ID, c.Statement, c.Source, c.Quantity
	if f.Events == nil {
		f.Events = []int{} // [] in JSON, never null
	}
	return f
}

// blind returns the finding that follows from a missing witness, or from one
// that lost events; nothing is filled in for it.
func blind(j *journal.Journal, needs []journal.Witness) (Finding, bool) {
	if len(j.Witnesses) == 0 && j.Stopped != "" {
		return unclear("%s", j.Stopped), true // the run never began
	}
	for _, w := range needs {
		s := j.Witness(w)
		if s.Status != journal.Attached {
			return unclear("the witness %s was not attached: %s", w, s.Reason), true
		}
		if s.Lost > 0 {
			return unclear("the witness %s lost %d events%s", w, s.Lost, because(s.Reason)), true
		}
	}
	return Finding{}, false
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// unclear is an inconclusive finding.
func unclear(because string, args ...any) Finding {
	return Finding{Verdict: Inconclusive, Because: fmt.Sprintf(because, args...)}
}
