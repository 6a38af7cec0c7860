package claim

import "slices"

// Merged is a claim's verdict over all scenarios that put it to the test.
type Merged struct {
	Claim     string   `json:"claim"`
	Statement string   `json:"statement"`
	Source    string   `json:"source"`
	Quantity  Quantity `json:"quantity"`
	Verdict   Verdict  `json:"verdict"`
	Because   string   `json:"because"` // of the finding that decided
	// Scenarios says for each what came of it there: a verdict, or NotTried.
	Scenarios map[string]string `json:"scenarios"`

	order []string
	by    string
}

// By is the scenario whose finding decided.
func (m *Merged) By() string { return m.by }

// NotTried stands for a claim that a scenario has, and whose case did not arise in it.
const NotTried = "not tried"

// Merge makes one verdict of each claim's totals in its scenarios, in the order in which the
// claims appear. Of a claim that says always one scenario in which it was refuted refutes it,
// of one that says can one confirms it; what was not tried, or not decided, takes nothing back.
func Merge(totals []Total) []Merged {
	var all []Merged
	for i := range totals {
		t := &totals[i]
		k := slices.IndexFunc(all, func(m Merged) bool { return m.Claim == t.Claim })
		if k < 0 {
			k = len(all)
			all = append(all, Merged{
				Claim: t.Claim, Statement: t.Statement, Source: t.Source, Quantity: t.Quantity, Verdict: t.Verdict, Because: t.Because,
				Scenarios: map[string]string{}, by: t.Scenario,
			})
		}
		m := &all[k]
		m.order = append(m.order, t.Scenario)
		m.Scenarios[t.Scenario] = t.status()
		if rank(m.Quantity, t.Verdict) > rank(m.Quantity, m.Verdict) {
			m.Verdict, m.Because, m.by = t.Verdict, t.Because, t.Scenario
		}
	}
	return all
}

// status is what came of a claim in one scenario.
func (t *Total) status() string {
	if t.Verdict == Inconclusive && t.Untried == t.Inconclusive {
		return NotTried
	}
	return string(t.Verdict)
}

// In lists the scenarios in which a claim came to a status, in the order in which they were
// run.
func (m *Merged) In(status string) (names []string) {
	for _, n := range m.order {
		if m.Scenarios[n] == status {
			names = append(names, n)
		}
	}
	return names
}
