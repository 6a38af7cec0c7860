package tcp

import "testing"

// A host that answers each segment with another, as one behind a filter that changes segments may,
// makes as many contradictions as there are events: none of the rules may look at all of the
// events for each of them.
func TestManyContradictions(t *testing.T) {
	const many = 30_000
	a := recorded(t, fourWay)
	a.endsWith(a.call("b1", "accept4", 0).N)
	for range many {
		a.adds("b1", "getsockname", 0).Out = ""
	}
	n := 0
	for _, d := range New(a.Journal).Confront() {
		if d.Rule == R7 {
			n++
		}
	}
	if n != many {
		t.Errorf("%d contradictions, want %d", n, many)
	}
}
