package main

import "slices"

// usage is what each cell sends and calls: interference with what it doesn't is
// none.
type usage map[cell]used

// used by one cell, where nothing interferes.
type used struct {
	segments map[string]uint64 // by kind; nil: not known
	calls    map[called]int    // nil: not known
}

// called is one kind of call on one kind of descriptor.
type called struct {
	call uint32
	on   kind
}

// touches says whether the world has anything to interfere with, as far as is known.
func (u usage) touches(w world, c cell) bool {
	of := u[c.anyFamily()]
	if of.segments != nil && w.segment != "" && of.segments[w.segment] == 0 {
		return false
	}
	return of.calls == nil || !slices.ContainsFunc(w.lies, func(l lie) bool { return of.calls[called{l.call, l.on}] < l.first })
}

// listening is a world where segments are counted, and calls if lies are to be told
// about them, and all of them go through.
func listening(calls bool) (w world, heard used) {
	heard = used{segments: map[string]uint64{}}
	w.census = heard.segments
	if !calls {
		return w, heard
	}
	heard.calls = map[called]int{}
	for _, other := range slices.Concat(failingWorlds(), lyingWorlds()) {
		for _, l := range other.lies {
			key := called{l.call, l.on}
			if slices.ContainsFunc(w.lies, func(m lie) bool { return m.call == l.call && m.on == l.on }) {
				continue
			}
			l.first, l.last = 1, 0
			l.tell = func(*warden, *notification) (answer, bool) {
				heard.calls[key]++
				return answer{}, false
			}
			w.lies = append(w.lies, l)
		}
	}
	return w, heard
}
