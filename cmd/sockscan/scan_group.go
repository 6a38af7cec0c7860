package main

import (
	"cmp"
	"slices"
)

// maxStuckGroups bounds the groups of one kind and one sort that are in memory.
// When there would be more, the smaller half is folded into one sum.
const maxStuckGroups = 1024

// stuckGroups adds up sockets by what they have in common, and remembers the
// biggest groups. Where there are too many, one may be folded before it has
// grown: a group that begins after that says so.
type stuckGroups[K comparable] struct {
	by   map[K]*stuckGroup
	rest stuckSum // of the groups that were folded
}

// stuckGroup is the sockets of one group.
type stuckGroup struct {
	stuckSum
	atLeast bool // more of them may be among the rest
}

// of is the group of a key, which must be added to.
func (g *stuckGroups[K]) of(key K) *stuckGroup {
	if n := g.by[key]; n != nil {
		return n
	}
	if len(g.by) >= maxStuckGroups {
		g.fold()
	}
	if g.by == nil {
		g.by = map[K]*stuckGroup{}
	}
	n := &stuckGroup{atLeast: g.rest.sockets > 0}
	g.by[key] = n
	return n
}

// fold folds the smaller half.
func (g *stuckGroups[K]) fold() {
	var sizes []int
	for _, n := range g.by {
		sizes = append(sizes, n.sockets)
	}
	slices.Sort(sizes)
	median := sizes[len(sizes)/2]
	for key, n := range g.by {
		if n.sockets < median || n.sockets == median && len(g.by) > maxStuckGroups/2 {
			g.rest.merge(&n.stuckSum)
			delete(g.by, key)
		}
	}
}

// isFolded says whether some group may be missing.
func (g *stuckGroups[K]) isFolded() bool { return g.rest.sockets > 0 }

// sockets is how many sockets a group has, if that is known.
func (g *stuckGroups[K]) sockets(key K) (n int, known bool) {
	if found := g.by[key]; found != nil {
		return found.sockets, true
	}
	return 0, !g.isFolded()
}

// biggest are the keys of the biggest groups, at most n, the biggest first.
func (g *stuckGroups[K]) biggest(n int, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(g.by))
	for k := range g.by {
		keys = append(keys, k)
	}
	return inOrder(keys, n, func(i, j int) int {
		return cmp.Or(cmp.Compare(g.by[keys[j]].sockets, g.by[keys[i]].sockets), compare(keys[i], keys[j]))
	})
}

// inOrder are the first n of some values, by a comparison of two of them by
// number. Numbers are sorted, for the linker keeps a copy of the sorting for
// every type that is sorted, 15 kB each.
func inOrder[T any](of []T, n int, compare func(i, j int) int) []T {
	order := make([]int, len(of))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, compare)
	first := make([]T, min(n, len(of)))
	for i := range first {
		first[i] = of[order[i]]
	}
	return first
}

// but is the sum of all groups but these, and how many those are.
func (g *stuckGroups[K]) but(keys []K) (sum stuckSum, groups int) {
	sum = g.rest
	for k, n := range g.by {
		if !slices.Contains(keys, k) {
			sum.merge(&n.stuckSum)
			groups++
		}
	}
	return sum, groups
}
