package journaltest

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// Suite is what the tests of a binary work with.
type Suite struct {
	Program    *cli.Program
	Recordings []string // their names; one for each scenario has its name
	Shown      []string // those whose text is compared with testdata's
	Cases      []Case
	// Unconfirmed are claims that no journal can confirm: what they say is refuted, or
	// computed, wherever it is put to the test.
	Unconfirmed []string
	// Unseen is which share of the small lies that matter may go unnoticed: what was
	// measured, and a little.
	Unseen float64
}

// Case is a recorded journal, changed a little, and what must follow.
type Case struct {
	Name string
	Of   string // the recording
	Do   Change
	// The claims that have this verdict then: their ids, with spaces between.
	Confirmed, Refuted, Inconclusive string
	Outcome                          claim.Outcome // of the scenario's phenomenon; "": not asked
}

// want is a claim, and the verdict that it must have.
type want struct {
	id      string
	verdict claim.Verdict
}

// wants are the verdicts that a case asks for.
func (c *Case) wants() []want {
	var all []want
	add := func(v claim.Verdict, ids string) {
		for id := range strings.FieldsSeq(ids) {
			all = append(all, want{id, v})
		}
	}
	add(claim.Confirmed, c.Confirmed)
	add(claim.Refuted, c.Refuted)
	add(claim.Inconclusive, c.Inconclusive)
	return all
}

// cases are those written down, and those that go for every scenario.
func (s *Suite) cases() []Case { return slices.Concat(s.Cases, s.blinded()) }

// blinded lacks, for every claim and every phenomenon, each of the witnesses
// it needs in turn; and is a run that was stopped.
func (s *Suite) blinded() []Case {
	var all []Case
	for i := range s.Program.Scenarios {
		scenario := &s.Program.Scenarios[i]
		add := func(c Case, needs []journal.Witness) {
			for _, w := range needs {
				for how, do := range map[string]Change{"without " + string(w): missing(w), "an event lost by " + string(w): lossy(w)} {
					c.Name, c.Of, c.Do = scenario.Name+": "+how, scenario.Name, do
					all = append(all, c)
				}
			}
		}
		add(Case{Outcome: claim.OutcomeUnresolved}, scenario.Phenomenon.Needs)
		for _, c := range scenario.Claims {
			add(Case{Inconclusive: c.ID}, c.Needs)
		}
		cut := Case{Name: scenario.Name + ": stopped", Of: scenario.Name, Do: stopped, Outcome: claim.OutcomeUnresolved}
		if scenario.Phenomenon.Rounds {
			cut.Outcome = claim.Reproduced // in a round that was over
		}
		all = append(all, cut)
	}
	return all
}

// Scenario is the scenario that a journal is a run of.
func (s *Suite) Scenario(t testing.TB, name string) *scenario.Scenario {
	t.Helper()
	i := slices.IndexFunc(s.Program.Scenarios, func(s scenario.Scenario) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no scenario %q", name)
	}
	return &s.Program.Scenarios[i]
}

// Journals are the tests that need nothing but the recordings.
func (s *Suite) Journals(t *testing.T) {
	t.Run("JudgedTheSame", s.judgesTheSame)
	t.Run("JudgedAlike", s.judgesAlike)
	t.Run("RenderedTheSame", s.rendersTheSame)
	t.Run("Short", s.isShort)
	t.Run("FollowsTheSchema", s.followsTheSchema)
	t.Run("HoldsAsEvidence", s.holdsAsEvidence)
	t.Run("OlderEvidenceHolds", s.olderHold)
	t.Run("LessIsNeverMore", s.lessIsNeverMore)
	t.Run("TellsOnlyWhatWasSeen", s.tellsOnlyWhatWasSeen)
	t.Run("NoOrderPanics", s.noOrderPanics)
	t.Run("Altered", s.altered)
	t.Run("CitedTurn", s.citedTurn)
	t.Run("EveryClaimCanFail", s.everyClaimCanFail)
	t.Run("LiesAreNoticed", s.liesAreNoticed)
	t.Run("Names", s.names)
}

// claimOf is one of a scenario's claims.
func claimOf(t testing.TB, s *scenario.Scenario, id string) *claim.Claim {
	t.Helper()
	i := slices.IndexFunc(s.Claims, func(c *claim.Claim) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("%s puts no claim %s to the test", s.Name, id)
	}
	return s.Claims[i]
}

// altered judges every case.
func (s *Suite) altered(t *testing.T) {
	for _, tt := range s.cases() {
		name, wants := tt.Of+"/"+tt.Name, tt.wants()
		if len(wants) == 0 && tt.Outcome == "" {
			t.Errorf("%s: nothing is asked for", name)
		}
		for _, w := range wants {
			t.Run(w.id+"/"+name, func(t *testing.T) { s.verdictIs(t, tt.alter(t), w) })
		}
		if tt.Outcome != "" {
			t.Run("outcome/"+name, func(t *testing.T) { s.outcomeIs(t, tt.alter(t), tt.Outcome) })
		}
	}
}

// alter reads the recording and changes it.
func (c *Case) alter(t *testing.T) *journal.Journal {
	t.Helper()
	d := New(t, c.Of)
	c.Do(d)
	if err := d.Check(); err != nil {
		t.Fatalf("the journal was altered wrongly: %v", err)
	}
	return d.Journal
}

