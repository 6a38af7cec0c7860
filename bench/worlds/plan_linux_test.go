package main

import (
	"slices"
	"testing"
)

// someCells of all binaries, everywhere.
func someCells() (all []cell) {
	for _, b := range binaries {
		for _, s := range []string{"first", "second", "third", "fourth"} {
			for _, net := range []string{"wire", "loopback", "host"} {
				for _, family := range families4and6 {
					all = append(all, cell{b, s, net, family, s == "first"})
				}
			}
		}
	}
	return all
}

func names(plan []trial) (all []string) {
	for _, t := range plan {
		all = append(all, t.world.name+" "+t.cell.String())
	}
	return all
}

func TestSample(t *testing.T) {
	const each = 12
	fs := families()
	plan := samplePlan(fs, samplePool(someCells()), usage{}, each)
	if len(plan) != each*len(fs) {
		t.Errorf("%d trials, want %d", len(plan), each*len(fs))
	}
	if again := samplePlan(families(), samplePool(someCells()), usage{}, each); !slices.Equal(names(plan), names(again)) {
		t.Error("the sample is another one the second time")
	}
	for _, f := range fs {
		for _, b := range binaries {
			if !slices.ContainsFunc(plan, func(t trial) bool {
				return t.world.family == f.name && t.cell.binary == b && t.cell.standard
			}) {
				t.Errorf("%s: the default scenario of %s is not among them", f.name, b)
			}
		}
	}
	all := names(plan)
	slices.Sort(all)
	if len(slices.Compact(all)) != len(plan) {
		t.Error("something is there twice")
	}
}

func TestWholeTakesEachWorld(t *testing.T) {
	var worlds []world
	for _, f := range families() {
		worlds = append(worlds, f.worlds...)
	}
	cells := someCells()
	taken := map[string]int{}
	for _, tr := range wholePlan(worlds, cells, usage{}, false) {
		if !tr.world.on(tr.cell.net) {
			t.Errorf("%s on %s", tr.world.name, tr.cell.net)
		}
		taken[tr.world.name]++
	}
	for _, w := range worlds {
		if n := taken[w.name]; n < leastCells || n > max(leastCells, len(cells)/w.share) {
			t.Errorf("%s with %d of %d cells, share %d", w.name, n, len(cells), w.share)
		}
	}
	if len(taken) != len(worlds) {
		t.Errorf("%d names for %d worlds", len(taken), len(worlds))
	}
}

func TestLiesAreToldWhereCallsAreMade(t *testing.T) {
	cells := someCells()
	w := world{name: "x", share: 1, lies: []lie{{call: 1, on: tcpSocket, first: 3}}}
	used := usage{}
	for _, c := range cells {
		used[c.anyFamily()] = map[called]int{{1, tcpSocket}: 2, {1, netlink}: 9}
	}
	used[cells[7].anyFamily()][called{1, tcpSocket}] = 3
	for _, tr := range suitable(w, cells, used) {
		if tr.cell.anyFamily() != cells[7].anyFamily() {
			t.Errorf("%v makes two such calls, and the third would be a lie", tr.cell)
		}
	}
	if n := len(suitable(w, cells, used)); n != 2 {
		t.Errorf("%d cells, want both families of one", n)
	}
}
