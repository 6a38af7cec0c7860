package main

import (
	"fmt"
	"slices"
	"testing"

	"sockproof/lib/live"
)

// scanHold is a descriptor of a process.
type scanHold struct {
	pid   int
	inode uint64
}

// scanProcesses answers for processes that hold these, in their order.
func scanProcesses(holds ...scanHold) ownerSearch {
	return func(wanted func(uint64) bool, held func(uint64, live.Owner)) string {
		for _, h := range holds {
			if wanted(h.inode) {
				held(h.inode, live.Owner{PID: h.pid, Program: fmt.Sprint("p", h.pid)})
			}
		}
		return "run as root"
	}
}

func TestStuckHeld(t *testing.T) {
	var h stuckHeld
	for _, inode := range []uint32{30, 10, 20, 10, 40, 50} {
		h.add(stuckSocket{inode: inode})
	}
	why := h.find(scanProcesses(
		scanHold{1, 10}, scanHold{1, 10}, scanHold{1, 99},
		scanHold{2, 30}, scanHold{2, 40}, scanHold{2, 40},
		scanHold{3, 40}, scanHold{3, 5}, scanHold{3, 60}, scanHold{3, 20},
	))
	var got []string
	h.forEach(func(s *stuckSocket, o *live.Owner, shared bool) {
		if o == nil {
			o = &live.Owner{Program: "nobody"}
		}
		got = append(got, fmt.Sprintf("%d %s %v", s.inode, o.Program, shared))
	})
	want := []string{"30 p2 false", "10 p1 false", "20 p3 false", "10 p1 false", "40 p2 true", "50 nobody false"}
	if !slices.Equal(got, want) || why != "run as root" {
		t.Errorf("%q, %q; want %q", got, why, want)
	}

	h.forget()
	h.forEach(func(s *stuckSocket, _ *live.Owner, _ bool) { t.Errorf("not forgotten: %+v", s) })
	if why := h.find(func(func(uint64) bool, func(uint64, live.Owner)) string { t.Error("looked for nothing"); return "" }); why != "" {
		t.Errorf("nothing: %q", why)
	}
	// Those that come next have nothing of those that were there.
	h.add(stuckSocket{inode: 10})
	h.find(scanProcesses())
	h.forEach(func(s *stuckSocket, o *live.Owner, shared bool) {
		if o != nil || shared {
			t.Errorf("%+v is owned by %+v", s, o)
		}
	})
}
