package claim

import (
	"slices"

	"sockproof/lib/journal"
)

// Ending is a connection, and the first call by which one of its ends was ended.
type Ending struct {
	Connection
	Who string         // the socket that ended first: the active end
	By  *journal.Event // the call: close, or shutdown
}

// The calls that end, as they are named in sentences.
const (
	Closed    = "close()"
	ShutWrite = "shutdown(SHUT_WR)"
	ShutRead  = "shutdown(SHUT_RD)"
	ShutBoth  = "shutdown(SHUT_RDWR)"
)

// Endings lists the connections of a journal of which an end was ended, in
// order. Journals say which socket made the call, so who is active needs no
// guess. The close of one descriptor of several is no ending.
func Endings(j *journal.Journal) []Ending {
	var all []Ending
	for _, c := range Connections(j) {
		for i := range c.Events {
			if e := &c.Events[i]; ends(j, e) {
				all = append(all, Ending{Connection: c, Who: e.Socket, By: e})
				break
			}
		}
	}
	return all
}

// ends says whether an event is a call that ends its socket's connection.
func ends(j *journal.Journal, e *journal.Event) bool {
	if e.Call == nil || e.Call.Errno != "" {
		return false
	}
	return e.Call.Op == "shutdown" || e.Call.Op == "close" && Holders(j, e.Socket, e) == 0
}

// EndedBy narrows a list to the endings of one name.
func EndedBy(all []Ending, name string) []Ending {
	return slices.DeleteFunc(slices.Clone(all), func(e Ending) bool { return e.Name() != name })
}

// Name is the call that ended it, without the socket.
func (e *Ending) Name() string { return NameOf(e.By) }

// Short is its name in a table: "close()", "SHUT_WR".
func (e *Ending) Short() string {
	if e.By.Call.Op == "shutdown" && len(e.By.Call.Args) > 0 {
		return e.By.Call.Args[len(e.By.Call.Args)-1]
	}
	return e.Name()
}

// NameOf names an ending call: "close()", "shutdown(SHUT_WR)".
func NameOf(e *journal.Event) string {
	if e.Call.Op == "shutdown" && len(e.Call.Args) > 0 {
		return "shutdown(" + e.Call.Args[len(e.Call.Args)-1] + ")"
	}
	return e.Call.Op + "()"
}

// Other is the end that did not end first.
func (e *Ending) Other() string { return e.Peer(e.Who) }

// Reset is when the other end was torn down by a RST: TCP_INFO saw it go to
// CLOSE with its descriptor open, and not by its own doing. Nil: it was not.
func (e *Ending) Reset() *journal.Event {
	for _, s := range States(e.Journal, e.Other(), journal.TCPInfo) {
		if s.N < e.By.N || s.State.To != journal.Close {
			continue
		}
		for _, own := range e.Calls(e.Other(), nil, "close", "shutdown") {
			if own.N < s.N && own.Call.Errno == "" {
				return nil
			}
		}
		return s
	}
	return nil
}
