package main

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// A trial is one cell in one world.
type trial struct {
	world world
	cell  cell
	rank  float64
}

func newTrial(w world, c cell) trial { return trial{w, c, rank(w.name, c)} }

// byRank compares trials.
func byRank(a, b trial) int { return cmp.Compare(a.rank, b.rank) }

// leastCells of a world, however small its share.
const leastCells = 2

// rank orders trials by chance, and always in the same way. What takes
// longer comes later, so that less of it is taken.
func rank(world string, c cell) float64 {
	h := fnv.New64a()
	h.Write([]byte(world + "|" + c.String()))
	// The low bits of such a hash depend on the last letters alone.
	v := h.Sum64()
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	return (float64(v>>11)/(1<<53) + 0.001) * float64(c.cost())
}

// suits says whether the world does anything to that cell, as far as is known.
func (t trial) suits(u usage) bool {
	return t.world.on(t.cell.net) && u.touches(t.world, t.cell)
}

// wholePlan takes each world with its share of the cells, and all of them with
// each default scenario somewhere.
func wholePlan(worlds []world, cells []cell, u usage, all bool) (plan []trial) {
	for _, w := range worlds {
		ts := suitable(w, cells, u)
		n := len(ts)
		if !all {
			n = min(n, max(leastCells, n/w.share))
		}
		plan = append(plan, ts[:n]...)
	}
	// In this order one that is ended early has been everywhere.
	slices.SortStableFunc(plan, byRank)
	return plan
}

// suitable are a world's trials, by rank.
func suitable(w world, cells []cell, u usage) (ts []trial) {
	for _, c := range cells {
		if t := newTrial(w, c); t.suits(u) {
			ts = append(ts, t)
		}
	}
	slices.SortFunc(ts, byRank)
	return ts
}

// sampleCells of the quick ones beside the default scenarios.
const sampleCells = 24

// samplePool are the cells that a sample is taken from: every default scenario
// everywhere, and some others.
func samplePool(cells []cell) []cell {
	standard := only(cells, func(c cell) bool { return c.standard })
	others := only(cells, func(c cell) bool { return !c.standard && c.cost() == 1 })
	slices.SortFunc(others, func(a, b cell) int { return cmp.Compare(rank("", a), rank("", b)) })
	return append(standard, others[:min(sampleCells, len(others))]...)
}

// samplePlan takes as many trials of each family of worlds, with every binary's
// default scenario among them. Families take turns, so that what ends early
// has been everywhere.
func samplePlan(fs []family, pool []cell, u usage, each int) (plan []trial) {
	var chosen [][]trial
	for _, f := range fs {
		chosen = append(chosen, sampleOf(f, pool, u, each))
	}
	for i := range each {
		for _, ts := range chosen {
			if i < len(ts) {
				plan = append(plan, ts[i])
			}
		}
	}
	return plan
}

func sampleOf(f family, pool []cell, u usage, each int) (chosen []trial) {
	var all []trial
	for _, w := range f.worlds {
		all = append(all, suitable(w, pool, u)...)
	}
	slices.SortFunc(all, byRank)
	first := map[string]bool{}
	var others []trial
	for _, t := range all {
		if t.cell.standard && !first[t.cell.binary] {
			first[t.cell.binary] = true
			chosen = append(chosen, t)
			continue
		}
		others = append(others, t)
	}
	return append(chosen, others[:max(0, min(each-len(chosen), len(others)))]...)
}
