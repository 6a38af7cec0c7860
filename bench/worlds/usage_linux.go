package main

import "slices"

// usage is how often each cell makes the calls that lies are about: a lie
// about a call that isn't made is no disturbance.
type usage map[cell]map[called]int

// called is one kind of call on one kind of descriptor.
type called struct {
	call uint32
	on   kind
}

// has says whether a cell makes the calls that all the lies begin with.
// Of a cell that was not asked nothing is known, and everything is possible.
func (u usage) has(c cell, lies []lie) bool {
	counts, asked := u[c.anyFamily()]
	return !asked || !slices.ContainsFunc(lies, func(l lie) bool { return counts[called{l.call, l.on}] < l.first })
}

// listening is a world where calls are counted, and all of them are made.
func listening(counts map[called]int) (w world) {
	seen := map[called]bool{}
	add := func(l lie) {
		key := called{l.call, l.on}
		if seen[key] {
			return
		}
		seen[key] = true
		l.first, l.last = 1, 0
		l.tell = func(*warden, *notification) (answer, bool) {
			counts[key]++
			return answer{}, false
		}
		w.lies = append(w.lies, l)
	}
	for _, w := range slices.Concat(failingWorlds(), lyingWorlds()) {
		for _, l := range w.lies {
			add(l)
		}
	}
	return w
}
