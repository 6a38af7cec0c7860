package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// Socket is a socket of the run, as its calls and the two state witnesses know it.
type Socket struct {
	journal.Socket
	End   *End  // of the connection it has; nil: none was seen
	Conn  *Conn // the connection it called for, or was accepted of; nil: none
	Calls []*journal.Event

	Listening int // listen() succeeded
	Deaf      int // shut down, or closed, as a listener
	connected int // connect() was called
	noSYN     bool
	failed    bool // connect() failed
	filtered  int  // a socket filter was attached
	detached  int
	destroyed int
	closed    *journal.Event // the event by which its last descriptor was gone
	foreign   bool           // another program has it, whose calls are its own

	handles  int   // descriptors in all processes, and threads inside a call
	own      int   // the program's own
	ownUntil int   // the event by which the last of those was closed; 0: never
	blocked  []int // threads inside a call, by the event in which they were seen so
	linger   journal.Linger
	options  map[journal.Option]journal.Value

	states   map[journal.Witness][]*journal.Event // changes of state, in order
	samples  []*journal.Event
	counted  []*journal.Event // states and samples with what TCP_INFO counted
	told     *journal.Event   // by the kernel, that it was destroyed
	ends     []int            // beginnings of close() and shutdown()
	busy     []span           // while one of its calls was under way on another thread
	errors   []int            // calls that took an error
	born     bool
	returned int // the call of a blocked thread that was the last to refer to the socket

	// Of a listener: how many connections wait to be accepted, and its backlog.
	waits, backlogs []progress
	shares          bool // another listened at its address with it: which got what is not known
}

// span is a stretch of events.
type span struct{ from, to int }

func within(spans []span, n int) bool {
	for _, s := range spans {
		if s.from <= n && n <= s.to {
			return true
		}
	}
	return false
}

// StateAt is the state in which a witness saw the socket last, and by which event; "":
// it had not seen it.
func (s *Socket) StateAt(w journal.Witness, n int) (state string, event int) {
	for _, e := range s.states[w] {
		if e.N > n {
			break
		}
		state, event = e.State.To, e.N
	}
	return state, event
}

// isUnnamed says whether the socket has called from a port that is not known: it was not asked for it.
func (s *Socket) isUnnamed() bool { return s.Local == "" && s.connected != 0 }

// hasOwn says whether one of the program's own descriptors was open at an event.
func (s *Socket) hasOwn(n int) bool { return s.own > 0 || s.ownUntil > n }

// tookErrorSince says whether a call between two events had taken the socket's error.
func (s *Socket) tookErrorSince(from, n int) bool {
	return slices.ContainsFunc(s.errors, func(e int) bool { return from < e && e < n })
}

// tookError says whether a call before an event had taken the socket's error.
func (s *Socket) tookError(n int) bool {
	for _, e := range s.errors {
		if e < n {
			return e > s.destroyed || s.destroyed > n
		}
	}
	return false
}
