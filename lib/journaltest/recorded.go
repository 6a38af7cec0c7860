package journaltest

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
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
	s := &said{findings: []claim.Finding{}}
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

// judgesTheSame checks that a journal judged again, offline, gives what the run
// itself said.
func (s *Suite) judgesTheSame(t *testing.T) {
	for _, name := range s.Recordings {
		t.Run(name, func(t *testing.T) {
			j, said := Recorded(t, name), saidBy(t, name)
			o, why, findings := s.Scenario(t, j.Scenario).Judge(j)
			if *update {
				rewrite(t, name, findings)
				said = saidBy(t, name)
			}
			if o != said.run.Outcome {
				t.Errorf("%s: %s\nrecorded %s: %s", o, why, said.run.Outcome, said.run.Why)
			}
			if d := cmp.Diff(verdicts(said.findings), verdicts(findings)); d != "" {
				t.Errorf("-recorded +judged:\n%s", d)
			}
			for i := range findings {
				CheckFinding(t, j, &findings[i])
			}
		})
	}
}

// verdicts are those of findings, by claim.
func verdicts(findings []claim.Finding) map[string]claim.Verdict {
	all := map[string]claim.Verdict{}
	for _, f := range findings {
		all[f.Claim] = f.Verdict
	}
	return all
}

// judgesAlike checks that a journal says the same however often it is asked: of runs that
// were stopped at some event too, where what is missing is named.
func (s *Suite) judgesAlike(t *testing.T) {
	const cuts, times = 6, 4
	for _, name := range s.Recordings {
		whole := Recorded(t, name)
		of := s.Scenario(t, whole.Scenario)
		for i := range cuts {
			j := *whole
			if j.Events = whole.Events[:len(whole.Events)*(i+1)/cuts]; i+1 < cuts {
				j.Stopped = "interrupted by SIGINT"
			}
			var first []byte
			for range times {
				said, err := json.Marshal(cli.Report(of, j))
				switch {
				case err != nil:
					t.Fatal(err)
				case first == nil:
					first = said
				case !bytes.Equal(first, said):
					t.Errorf("%s, %d events: it is judged otherwise the next time:\n%s", name, len(j.Events), firstDifference(first, said))
				}
			}
		}
	}
}

// rewrite puts other findings in the place of those of a recording, where the claims
// that its scenario puts to the test have changed.
func rewrite(t *testing.T, name string, findings []claim.Finding) {
	t.Helper()
	path := filepath.Join("testdata", name+".jsonl")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for line := range bytes.Lines(b) {
		var r struct {
			Record string
			Run    struct{ Run int }
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		switch r.Record {
		case "finding":
			continue
		case "run":
			for _, f := range findings {
				finding := struct {
					Run int `json:"run"`
					claim.Finding
				}{r.Run.Run, f}
				if err := journal.WriteRecord(&out, "finding", finding); err != nil {
					t.Fatal(err)
				}
			}
		}
		out.Write(line)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// rendersTheSame checks that so does its text.
func (s *Suite) rendersTheSame(t *testing.T) {
	for _, name := range s.Shown {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := report.Text(&got, s.reportOf(t, name), report.Style{Width: 100, Unicode: true}); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name+".txt"), got.Bytes())
		})
	}
}

// screenful is how many lines a report may have where nobody asks for more: the default's fits on
// a screen.
const screenful = 70

// isShort checks that no recording's report is longer.
func (s *Suite) isShort(t *testing.T) {
	for _, name := range s.Recordings {
		var got bytes.Buffer
		if err := report.Text(&got, s.reportOf(t, name), report.Style{Width: 100, Unicode: true}); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(got.Bytes(), []byte("\n")); n > screenful {
			t.Errorf("%s: %d lines, want at most %d", name, n, screenful)
		}
	}
}

