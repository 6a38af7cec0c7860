package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
)

// doctored is a recorded journal, changed a little, and what must follow.
type doctored struct {
	name    string
	of      string // the recording
	do      func(*doctor)
	claim   string        // the claim judged; "": the scenario's phenomenon
	want    claim.Verdict // of the claim
	outcome claim.Outcome // of the phenomenon
}

func allDoctored() []doctored {
	return slices.Concat(doctoredOpening, doctoredData, doctoredClose, doctoredChoice, doctoredCure, doctoredTheft, blinded())
}

// blinded lacks, for every claim and every phenomenon, each of the witnesses
// it needs in turn; and is a run that was stopped.
func blinded() []doctored {
	var all []doctored
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		add := func(id string, needs []journal.Witness) {
			for _, w := range needs {
				for how, do := range map[string]func(*doctor){"without " + string(w): missing(w), "an event lost by " + string(w): lossy(w)} {
					all = append(all, doctored{
						name: s.Name + ": " + how, of: s.Name, do: do,
						claim: id, want: claim.Inconclusive, outcome: claim.OutcomeUnresolved,
					})
				}
			}
		}
		add("", s.Phenomenon.Needs)
		for _, c := range s.Claims {
			add(c.ID, c.Needs)
		}
		all = append(all, doctored{
			name: s.Name + ": stopped", of: s.Name, do: stopped, outcome: claim.OutcomeUnresolved,
		})
	}
	return all
}

// scenarioOf is the scenario that a journal is a run of.
func scenarioOf(t testing.TB, name string) *repro.Scenario {
	t.Helper()
	i := slices.IndexFunc(program.Scenarios, func(s repro.Scenario) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no scenario %q", name)
	}
	return &program.Scenarios[i]
}

// claimOf is one of a scenario's claims.
func claimOf(t testing.TB, s *repro.Scenario, id string) *claim.Claim {
	t.Helper()
	i := slices.IndexFunc(s.Claims, func(c *claim.Claim) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("%s puts no claim %s to the test", s.Name, id)
	}
	return s.Claims[i]
}

func TestDoctored(t *testing.T) {
	for _, tt := range allDoctored() {
		id := tt.claim
		if id == "" {
			id = "outcome"
		}
		t.Run(id+"/"+tt.name, func(t *testing.T) {
			d := newDoctor(t, tt.of)
			tt.do(d)
			if err := d.Check(); err != nil {
				t.Fatalf("the doctor botched it: %v", err)
			}
			s := scenarioOf(t, d.Scenario)
			if tt.claim == "" {
				if o, why := s.Phenomenon.Judge(d.Journal); o != tt.outcome {
					t.Errorf("%s, want %s: %s", o, tt.outcome, why)
				}
				return
			}
			f := claimOf(t, s, tt.claim).Judge(d.Journal)
			if f.Verdict != tt.want {
				t.Errorf("%s, want %s: %s", f.Verdict, tt.want, f.Because)
			}
			checkFinding(t, d.Journal, &f)
		})
	}
}

// checkFinding asks of a finding what must be true of any: a reason, and
// events that are in the journal.
func checkFinding(t *testing.T, j *journal.Journal, f *claim.Finding) {
	t.Helper()
	if f.Because == "" {
		t.Errorf("%s gives no reason", f.Claim)
	}
	if f.Verdict != claim.Inconclusive && len(f.Events) == 0 {
		t.Errorf("%s is %s and cites nothing", f.Claim, f.Verdict)
	}
	for _, n := range f.Events {
		if _, ok := j.Event(n); !ok {
			t.Errorf("%s cites event %d, which is not in the journal", f.Claim, n)
		}
	}
}

// TestEveryClaimCanFail: a claim that no journal confirms, or none fails to,
// would be no check. The same goes for each scenario's phenomenon.
func TestEveryClaimCanFail(t *testing.T) {
	type seen struct{ confirmed, failed, unclear bool }
	claims, phenomena := map[string]*seen{}, map[string]*seen{}
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		j := recorded(t, s.Name)
		o, _, findings := s.Judge(j)
		phenomena[s.Name] = &seen{confirmed: o == claim.Reproduced}
		for _, f := range findings {
			if claims[f.Claim] == nil {
				claims[f.Claim] = &seen{}
			}
			claims[f.Claim].confirmed = claims[f.Claim].confirmed || f.Verdict == claim.Confirmed
		}
	}
	for _, tt := range allDoctored() {
		s := scenarioOf(t, recorded(t, tt.of).Scenario)
		if tt.claim == "" {
			p := phenomena[s.Name]
			p.failed = p.failed || tt.outcome == claim.NotReproduced
			p.unclear = p.unclear || tt.outcome == claim.OutcomeUnresolved
			continue
		}
		c := claims[tt.claim]
		if claimOf(t, s, tt.claim).Quantity == claim.Can {
			c.failed = c.failed || tt.want != claim.Confirmed
		} else {
			c.failed = c.failed || tt.want == claim.Refuted
		}
		c.unclear = c.unclear || tt.want == claim.Inconclusive
	}
	for name, s := range phenomena {
		if !s.confirmed || !s.unclear || !s.failed {
			t.Errorf("scenario %s: reproduced, not reproduced, inconclusive: %+v", name, *s)
		}
	}
	for id, s := range claims {
		if !s.confirmed || !s.failed || !s.unclear {
			t.Errorf("%s: confirmed, failed to be, inconclusive: %+v", id, *s)
		}
	}
}
