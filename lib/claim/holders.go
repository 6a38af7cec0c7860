package claim

import (
	"slices"

	"sockproof/lib/journal"
)

// Holders is how many descriptors of a socket are left after an event: its own,
// its duplicates, and those of the processes that were started with it.
func Holders(j *journal.Journal, socket string, after *journal.Event) int {
	n := 1
	for i := range j.Events {
		e := &j.Events[i]
		if e.N > after.N {
			break
		}
		switch {
		case e.Process != nil && e.Process.Event == "started" && slices.Contains(e.Process.Sockets, socket):
			n++
		case e.Call == nil || e.Socket != socket || e.Call.Errno != "":
		case e.Call.Op == "dup":
			n++
		case e.Call.Op == "close":
			n--
		}
	}
	return n
}
