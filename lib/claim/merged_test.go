package claim

import (
	"slices"
	"testing"
)

// TestMerge: of always one refutation decides, of can one confirmation; what was not tried, or
// not decided, takes nothing back.
func TestMerge(t *testing.T) {
	total := func(scenario, id string, q Quantity, v Verdict, untried bool) Total {
		x := Total{Scenario: scenario}
		x.Add(1, Finding{Claim: id, Quantity: q, Verdict: v, Because: scenario, Untried: untried})
		return x
	}
	merged := Merge([]Total{
		total("one", "A", Always, Confirmed, false), total("two", "A", Always, Refuted, false), total("three", "A", Always, Inconclusive, true),
		total("one", "B", Always, Inconclusive, true), total("two", "B", Always, Confirmed, false),
		total("one", "C", Can, Refuted, false), total("two", "C", Can, Confirmed, false), total("three", "C", Can, Inconclusive, false),
		total("one", "D", Can, Inconclusive, true),
	})
	for i, want := range []struct {
		claim   string
		verdict Verdict
		by      string
	}{{"A", Refuted, "two"}, {"B", Confirmed, "two"}, {"C", Confirmed, "two"}, {"D", Inconclusive, "one"}} {
		if m := merged[i]; m.Claim != want.claim || m.Verdict != want.verdict || m.By() != want.by || m.Because != want.by {
			t.Errorf("%s %s by %s (%s); want %+v", m.Claim, m.Verdict, m.By(), m.Because, want)
		}
	}
	if a := merged[0]; !slices.Equal(a.In(string(Refuted)), []string{"two"}) || !slices.Equal(a.In(NotTried), []string{"three"}) {
		t.Errorf("%+v", a.Scenarios)
	}
	if c := merged[2]; !slices.Equal(c.In(string(Inconclusive)), []string{"three"}) {
		t.Errorf("%+v", c.Scenarios)
	}
}