func (s *Suite) verdictIs(t *testing.T, j *journal.Journal, w want) {
	f := claimOf(t, s.Scenario(t, j.Scenario), w.id).Judge(j)
	if f.Verdict != w.verdict {
		t.Errorf("%s %s: %s; want %s", w.id, f.Verdict, f.Because, w.verdict)
	}
	CheckFinding(t, j, &f)
}

func (s *Suite) outcomeIs(t *testing.T, j *journal.Journal, want claim.Outcome) {
	if o, why := s.Scenario(t, j.Scenario).Phenomenon.Judge(j); o != want {
		t.Errorf("%s: %s; want %s", o, why, want)
	}
}

// CheckFinding asks of a finding what must be true of any: a reason, and
// events that are in the journal.
func CheckFinding(t *testing.T, j *journal.Journal, f *claim.Finding) {
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

// seen is what became of a claim or a phenomenon over all journals.
type seen struct{ confirmed, failed, unclear bool }

// everyClaimCanFail checks that a claim that no journal confirms, or none fails to, would
// be no check. The same goes for each scenario's phenomenon, which must be reproduced in the
// recording that has the scenario's name.
func (s *Suite) everyClaimCanFail(t *testing.T) {
	claims, phenomena := map[string]*seen{}, map[string]*seen{}
	of := map[string]*scenario.Scenario{} // by recording
	for _, name := range s.Recordings {
		of[name] = s.Scenario(t, Recorded(t, name).Scenario)
	}
	for i := range s.Program.Scenarios {
		scenario := &s.Program.Scenarios[i]
		o, _, findings := scenario.Judge(Recorded(t, scenario.Name))
		phenomena[scenario.Name] = &seen{confirmed: o == claim.Reproduced}
		for _, f := range findings {
			if claims[f.Claim] == nil {
				claims[f.Claim] = &seen{}
			}
			claims[f.Claim].add(f.Quantity, f.Verdict)
		}
	}
	for _, tt := range s.cases() {
		scenario := of[tt.Of]
		p := phenomena[scenario.Name]
		p.failed = p.failed || tt.Outcome == claim.NotReproduced
		p.unclear = p.unclear || tt.Outcome == claim.OutcomeUnresolved
		for _, w := range tt.wants() {
			claims[w.id].add(claimOf(t, scenario, w.id).Quantity, w.verdict)
		}
	}
	for _, name := range s.Recordings {
		s.failsByMutation(of[name], Recorded(t, name), claims)
		s.turnsByMutation(of[name], Recorded(t, name), phenomena[of[name].Name])
	}
	for name, p := range phenomena {
		if !p.confirmed || !p.unclear || !p.failed {
			t.Errorf("scenario %s: reproduced, not reproduced, inconclusive: %+v", name, *p)
		}
	}
	for id, c := range claims {
		if slices.Contains(s.Unconfirmed, id) {
			c.confirmed, c.failed = true, true
		}
		if !c.confirmed || !c.failed || !c.unclear {
			t.Errorf("%s: confirmed, failed to be, inconclusive: %+v", id, *c)
		}
	}
}

// failsByMutation notes which claims, not known to fail yet, do where an event that they
// cite is changed, and the contradiction is not noticed.
func (s *Suite) failsByMutation(of *scenario.Scenario, whole *journal.Journal, claims map[string]*seen) {
	for _, c := range of.Claims {
		k := claims[c.ID]
		if k == nil || k.confirmed && k.failed && k.unclear {
			continue
		}
		for _, n := range claim.Unconfronted(whole).Judge(c).Events {
			for _, j := range mutants(whole, n) {
				k.add(c.Quantity, claim.Unconfronted(j).Judge(c).Verdict)
			}
		}
	}
}

// turnsByMutation does the same for a scenario's phenomenon.
func (s *Suite) turnsByMutation(of *scenario.Scenario, whole *journal.Journal, p *seen) {
	if p.failed && p.unclear {
		return
	}
	for _, n := range of.Phenomenon.Finding(whole, claim.Unconfronted(whole)).Events {
		for _, j := range mutants(whole, n) {
			o, _ := of.Phenomenon.Gated(j, claim.Unconfronted(j))
			p.failed = p.failed || o == claim.NotReproduced
			p.unclear = p.unclear || o == claim.OutcomeUnresolved
		}
	}
}

func (s *seen) add(q claim.Quantity, v claim.Verdict) {
	s.confirmed = s.confirmed || v == claim.Confirmed
	s.failed = s.failed || v == claim.Refuted || q == claim.Can && v != claim.Confirmed
	s.unclear = s.unclear || v == claim.Inconclusive
}

// names checks that the commands of all programs are reserved, those of this one are
// among them, and a scenario's name is its own.
func (s *Suite) names(t *testing.T) {
	taken := map[string]bool{"all": true}
	for _, scenario := range s.Program.Scenarios {
		if slices.Contains(cli.Reserved, scenario.Name) || taken[scenario.Name] {
			t.Errorf("the scenario's name %q is taken", scenario.Name)
		}
		taken[scenario.Name] = true
	}
	for _, c := range s.Program.Commands {
		if !slices.Contains(cli.Reserved, c.Name) {
			t.Errorf("the command %q is not reserved", c.Name)
		}
	}
}
