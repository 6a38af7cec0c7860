package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// way is a connection, and how one of its ends was ended first.
type way struct{ claim.Ending }

// ways lists those of a journal, in order.
func ways(j *journal.Journal) []way {
	var all []way
	for _, e := range claim.Endings(j) {
		all = append(all, way{e})
	}
	return all
}

// of narrows a list to the ways of one name.
func of(all []way, name string) []way {
	return slices.DeleteFunc(slices.Clone(all), func(w way) bool { return w.Name() != name })
}

// wayOf looks at a connection from one of its ends, whatever ended it.
func wayOf(c claim.Connection, who string, by *journal.Event) way {
	return way{claim.Ending{Connection: c, Who: who, By: by}}
}

// forsaken is the event by which the end that was ended was given up by its kernel,
// before another; nil: it was not.
func (w *way) forsaken(before *journal.Event) *journal.Event {
	return claim.Forsaken(w.Journal, w.Who, w.Address(w.Who), w.By, before)
}

// writes and reads list what a socket sent and took, after an event.
func (w *way) writes(socket string, after *journal.Event) []*journal.Event {
	return w.Calls(socket, after, claim.Sending...)
}

func (w *way) reads(socket string, after *journal.Event) []*journal.Event {
	return w.Calls(socket, after, "read")
}
