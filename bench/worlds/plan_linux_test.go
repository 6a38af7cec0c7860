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
					all = append(all, cell{binary: b, scenario: s, net: net, family: family, standard: s == "first"})
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
	u := usage{}
	for _, c := range cells {
		u[c.anyFamily()] = used{calls: map[called]int{{1, tcpSocket}: 2, {1, netlink}: 9}}
	}
	u[cells[7].anyFamily()].calls[called{1, tcpSocket}] = 3
	for _, tr := range suitable(w, cells, u) {
		if tr.cell.anyFamily() != cells[7].anyFamily() {
			t.Errorf("%v makes two such calls, and the third would be a lie", tr.cell)
		}
	}
	if n := len(suitable(w, cells, u)); n != 2 {
		t.Errorf("%d cells, want both families of one", n)
	}
}

func TestSegmentsAreDroppedWhereTheyAreSent(t *testing.T) {
	resets, silence := someCells()[0], someCells()[6]
	u := usage{
		resets.anyFamily():  used{segments: map[string]uint64{"rst": 1}},
		silence.anyFamily(): used{segments: map[string]uint64{"fin": 1}},
	}
	for _, test := range []struct {
		world world
		cell  cell
		want  bool
	}{
		{world{segment: "rst"}, resets, true},
		{world{segment: "rst"}, silence, false},
		{world{}, silence, true},
		{world{segment: "rst"}, someCells()[12], true}, // of which nothing is known
	} {
		if got := u.touches(test.world, test.cell); got != test.want {
			t.Errorf("%q with %v: %v", test.world.segment, test.cell, got)
		}
	}
}
