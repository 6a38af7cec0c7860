package main

import "slices"

// How a verdict in a world compares with the one without.
type comparison int

const (
	same     comparison = iota
	lost                // became inconclusive: allowed
	fresh               // was inconclusive, and is what it is elsewhere, or nowhere known
	unsteady            // changed to what undisturbed runs of the same cell come to as well
	foreseen            // changed, and expected.go says why
	untrue              // became its opposite
)

// A change is one verdict's.
type change struct {
	what       string // a claim, or the outcome
	was, is    string
	because    string
	comparison comparison
}

// knowledge is what verdicts undisturbed runs have given: by cell, by scenario,
// and by binary, and by claim.
type knowledge map[[3]string][]string

func (k knowledge) learn(c cell, r run) {
	for _, f := range r.verdicts() {
		if f.Verdict == undecided {
			continue
		}
		for _, key := range [][3]string{{c.String(), "", f.Claim}, {c.binary, c.scenario, f.Claim}, {c.binary, "", f.Claim}} {
			if !slices.Contains(k[key], f.Verdict) {
				k[key] = append(k[key], f.Verdict)
			}
		}
	}
}

// gave says whether an undisturbed run of the very cell came to that verdict.
func (k knowledge) gave(c cell, what, verdict string) bool {
	return slices.Contains(k[[3]string{c.String(), "", what}], verdict)
}

// contradicts says whether no undisturbed run of the scenario came to this
// verdict but to another; of a scenario that never came to one, no run of any
// scenario.
func (k knowledge) contradicts(c cell, what, verdict string) bool {
	known := k[[3]string{c.binary, c.scenario, what}]
	if len(known) == 0 && what != outcome {
		known = k[[3]string{c.binary, "", what}]
	}
	return len(known) > 0 && !slices.Contains(known, verdict)
}

// compare holds what a world gave against what its cell gives without one.
func compare(w world, c cell, was, is run, k knowledge) (all []change) {
	for _, f := range was.verdicts() {
		if is.verdict(f.Claim) == undecided && !slices.ContainsFunc(is.verdicts(), func(g finding) bool { return g.Claim == f.Claim }) {
			is.Findings = append(slices.Clone(is.Findings), finding{f.Claim, undecided, "no finding"})
		}
	}
	for _, f := range is.verdicts() {
		ch := change{what: f.Claim, was: was.verdict(f.Claim), is: f.Verdict, because: f.Because}
		switch {
		case ch.was == ch.is:
			ch.comparison = same
		case ch.is == undecided:
			ch.comparison = lost
		case ch.was == undecided && !k.contradicts(c, ch.what, ch.is):
			ch.comparison = fresh
		case k.gave(c, ch.what, ch.is):
			ch.comparison = unsteady
		case expected(w.name, c, ch.what, ch.is):
			ch.comparison = foreseen
		default:
			ch.comparison = untrue
		}
		all = append(all, ch)
	}
	return all
}
