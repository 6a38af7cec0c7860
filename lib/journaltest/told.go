package journaltest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// liesTold is how many lies of each sort are told about each recording; 0: so few that
// the tests stay quick.
var liesTold = flag.Int("lies", 0, "tell `N` lies of each sort about each recording, and print what became of them")

const fewLies = 6

// Told is what became of lies of one sort: a row of bench/RESULTS.md.
type Told struct {
	Sort      string
	Made      int
	Noticed   int // the witnesses contradict each other, and the report says so
	Turned    int // not noticed: a verdict, an outcome, a history or a cell of a table is another
	Undecided int // not noticed: a verdict or an outcome is inconclusive that was not
	Harmless  int // not noticed, and nothing that is concluded is another
	// Matter are those that changed anything that is concluded, noticed or not.
	Matter int
}

// Unseen is the share of the lies that matter which are not noticed.
func (t *Told) Unseen() float64 { return float64(t.Turned+t.Undecided) / float64(max(t.Matter, 1)) }

// Add adds what became of others.
func (t *Told) Add(o *Told) {
	t.Made, t.Noticed, t.Turned = t.Made+o.Made, t.Noticed+o.Noticed, t.Turned+o.Turned
	t.Undecided, t.Harmless, t.Matter = t.Undecided+o.Undecided, t.Harmless+o.Harmless, t.Matter+o.Matter
}

// liesAreNoticed tells every sort of small lie about every recording. What each sort came
// to is printed for bench/lies; no more than the suite says may go unnoticed.
func (s *Suite) liesAreNoticed(t *testing.T) {
	sum, told := Told{}, make([]Told, len(lies))
	for _, name := range s.Recordings {
		whole := Recorded(t, name)
		s.tellLies(t, name, whole, told)
	}
	for i := range told {
		told[i].Sort = lies[i].name
		if *liesTold > 0 {
			t.Logf("lies: %d %d %d %d %d %d %s", told[i].Made, told[i].Noticed, told[i].Turned, told[i].Undecided, told[i].Harmless, told[i].Matter, told[i].Sort)
		}
		sum.Add(&told[i])
	}
	if share := sum.Unseen(); share > s.Unseen {
		t.Errorf("%.3f of the lies that matter are not noticed; at most %.3f were", share, s.Unseen)
	}
}

// tellLies tells lies about one recording.
func (s *Suite) tellLies(t *testing.T, name string, whole *journal.Journal, told []Told) {
	of := s.Scenario(t, whole.Scenario)
	was := cli.Report(of, *whole)
	each, asked := max(*liesTold, fewLies), false
	for i := range lies {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		order := r.Perm(len(whole.Events))
		for n := 0; n < each && len(order) > 0; order = order[1:] {
			j := deep(whole)
			if !lies[i].tell(r, j, order[0]) {
				continue
			}
			n++
			is := cli.Report(of, *j)
			told[i].add(&was, &is)
			if *liesTold > 0 && !noticed(&was, &is) && changedBy(&was, &is) != "" {
				t.Logf("unnoticed: %s: %s, event %d: %s", name, lies[i].name, whole.Events[order[0]].N, changedBy(&was, &is))
			}
			if !asked && noticed(&was, &is) {
				asked = true
				s.verifyLie(t, name, of, j)
			}
		}
	}
}

// verifyLie hides the contradictions of a journal in its report, makes all else with the
// program's own code, and asks verify, as another build and as this one.
func (s *Suite) verifyLie(t *testing.T, name string, of *scenario.Scenario, j *journal.Journal) {
	r := s.reportOf(t, name)
	r.Runs[0] = cli.Report(of, *j)
	r.Runs[0].Discrepancies = []tcp.Discrepancy{}
	r.Tally = report.Tally{}
	r.Tally.Add(r.Runs[0].Outcome)
	path := filepath.Join(t.TempDir(), "lie.zip")
	if err := evidence.New(*r, evidence.How{Command: []string{s.Program.Name}, Repeat: 1, Names: &privacy.Names{}}).Write(path, false); err != nil {
		t.Fatal(err)
	}
	v, err := evidence.Verify(path, s.verifier(report.Tool{Name: s.Program.Name}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(v.Problems, func(p evidence.Problem) bool {
		return strings.Contains(p.Text, "does not say that its witnesses contradict each other")
	}) {
		t.Errorf("%s: a hidden contradiction is not found: %v", name, v.Problems)
	}
}

func noticed(was, is *report.Run) bool { return len(is.Discrepancies) > len(was.Discrepancies) }

func (t *Told) add(was, is *report.Run) {
	t.Made++
	changed := changedBy(was, is)
	if changed != "" {
		t.Matter++
	}
	switch {
	case noticed(was, is):
		t.Noticed++
	case changed == "":
		t.Harmless++
	case strings.HasSuffix(changed, string(claim.Inconclusive)):
		t.Undecided++
	default:
		t.Turned++
	}
}

// changedBy names what a lie changed in what is concluded; "": nothing. What is now
// inconclusive is named last.
func changedBy(was, is *report.Run) string {
	var changed []string
	if was.Outcome != is.Outcome {
		changed = append(changed, fmt.Sprintf("outcome %s → %s", was.Outcome, is.Outcome))
	}
	for i := range was.Findings {
		if was.Findings[i].Verdict != is.Findings[i].Verdict {
			changed = append(changed, fmt.Sprintf("%s %s → %s", was.Findings[i].Claim, was.Findings[i].Verdict, is.Findings[i].Verdict))
		}
	}
	if !slices.Equal(paths(was), paths(is)) {
		changed = append(changed, "a history")
	}
	if cells(was) != cells(is) {
		changed = append(changed, "a cell of the table")
	}
	if len(changed) == 0 {
		return ""
	}
	undecided := func(what string) bool { return strings.HasSuffix(what, string(claim.Inconclusive)) }
	if i := slices.IndexFunc(changed, func(what string) bool { return !undecided(what) }); i >= 0 {
		return changed[i]
	}
	return changed[0]
}

// paths are the states of each socket, in order.
func paths(r *report.Run) []string {
	var all []string
	for _, h := range r.Histories {
		path := h.Socket
		for _, st := range h.States {
			path += " " + st.State
		}
		all = append(all, path)
	}
	return all
}

// cells are the texts of a table.
func cells(r *report.Run) string {
	if r.Comparison == nil {
		return ""
	}
	var text strings.Builder
	for i := range r.Comparison.Rows {
		for _, c := range r.Comparison.Rows[i].Cells {
			text.WriteString(c.Text + "\n")
		}
	}
	return text.String()
}

// deep is a journal whose events can be changed.
func deep(j *journal.Journal) *journal.Journal {
	c := *j
	c.Events = make([]journal.Event, len(j.Events))
	for i := range j.Events {
		c.Events[i] = copyOf(&j.Events[i])
	}
	return &c
}
