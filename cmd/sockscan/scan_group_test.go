package main

import (
	"cmp"
	"slices"
	"testing"
)

// grow adds sockets to a group, each with a byte unread.
func grow(g *stuckGroups[int], key, sockets int) {
	for range sockets {
		g.of(key).add(&stuckSocket{unread: 1})
	}
}

func TestStuckGroups(t *testing.T) {
	var g stuckGroups[int]
	for key, n := range []int{3, 5, 5, 1} {
		grow(&g, key, n)
	}
	if got := g.biggest(3, cmp.Compare[int]); !slices.Equal(got, []int{1, 2, 0}) {
		t.Errorf("biggest: %v", got)
	}
	if got := g.biggest(9, cmp.Compare[int]); len(got) != 4 {
		t.Errorf("all: %v", got)
	}
	if rest, groups := g.but([]int{1, 2}); rest.sockets != 4 || rest.unread != 4 || groups != 2 {
		t.Errorf("but two: %+v, %d groups", rest, groups)
	}
	if n, known := g.sockets(1); n != 5 || !known {
		t.Errorf("group 1: %d, %v", n, known)
	}
	if n, known := g.sockets(7); n != 0 || !known {
		t.Errorf("no group 7: %d, %v", n, known)
	}
	if g.isFolded() || g.by[0].atLeast {
		t.Error("folded")
	}
}

// However many groups there are, memory has a bound, no socket is lost, and the
// big ones are all there.
func TestStuckGroupsFold(t *testing.T) {
	const many = 20 * maxStuckGroups
	big := []int{many + 1, many + 2, many + 3}
	var g stuckGroups[int]
	sockets := 0
	for key := range many {
		grow(&g, key, 1+key%3)
		sockets += 1 + key%3
		for _, b := range big { // which grow all the time
			grow(&g, b, 1)
			sockets++
		}
		if len(g.by) > maxStuckGroups {
			t.Fatalf("%d groups after %d", len(g.by), key)
		}
	}
	if got := g.biggest(3, cmp.Compare[int]); !slices.Equal(got, big) {
		t.Errorf("biggest: %v", got)
	}
	for _, b := range big {
		if n, known := g.sockets(b); n != many || !known || g.by[b].atLeast {
			t.Errorf("group %d: %d sockets, known %v, at least %v", b, n, known, g.by[b].atLeast)
		}
	}
	rest, _ := g.but(big)
	if rest.sockets+len(big)*many != sockets || rest.unread != uint64(rest.sockets) {
		t.Errorf("%d sockets besides, %d unread, of %d", rest.sockets, rest.unread, sockets)
	}
	if !g.isFolded() {
		t.Error("not folded")
	}
	if _, known := g.sockets(-1); known {
		t.Error("a group that may have been folded is known to be empty")
	}
	grow(&g, -1, 1)
	if !g.by[-1].atLeast {
		t.Error("a group that begins after that does not say so")
	}
}
