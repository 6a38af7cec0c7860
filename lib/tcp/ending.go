package tcp

import "sockproof/lib/journal"

// Ending is a connection, and the first call by which one of its ends was ended.
type Ending struct {
	*Conn
	Who *Socket        // that end: the active one
	By  *journal.Event // close() or shutdown()
}

// The calls that end, as they are named in sentences.
const (
	Closed    = "close()"
	ShutWrite = "shutdown(SHUT_WR)"
	ShutRead  = "shutdown(SHUT_RD)"
	ShutBoth  = "shutdown(SHUT_RDWR)"
)

// Endings lists the connections of which an end was ended, in the order in which they were
// called for. The close of one descriptor of several ends nothing.
func (v *View) Endings() []Ending {
	return Derive(v, func(v *View) []Ending {
		by := map[*Conn]Ending{}
		for _, e := range v.Calls("close", "shutdown") {
			s := v.byID[e.Socket]
			if s == nil || s.Conn == nil || e.Call.Errno != "" || by[s.Conn].By != nil || e.Call.Op == "close" && v.Holders(s, e.N) > 0 {
				continue
			}
			by[s.Conn] = Ending{s.Conn, s, e}
		}
		var all []Ending
		for _, c := range v.Conns {
			if e, ok := by[c]; ok {
				all = append(all, e)
			}
		}
		return all
	})
}

// Peer is the end that was not ended first.
func (e *Ending) Peer() *Socket { return e.Other(e.Who) }

// Name is the call, without the socket.
func (e *Ending) Name() string { return NameOf(e.By) }

// Short is its name in a table: "close()", "SHUT_WR".
func (e *Ending) Short() string {
	if how := e.By.Call.How(); e.By.Call.Op == "shutdown" && how != "" {
		return string(how)
	}
	return e.Name()
}

// NameOf names an ending call: "close()", "shutdown(SHUT_WR)".
func NameOf(e *journal.Event) string {
	if how := e.Call.How(); e.Call.Op == "shutdown" && how != "" {
		return "shutdown(" + string(how) + ")"
	}
	return e.Call.Op + "()"
}

// EndedBy are the endings by one call, by its name.
func EndedBy(name string) func(v *View) []Ending {
	return func(v *View) []Ending {
		return Where(v.Endings(), func(e Ending) bool { return e.Name() == name })
	}
}

// Writes lists a socket's calls that send.
func (s *Socket) Writes(after, before int) []*journal.Event {
	return s.CallsOf(after, before, Sending...)
}

// Reads lists those that read.
func (s *Socket) Reads(after, before int) []*journal.Event { return s.CallsOf(after, before, "read") }

// Received lists the reads that returned data.
func (s *Socket) Received(after, before int) []*journal.Event {
	return Where(s.Reads(after, before), func(e *journal.Event) bool { return e.Call.Result > 0 })
}

// IsEnd says whether a call is a read that returned 0.
func IsEnd(e *journal.Event) bool {
	return e != nil && e.Call.Op == "read" && e.Call.Errno == "" && e.Call.Signal == "" && e.Call.Result == 0
}

// Accepts lists the calls that took a connection from a listener's queue.
func (s *Socket) Accepts(after, before int) []*journal.Event {
	return Where(s.CallsOf(after, before, "accept4"), func(e *journal.Event) bool { return e.Call.Errno == "" })
}
