package claim

import (
	"fmt"

	"sockproof/lib/journal"
)

// Outcome is what became of a run.
type Outcome string

// The outcomes.
const (
	Reproduced        Outcome = "reproduced"
	NotReproduced     Outcome = "not_reproduced"
	OutcomeUnresolved Outcome = "inconclusive"
)

// Phenomenon says when a run has reproduced what its scenario is about. Like a
// claim it is a pure function of the journal: a confirming finding means
// reproduced, a refuting one not reproduced.
type Phenomenon struct {
	Needs []journal.Witness
	// Rounds: the steps are rounds of a hunt or a race, each of which stands for itself. What
	// was seen in some counts, however many were left when the run was stopped.
	Rounds bool
	// Rule finds the cases of the phenomenon. Of Always each must hold, of Can one is enough.
	Rule         Rule
	Quantity     Quantity
	Precondition string
}

// By is a phenomenon that a claim states: it was reproduced where the claim's cases hold.
func By(c *Claim) Phenomenon {
	return Phenomenon{Needs: c.Needs, Rule: c.Rule, Quantity: c.Quantity, Precondition: c.Precondition}
}

// Judge returns a run's outcome and the sentence that says why. A run that was
// stopped before its last step has reproduced nothing, whatever it had seen:
// the rest might have taken it back. Rounds take nothing back.
func (p *Phenomenon) Judge(j *journal.Journal) (Outcome, string) {
	return p.Gated(j, &Gate{j: j})
}

// Gated is Judge, with nothing that rests on contradictions.
func (p *Phenomenon) Gated(j *journal.Journal, g *Gate) (Outcome, string) {
	if j.Stopped != "" && !p.Rounds {
		return OutcomeUnresolved, j.Stopped
	}
	f := p.Finding(j, g)
	if j.Stopped != "" {
		if f.Verdict != Confirmed {
			return OutcomeUnresolved, j.Stopped
		}
		f.Because += "; then " + j.Stopped
	}
	switch f.Verdict {
	case Confirmed:
		return Reproduced, f.Because
	case Refuted:
		if e := unrouted(j); e != nil {
			return OutcomeUnresolved, fmt.Sprintf("%s; but connect() of %s failed with %s", f.Because, e.Socket, e.Call.Errno)
		}
		return NotReproduced, f.Because + heldUp(j)
	}
	return OutcomeUnresolved, f.Because + heldUp(j)
}

// Finding is what a run says of the phenomenon: confirmed where it was seen.
func (p *Phenomenon) Finding(j *journal.Journal, g *Gate) Finding {
	if f, ok := blind(j, p.Needs); ok {
		return f
	}
	return g.Outcome(sum(g.cases(p.Rule, p.Quantity, true), p.Quantity, p.Precondition))
}

// unrouted is a connect() that the routing refused, where no step means that. ENETUNREACH is what a broadcast gets.
func unrouted(j *journal.Journal) *journal.Event {
	for i := range j.Events {
		if e := &j.Events[i]; e.Call != nil && e.Call.Op == "connect" {
			switch e.Call.Errno {
			case journal.EHOSTUNREACH, journal.EACCES, journal.EINVAL:
				return e
			}
		}
	}
	return nil
}

// heldUp says for how long the program did not run; nothing, if it always did.
func heldUp(j *journal.Journal) string {
	var ns int64
	for _, e := range HoldUps(j) {
		ns += e.Process.ForNS
	}
	if ns == 0 {
		return ""
	}
	return fmt.Sprintf("; the program did not run for up to %.2f s of it, being stopped or its machine busy: try again", float64(ns)/1e9)
}
