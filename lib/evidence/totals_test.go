package evidence

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// runOf is a run whose SYN arrives, or never leaves: it is numbered on from another.
func runOf(t testing.TB, run, first int, syn bool) journal.Journal {
	j := cross(t, addrA, addrB)
	j.Run = run
	if !syn {
		j.Events = slices.Concat(j.Events[:1], j.Events[8:])
	}
	for i := range j.Events {
		e := &j.Events[i]
		e.N, e.Run = first+i, run
		if p := e.Packet; p != nil && p.Of != 0 {
			p.Of += first - 1
		}
	}
	return j
}

// repeated is the report of 5 runs, of which the first and the third, the first to be
// refuted, are kept: its claim can be, so the first decides.
func repeated(t testing.TB) report.Report {
	r := reportOf(runOf(t, 1, 1, true), runOf(t, 3, 30, false))
	f := r.Runs[0].Findings[0]
	r.Tally = report.Tally{Reproduced: 3, NotReproduced: 2}
	r.Claims = []claim.Total{{
		Scenario: "cross", Claim: f.Claim, Statement: f.Statement, Quantity: f.Quantity, Verdict: f.Verdict, Because: f.Because,
		Run: 1, Confirmed: 3, Refuted: 2,
	}}
	return r
}

// allKept are two runs, of which each has its own outcome.
func allKept(t testing.TB) report.Report {
	r := reportOf(runOf(t, 1, 1, true), runOf(t, 2, 10, false))
	var total claim.Total
	for i := range r.Runs {
		total.Scenario = "cross"
		total.Add(r.Runs[i].Run, r.Runs[i].Findings[0])
	}
	r.Claims = []claim.Total{total}
	return r
}

