package evidence

import (
	"bytes"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/schematest"
)

func TestDiff(t *testing.T) {
	result := func(change func(p *script), more ...journal.Journal) *Result {
		p := &script{cross(t, addrA, addrB)}
		change(p)
		r := reportOf(append([]journal.Journal{p.Journal}, more...)...)
		b := New(r, How{Repeat: 1})
		return &Result{Machine: b.Machine, Report: b.Report}
	}
	whole := result(func(*script) {})
	later := result(func(p *script) {
		for i := range p.Events {
			p.Events[i].T *= 3
			if q := p.Events[i].Packet; q != nil {
				q.Seq, q.Ack = q.Seq+1000, q.Ack+1000
			}
		}
	})
	later.Machine.Kernel = "Linux 5.10"
	silent := result(func(p *script) { p.Events = p.Events[len(p.Events)-1:] })
	longer := result(func(p *script) { p.segment(t, addrB, addrA, packet.RST, "") })
	small := result(func(p *script) {
		for i := range p.Events {
			if q := p.Events[i].Packet; q != nil && len(q.Options) > 0 {
				q.Options = journal.TCPOptions{"mss 536"}
			}
		}
	})
	late := result(func(p *script) { p.Stopped, p.Events = "time ran out: --timeout 1s", p.Events[:1] })
	tried := func(times int) *Result {
		return result(func(p *script) {
			p.Events = append(p.Events[:2:2], journal.Event{N: 3, Run: 1, Kind: journal.KindFold, Fold: &journal.Fold{Times: times, Events: times}})
		})
	}
	second := cross(t, addrA, addrB)
	second.Run, second.Scenario = 2, "other"
	two := result(func(*script) {}, second)
	for name, tt := range map[string]struct {
		a, b *Result
		same bool
		want []string
	}{
		"itself":   {whole, whole, true, []string{"cross: the same outcome, verdicts, packets and states"}},
		"clocks":   {whole, later, true, []string{"kernel\n    a: Linux 6.18.5\n    b: Linux 5.10", "cross: the same"}},
		"verdicts": {whole, silent, false, []string{"T1\n    a: confirmed: event 2 is one\n    b: refuted: there was none", "outcome\n    a: reproduced", "packets part at the 1st\n    a: a:1 → b:2 sent SYN seq=0 len=0 <mss 1460> (event 2)\n    b: no more", "states part at the 1st"}},
		"packets":  {whole, longer, false, []string{"packets part at the 7th\n    a: no more\n    b: b:2 → a:1 sent RST"}},
		"machine":  {whole, small, true, []string{"MSS in SYNs\n    a: 1460\n    b: 536", "cross: the same"}},
		"time":     {whole, late, true, []string{"not compared: of b time ran out: --timeout 1s"}},
		"chance":   {tried(3), tried(7), true, []string{"not compared: packets and states: how many attempts"}},
		"attempts": {tried(3), tried(3), true, []string{"cross: the same"}},
		"runs":     {two, whole, false, []string{"other: only in a"}},
		"runs, b":  {whole, two, false, []string{"other: only in b"}},
	} {
		t.Run(name, func(t *testing.T) { wantDifference(t, Compare(tt.a, tt.b), tt.same, tt.want) })
	}
}

// wantDifference checks what is said of a comparison, and that it fits its schema.
func wantDifference(t *testing.T, d *Difference, same bool, want []string) {
	t.Helper()
	schematest.Fits(t, "diff", struct {
		Schema string `json:"schema"`
		A      string `json:"a"`
		B      string `json:"b"`
		Same   bool   `json:"same"`
		*Difference
	}{"sockproof/diff/v1", "a.zip", "b.zip", d.Same(), d})
	var text strings.Builder
	d.WriteText(&text, "a.zip", "b.zip")
	if d.Same() != same {
		t.Errorf("same: %v\n%s", d.Same(), text.String())
	}
	for _, w := range want {
		if !strings.Contains(text.String(), w) {
			t.Errorf("not %q in\n%s", w, text.String())
		}
	}
}

func TestOrdinals(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 21: "21st", 113: "113th"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestTotalsApart: verdicts over repeated runs part too, be the runs that were kept the
// same.
func TestTotalsApart(t *testing.T) {
	a, b := verified(t), verified(t)
	a.Report.Claims = []claim.Total{{Scenario: "cross", Claim: "SO1", Verdict: claim.Confirmed, Confirmed: 5}}
	b.Report.Claims = []claim.Total{{Scenario: "cross", Claim: "SO1", Verdict: claim.Refuted, Confirmed: 1, Refuted: 4}}
	d := Compare(a, b)
	var text bytes.Buffer
	d.WriteText(&text, "a", "b")
	if d.Same() || !strings.Contains(text.String(), "over all runs: different\n  cross SO1\n    a: confirmed: confirmed in 5, refuted in 0, inconclusive in 0 runs\n    b: refuted: ") {
		t.Error(text.String())
	}
	if row := (&Row{Path: "b", Result: b}); row.cells()[5] != "1 refuted" {
		t.Errorf("%q", row.cells())
	}
}

// TestTableNamesWhatIsNotChecked: in a table of many there is no room for it, but for
// how much it is.
func TestTableNamesWhatIsNotChecked(t *testing.T) {
	r := verified(t)
	if row := (&Row{Path: "e", Result: r}); row.cells()[2] != "yes" {
		t.Errorf("%q", row.cells())
	}
	r.Unchecked = append(r.Unchecked, "report.md: all that it says")
	if row := (&Row{Path: "e", Result: r}); row.cells()[2] != "yes, but for 1 not checked" {
		t.Errorf("%q", row.cells())
	}
}

func verified(t *testing.T) *Result {
	t.Helper()
	r, err := verify(rendered(t, sample(t)), judge)
	if err != nil || !r.Holds() {
		t.Fatal(err, r.Problems)
	}
	return r
}