// reportOf is a recording as the report that its run made.
func (s *Suite) reportOf(t *testing.T, name string) *report.Report {
	t.Helper()
	j, r := Recorded(t, name), saidBy(t, name).Report
	run := cli.Report(s.Scenario(t, j.Scenario), *j)
	r.Tally.Add(run.Outcome)
	r.Runs = []report.Run{run}
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

// lessIsNeverMore checks that no event's absence turns a finding that was not confirmed
// into one that is, or brings a phenomenon about.
func (s *Suite) lessIsNeverMore(t *testing.T) {
	for _, name := range s.Recordings {
		t.Run(name, func(t *testing.T) { s.lessOf(t, Recorded(t, name)) })
	}
}

func (s *Suite) lessOf(t *testing.T, whole *journal.Journal) {
	scenario := s.Scenario(t, whole.Scenario)
	before, was := judgeAlone(scenario, whole)
	for i := range whole.Events {
		j := *whole
		j.Events = append(append([]journal.Event{}, whole.Events[:i]...), whole.Events[i+1:]...)
		after, findings := judgeAlone(scenario, &j)
		if before != claim.Reproduced && after == claim.Reproduced {
			t.Errorf("without event %d reproduced", whole.Events[i].N)
		}
		for k := range findings {
			if was[k].Verdict != claim.Confirmed && findings[k].Verdict == claim.Confirmed {
				t.Errorf("without event %d confirmed: %s: %s", whole.Events[i].N, findings[k].Claim, findings[k].Because)
			}
			CheckFinding(t, &j, &findings[k])
		}
	}
}

// judgeAlone judges as if the witnesses of a changed journal, which contradict each
// other, did not: the claims must hold their own.
func judgeAlone(s *scenario.Scenario, j *journal.Journal) (o claim.Outcome, findings []claim.Finding) {
	g := claim.Unconfronted(j)
	o, _ = s.Phenomenon.Gated(j, g)
	for _, c := range s.Claims {
		findings = append(findings, g.Judge(c))
	}
	return o, findings
}

// places bounds in how many places a journal is put out of order.
const places = 60

// noOrderPanics checks that no judge panics at a pair of neighbours in the
// wrong order with one of them once more at the end, or a journal that breaks off;
// every claim of the program is asked about every journal.
func (s *Suite) noOrderPanics(t *testing.T) {
	for _, name := range s.Recordings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := Recorded(t, name)
			step := len(whole.Events)/places + 1
			for i := rand.IntN(step); i < len(whole.Events); i += step {
				s.disorder(whole, i)
			}
		})
	}
}

// disorder judges a journal that is out of order at its i-th event.
func (s *Suite) disorder(whole *journal.Journal, i int) {
	swapped, cut := *whole, *whole
	cut.Events = whole.Events[:i]
	s.judgeByAll(&cut)
	swapped.Events = append([]journal.Event{}, whole.Events...)
	if i > 0 {
		e := swapped.Events
		e[i-1], e[i] = e[i], e[i-1]
		e[i-1].N, e[i].N = e[i].N, e[i-1].N
	}
	swapped.Events = append(swapped.Events, whole.Events[i])
	swapped.Events[len(swapped.Events)-1].N = whole.Events[len(whole.Events)-1].N + 1
	s.judgeByAll(&swapped)
	bare := *whole
	bare.Events = append([]journal.Event{}, whole.Events...)
	if c := bare.Events[i].Call; c != nil {
		bare.Events[i].Call = &journal.Call{Op: c.Op}
		s.judgeByAll(&bare)
	}
}

// judgeByAll asks every claim and every phenomenon of the program about a journal,
// each once, though several scenarios may share it.
func (s *Suite) judgeByAll(j *journal.Journal) {
	g, asked := claim.Unconfronted(j), map[*claim.Claim]bool{}
	for i := range s.Program.Scenarios {
		scenario := &s.Program.Scenarios[i]
		scenario.Phenomenon.Gated(j, g)
		for _, c := range scenario.Claims {
			if !asked[c] {
				asked[c] = true
				g.Judge(c)
			}
		}
	}
	claim.Histories(j)
}

// firstDifference is what two texts say where they part.
func firstDifference(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(s []byte) []byte { return s[max(i-80, 0):min(i+80, len(s))] }
	return string(around(a)) + "\n" + string(around(b))
}
