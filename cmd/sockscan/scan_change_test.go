package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sockproof/lib/live"
)

// scanCounts is a tally of leaked sockets, so many by process and service, and
// of others in TIME_WAIT.
func scanCounts(waiting int, leaked map[string]int) *stuckTally {
	t := &stuckTally{}
	v := scanServices()
	add := func(kind stuckKind, n int, remote string) {
		a := scanSocket("192.0.2.1:33000", remote)
		for range n {
			s := stuckSocket{kind: kind}
			t.add(&s, v.remoteOf(&a))
			if kind == stuckLeaked {
				t.addOwner(&s, live.Owner{PID: int(a.Remote.Port()), Program: "app"}, false)
			}
		}
	}
	add(stuckTimeWait, waiting, "192.0.2.9:80")
	for remote, n := range leaked {
		add(stuckLeaked, n, remote)
	}
	return t
}

func TestScanChanges(t *testing.T) {
	const a, b, c = "192.0.2.9:81", "192.0.2.9:82", "192.0.2.9:83"
	before := scanCounts(1200, map[string]int{a: 5, b: 3})
	for _, tt := range []struct {
		name string
		now  *stuckTally
		want string
	}{
		{"nothing", scanCounts(1200, map[string]int{a: 5, b: 3}), "  as before\n"},
		{"one grew, one came, one went", scanCounts(0, map[string]int{a: 1006, c: 1}), `  CLOSE_WAIT, leaked: +999, now 1,007
    +1,001  app (pid 81), now 1,006
    +1  app (pid 83), now 1
    -3  app (pid 82), now 0
    +1,001  to 192.0.2.9:81, now 1,006
    +1  to 192.0.2.9:83, now 1
    -3  to 192.0.2.9:82, now 0
  TIME_WAIT, time-wait: -1,200, now 0
    -1,200  to 192.0.2.9:80, now 0
`},
		{"one's place taken by another's", scanCounts(1200, map[string]int{a: 4, b: 4}), `  CLOSE_WAIT, leaked: +0, now 8
    +1  app (pid 82), now 4
    -1  app (pid 81), now 4
    +1  to 192.0.2.9:82, now 4
    -1  to 192.0.2.9:81, now 4
`},
	} {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
		r := tt.now.report()
		r.Round, r.At, r.Changes = 2, &at, before.changes(tt.now)
		var s strings.Builder
		r.writeRound(&s)
		if want := "\n03:04:05  " + r.headline() + "\n" + tt.want; s.String() != want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, s.String(), want)
		}
	}
}

// Only the groups that changed most are told; where groups were folded, one
// that is missing has not gone, and one that comes is not new.
func TestScanChangesAreFew(t *testing.T) {
	counts := map[string]int{}
	for i := range 3 * shownGroups {
		counts[fmt.Sprintf("192.0.2.9:%d", 100+i)] = i + 1
	}
	now := scanCounts(0, counts)
	changes := (&stuckTally{}).changes(now)
	if len(changes) != 1 || len(changes[0].Programs) != shownGroups || len(changes[0].Remotes) != shownGroups {
		t.Fatalf("%+v", changes)
	}
	if p := changes[0].Programs; p[0].Now != 3*shownGroups || p[shownGroups-1].Now != 2*shownGroups+1 {
		t.Errorf("from %+v to %+v", p[0], p[shownGroups-1])
	}

	folded := scanCounts(0, map[string]int{"192.0.2.9:100": 7})
	folded.kinds[stuckLeaked].remotes.rest.add(&stuckSocket{})
	for _, tt := range []struct {
		name        string
		before, now *stuckTally
	}{{"before", folded, now}, {"now", now, folded}} {
		c := tt.before.changes(tt.now)
		if len(c) != 1 || len(c[0].Remotes) != 1 || c[0].Remotes[0].Service != "192.0.2.9:100" {
			t.Errorf("folded %s: %+v", tt.name, c)
		}
		if len(c[0].Programs) != shownGroups { // which were not folded
			t.Errorf("folded %s: programs %+v", tt.name, c[0].Programs)
		}
	}
	if changed := func(c scanChange) bool { return c.Kind == "leaked" }; !slices.ContainsFunc(changes, changed) {
		t.Errorf("%+v", changes)
	}
}