// TestTotals: verdicts over runs that were not kept must be such as can be; those over
// runs that were must be theirs. Even the build that made a bundle finds no other in
// its bytes: it takes them from there.
func TestTotals(t *testing.T) {
	v := mustHold(t, rendered(t, New(repeated(t), How{Repeat: 5})))
	if len(v.Report.Claims) != 1 || !strings.Contains(strings.Join(v.Unchecked, "\n"), "3 runs counted and not kept") {
		t.Errorf("%v, not checked: %v", v.Report.Claims, v.Unchecked)
	}
	mustHold(t, rendered(t, New(allKept(t), How{Repeat: 2})))
	for name, tt := range map[string]struct {
		of     func(testing.TB) report.Report
		repeat int
		forge  func(*report.Report)
		want   string
	}{
		"refuted":             {repeated, 5, func(r *report.Report) { r.Claims[0].Verdict = claim.Refuted }, "over all runs: says refuted; what it counts comes to confirmed"},
		"refuted throughout":  {repeated, 5, func(r *report.Report) { r.Claims[0] = total(r, claim.Refuted, 3, 0, 5) }, "over all runs: it counts fewer verdicts"},
		"another decides":     {repeated, 5, func(r *report.Report) { r.Claims[0].Run = 2 }, "over all runs: run 1 decides, not run 2"},
		"a refuted one does":  {repeated, 5, func(r *report.Report) { r.Claims[0].Run = 3 }, "over all runs: run 1 decides, not run 3"},
		"no run does":         {repeated, 5, func(r *report.Report) { r.Claims[0].Run = 6 }, "over all runs: run 6, whose finding decides, is none of 1 to 5"},
		"more":                {repeated, 5, func(r *report.Report) { r.Claims[0].Confirmed++ }, "over all runs: its verdicts are not those of 5 runs"},
		"a sum that wraps":    {repeated, 5, func(r *report.Report) { r.Claims[0].Confirmed += 1 << 62; r.Claims[0].Refuted += 1 << 62 }, "over all runs: its verdicts are not those of 5 runs"},
		"always":              {repeated, 5, func(r *report.Report) { r.Claims[0].Quantity = claim.Always }, "over all runs: it is not T1 of cross"},
		"another claim":       {repeated, 5, func(r *report.Report) { r.Claims[0].Claim = "T9" }, "over all runs: it is not T1 of cross"},
		"another scenario":    {repeated, 5, func(r *report.Report) { r.Claims[0].Scenario = "other" }, "over all runs: it is not T1 of cross"},
		"one more":            {repeated, 5, func(r *report.Report) { r.Claims = append(r.Claims, r.Claims[0]) }, "a verdict over runs that there were not"},
		"none":                {repeated, 5, func(r *report.Report) { r.Claims = nil }, "its verdict over all runs is missing"},
		"of all kept":         {allKept, 2, func(r *report.Report) { r.Claims[0] = total(r, claim.Confirmed, 1, 2, 0) }, "over all runs: it counts fewer verdicts"},
		"of all kept, run":    {allKept, 2, func(r *report.Report) { r.Claims[0].Run = 2 }, "over all runs: run 1 decides"},
		"repeated never":      {allKept, 1, func(*report.Report) {}, "a verdict over runs that there were not"},
		"not repeated so":     {repeated, 4, func(*report.Report) {}, "its tally counts 5 runs; no run after run 3 is there"},
		"repeated more often": {repeated, 7, func(*report.Report) {}, ""},
		"a run less":          {repeated, 5, func(r *report.Report) { r.Tally.Reproduced = 1; r.Tally.NotReproduced = 1 }, "it has run 3; its tally counts 2 runs"},
		"a tally that wraps":  {repeated, 5, func(r *report.Report) { r.Tally.Reproduced = 1 << 62 }, "its tally"},
		"twice one outcome":   {twiceOneOutcome, 5, func(*report.Report) {}, "run 2 is of another scenario than run 1, or has an outcome"},
		"the first is gone":   {func(t testing.TB) report.Report { return reportOf(runOf(t, 2, 9, true)) }, 5, func(*report.Report) {}, "run 1 is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			r := tt.of(t)
			tt.forge(&r)
			v, err := verify("e", rendered(t, New(r, How{Repeat: tt.repeat})), judge)
			if err != nil {
				t.Fatal(err)
			}
			found := tt.want == "" && v.Holds()
			for _, p := range v.Problems {
				found = found || tt.want != "" && strings.HasPrefix(p.Text, tt.want)
			}
			if !found {
				t.Errorf("problems %v, want one that begins with %q", v.Problems, tt.want)
			}
			if tt.want != "" && len(v.Report.Claims) > 0 {
				t.Error("what cannot be is shown")
			}
		})
	}
}

func total(r *report.Report, verdict claim.Verdict, run, confirmed, refuted int) claim.Total {
	t := r.Claims[0]
	t.Verdict, t.Run, t.Confirmed, t.Refuted = verdict, run, confirmed, refuted
	return t
}

func twiceOneOutcome(t testing.TB) report.Report {
	r := reportOf(runOf(t, 1, 1, true), runOf(t, 2, 10, true))
	r.Tally = report.Tally{Reproduced: 5}
	return r
}

// TestWordsOfADecisionThatWasKept are that run's: only where it was not kept are they
// the report's.
func TestWordsOfADecisionThatWasKept(t *testing.T) {
	r := repeated(t)
	r.Claims[0].Because = "it is refuted"
	wantFound(t, rendered(t, New(r, How{Repeat: 5})), judge, "report.json: not what this version makes")
}

// TestFallbackTitle: a title says why the default scenario was not run, and no more.
func TestFallbackTitle(t *testing.T) {
	for title, want := range map[string]string{
		" (alone cannot be had here: no tun)": `not checked: run 1: why it took the place of alone, "no tun"`,
		" (cross cannot be had here: no tun)": "report.json: not what this version makes",
		" (refuted)":                          "report.json: not what this version makes",
		" (alone cannot be had here: )":       "report.json: not what this version makes",
		" (alone cannot be had here: no tun":  "report.json: not what this version makes",
	} {
		r := reportOf(cross(t, addrA, addrB))
		r.Runs[0].Title += title
		wantFound(t, rendered(t, New(r, How{Repeat: 1})), judge, want)
	}
}

