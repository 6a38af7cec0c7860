package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// said is what a recording says of itself, beside its journal.
type said struct {
	report.Report // of its start
	run           struct {
		Outcome claim.Outcome
		Why     string
	}
	findings []claim.Finding
}

func saidBy(t *testing.T, name string) *said {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	s := &said{}
	for line := range bytes.Lines(b) {
		var r struct {
			Record  string
			Start   *report.Report
			Finding *claim.Finding
			Run     *struct {
				Outcome claim.Outcome
				Why     string
			}
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		switch r.Record {
		case "start":
			s.Report = *r.Start
		case "finding":
			s.findings = append(s.findings, *r.Finding)
		case "run":
			s.run = *r.Run
		}
	}
	return s
}

// TestRecordedJudgesTheSame: a journal judged again, offline, gives what the
// run itself said.
func TestRecordedJudgesTheSame(t *testing.T) {
	for _, name := range recordings {
		t.Run(name, func(t *testing.T) {
			j, s := recorded(t, name), saidBy(t, name)
			o, why, findings := scenarioOf(t, j.Scenario).Judge(j)
			if o != s.run.Outcome || why != s.run.Why {
				t.Errorf("%s: %s\nrecorded %s: %s", o, why, s.run.Outcome, s.run.Why)
			}
			if d := cmp.Diff(s.findings, findings); d != "" {
				t.Errorf("-recorded +judged:\n%s", d)
			}
			for i := range findings {
				checkFinding(t, j, &findings[i])
			}
		})
	}
}

// TestRecordedRendersTheSame: so does its text.
func TestRecordedRendersTheSame(t *testing.T) {
	for _, name := range recordings {
		r := reportOf(t, name)
		for ext, style := range map[string]report.Style{
			"txt":       {Width: 100, Unicode: true},
			"color.txt": {Width: 100, Unicode: true, Color: true},
		} {
			t.Run(name+"."+ext, func(t *testing.T) {
				var got bytes.Buffer
				if err := report.Text(&got, r, style); err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", name+"."+ext), got.Bytes())
			})
		}
	}
}

// reportOf is a recording as the report that its run made.
func reportOf(t *testing.T, name string) *report.Report {
	t.Helper()
	j, r := recorded(t, name), saidBy(t, name).Report
	s := scenarioOf(t, j.Scenario)
	o, why, findings := s.Judge(j)
	r.Tally.Add(o)
	r.Runs = []report.Run{report.NewRun(*j, s.Title, o, why, findings)}
	return &r
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; go test -update writes it):\n%s", path, d)
	}
}

// TestLessIsNeverMore: no event's absence turns a finding that was not
// confirmed into one that is, or brings a phenomenon about.
func TestLessIsNeverMore(t *testing.T) {
	for _, name := range recordings {
		t.Run(name, func(t *testing.T) {
			whole := recorded(t, name)
			s := scenarioOf(t, whole.Scenario)
			before, _, was := s.Judge(whole)
			for i := range whole.Events {
				j := *whole
				j.Events = append(append([]journal.Event{}, whole.Events[:i]...), whole.Events[i+1:]...)
				after, why, findings := s.Judge(&j)
				if before != claim.Reproduced && after == claim.Reproduced {
					t.Errorf("without event %d reproduced: %s", whole.Events[i].N, why)
				}
				for k := range findings {
					if was[k].Verdict != claim.Confirmed && findings[k].Verdict == claim.Confirmed {
						t.Errorf("without event %d confirmed: %s: %s", whole.Events[i].N, findings[k].Claim, findings[k].Because)
					}
					checkFinding(t, &j, &findings[k])
				}
			}
		})
	}
}

// TestNoOrderPanics: neither does any pair of neighbours in the wrong order,
// any event twice, or a journal that breaks off; every claim of the program is
// asked about every journal.
func TestNoOrderPanics(t *testing.T) {
	for _, name := range recordings {
		t.Run(name, func(t *testing.T) {
			whole := recorded(t, name)
			for i := range whole.Events {
				swapped, cut := *whole, *whole
				cut.Events = whole.Events[:i]
				judgeByAll(&cut)
				swapped.Events = append([]journal.Event{}, whole.Events...)
				if i > 0 {
					e := swapped.Events
					e[i-1], e[i] = e[i], e[i-1]
					e[i-1].N, e[i].N = e[i].N, e[i-1].N
				}
				judgeByAll(&swapped)
				swapped.Events = append(swapped.Events, whole.Events[i])
				swapped.Events[len(swapped.Events)-1].N = whole.Events[len(whole.Events)-1].N + 1
				judgeByAll(&swapped)
				bare := *whole
				bare.Events = append([]journal.Event{}, whole.Events...)
				if c := bare.Events[i].Call; c != nil {
					bare.Events[i].Call = &journal.Call{Op: c.Op}
					judgeByAll(&bare)
				}
			}
		})
	}
}

func judgeByAll(j *journal.Journal) {
	for i := range program.Scenarios {
		program.Scenarios[i].Judge(j)
	}
	claim.Histories(j)
}
