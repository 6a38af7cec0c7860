package main

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	var tl tally
	w := world{family: "setting", name: "x"}
	base := gives("reproduced", "confirmed")
	for _, test := range []struct {
		result  result
		untruth bool
	}{
		{result{run: base}, false},
		{result{run: gives("reproduced", undecided)}, false},
		{result{run: gives("reproduced", "refuted")}, true},
		{result{run: gives("reproduced", "refuted"), idle: true}, false},
		{result{absent: "no namespace"}, false},
		{result{failure: "panic"}, false},
	} {
		if got := tl.add(w, someCell, test.result, base, knowledge{}); got != test.untruth {
			t.Errorf("%+v: untruth %v", test.result, got)
		}
	}
	_, rows := tl.rows([]family{{name: "setting"}, {name: "not run"}})
	want := map[string]int{"worlds": 1, "runs": 6, "failed to start": 1, "untouched": 1, "verdicts": 6, "same": 4, "lost": 1, "FALSE": 1, "failed": 1}
	for i, column := range columns {
		if rows[0][i] != want[column] || rows[len(rows)-1][i] != want[column] {
			t.Errorf("%s: %d, and %d together, want %d", column, rows[0][i], rows[len(rows)-1][i], want[column])
		}
	}
	if len(tl.false) != 1 || !strings.Contains(tl.false[0], "SC1 was confirmed, is refuted") {
		t.Errorf("false: %q", tl.false)
	}
}