// TestNumbers: an event's number is left out for a run that was not kept, only.
func TestNumbers(t *testing.T) {
	for name, tt := range map[string]struct {
		journals []journal.Journal
		want     string
	}{
		"from 1":                {[]journal.Journal{runOf(t, 1, 2, true)}, "journal.jsonl, run 1, event 2: event 1 is not there"},
		"between runs":          {[]journal.Journal{runOf(t, 1, 1, true), runOf(t, 2, 11, true)}, "journal.jsonl, run 2, event 11: event 10 is not there"},
		"within":                {[]journal.Journal{cut(runOf(t, 1, 1, true))}, "journal.jsonl, run 1, event 6: event 5 is not there"},
		"runs that follow":      {[]journal.Journal{runOf(t, 1, 1, true), runOf(t, 2, 10, true)}, ""},
		"after one not kept":    {[]journal.Journal{runOf(t, 1, 1, true), runOf(t, 3, 99, false)}, ""},
		"after one, none":       {[]journal.Journal{runOf(t, 1, 1, true), empty(3), runOf(t, 4, 99, true)}, ""},
		"after one, and within": {[]journal.Journal{runOf(t, 1, 1, true), cut(runOf(t, 3, 99, true))}, "journal.jsonl, run 3, event 104: event 103 is not there"},
	} {
		err := numbered(tt.journals)
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func cut(j journal.Journal) journal.Journal {
	j.Events = slices.Delete(slices.Clone(j.Events), 4, 5)
	return j
}

func empty(run int) journal.Journal { return journal.Journal{Run: run} }

// TestBytesMustBeThere: without them nothing that is said of a packet can be checked.
func TestBytesMustBeThere(t *testing.T) {
	const want = "journal.jsonl, run 1, event 2: "
	for name, tt := range map[string]struct {
		strip func(*journal.Packet)
		want  string
	}{
		"wire": {func(p *journal.Packet) { p.Bytes = nil }, want + "its bytes are not there: on wire every"},
		"as bulk": {func(p *journal.Packet) {
			p.Bytes, p.Bulk = nil, &journal.Bulk{Packets: 1, IPBytes: 40, SHA256: strings.Repeat("0", 64)}
		}, want + "it is bulk, and one packet"},
		"as no bulk": {func(p *journal.Packet) {
			*p = journal.Packet{At: journal.AtDelivered, Bulk: &journal.Bulk{IPBytes: 40}}
		}, want + "it cannot be bulk"},
	} {
		t.Run(name, func(t *testing.T) {
			j := cross(t, addrA, addrB)
			tt.strip(j.Events[1].Packet)
			wantFound(t, rendered(t, New(reportOf(j), How{Repeat: 1})), judge, tt.want)
		})
	}
}

// TestManyRunsAndHosts: a page of a thousand runs, or a diagram of a thousand hosts,
// is neither written nor made again.
func TestManyRunsAndHosts(t *testing.T) {
	runs, hosts := reportOf(), cross(t, addrA, addrB)
	for n := range maxRuns + 1 {
		runs.Runs = append(runs.Runs, judgedNone(empty(n+1)))
	}
	for n := range maxHosts + 1 {
		hosts.Sockets = append(hosts.Sockets, journal.Socket{ID: "x", Host: strings.Repeat("x", n+1)})
	}
	for want, b := range map[string]*Bundle{
		"501 runs; evidence has at most 500": New(runs, How{Repeat: 1}), "run 1 has 19 hosts; evidence has at most 16": New(reportOf(hosts), How{Repeat: 1}),
	} {
		if _, err := b.render(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("written: %v, want %s", err, want)
		}
		all := rendered(t, sample(t))
		all[fileJournal], _ = b.journal()
		all[fileManifest] = manifestOf(without(all, fileManifest))
		bounded(t, func() { wantForeign(t, all, want) })
	}
}

func judgedNone(j journal.Journal) report.Run {
	return report.NewRun(j, "", claim.OutcomeUnresolved, "", nil)
}
