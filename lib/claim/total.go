package claim

// Total is a claim's findings over several runs of its scenario.
type Total struct {
	Scenario     string   `json:"scenario"`
	Claim        string   `json:"claim"`
	Statement    string   `json:"statement"`
	Source       string   `json:"source,omitempty"`
	Quantity     Quantity `json:"quantity"`
	Verdict      Verdict  `json:"verdict"` // by the quantity's rule
	Because      string   `json:"because"` // of the finding that decided
	Run          int      `json:"run"`     // the run it comes from
	Confirmed    int      `json:"confirmed"`
	Refuted      int      `json:"refuted"`
	Inconclusive int      `json:"inconclusive"`
	Untried      int      `json:"untried,omitempty"` // of these: its case did not arise
}

// Add counts the finding of one run. For Can one confirmation confirms, for
// Always one refutation refutes; the first finding that decides is kept.
func (t *Total) Add(run int, f Finding) {
	switch f.Verdict {
	case Confirmed:
		t.Confirmed++
	case Refuted:
		t.Refuted++
	default:
		t.Inconclusive++
		if f.Untried {
			t.Untried++
		}
	}
	if t.Run != 0 && rank(f.Quantity, f.Verdict) <= rank(t.Quantity, t.Verdict) {
		return
	}
	t.Claim, t.Statement, t.Source, t.Quantity = f.Claim, f.Statement, f.Source, f.Quantity
	t.Verdict, t.Because, t.Run = f.Verdict, f.Because, run
}

// rank orders verdicts by which of them decides.
func rank(q Quantity, v Verdict) int {
	decisive := Refuted
	if q == Can {
		decisive = Confirmed
	}
	switch v {
	case decisive:
		return 2
	case Inconclusive:
		return 0
	}
	return 1
}
