package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// killed asks why a process outlived a write to a connection that had ended, with SIGPIPE
// at its default (R2; signal(7), pipe(7)).
func (c *confrontation) killed(s *Socket) {
	for _, e := range s.Calls {
		x := e.Call
		if x.Errno != journal.EPIPE || !isWrite(x.Op) || !x.InChild() || x.Has(journal.MSGNoSignal) || x.Op == "(*os.File).Write" {
			continue
		}
		if c.disposition(s, e.N) == journal.DefaultSIGPIPE && x.Signal == "" {
			c.about(R2, s, []int{e.N}, said(s, e), "SIGPIPE, at its default, did not end the process")
		}
	}
}

// raised asks for the cause of a signal that a call raised: SIGPIPE comes of a write to a
// half that is shut, with EPIPE, or ends the process (R2; send(2), pipe(7)).
func (c *confrontation) raised(s *Socket) {
	for _, e := range s.Calls {
		x := e.Call
		switch {
		case x.Signal == "":
		case !isWrite(x.Op):
			c.about(R2, s, []int{e.N}, said(s, e)+" and raised "+string(x.Signal), "only a write raises one")
		case x.Errno != "" && x.Errno != journal.EPIPE, x.Errno == "" && x.Result >= 0:
			c.about(R2, s, []int{e.N}, said(s, e)+" and raised "+string(x.Signal), "SIGPIPE comes with EPIPE")
		case x.Errno == journal.EPIPE && c.disposition(s, e.N) == journal.DefaultSIGPIPE:
			c.about(R2, s, []int{e.N}, said(s, e)+" and raised "+string(x.Signal)+", which was at its default", "a call that ends its process does not return")
		case x.Errno == "" && !c.endedBy(s, x.Signal):
			c.about(R2, s, []int{e.N}, x.Op+"() of "+s.ID+" raised "+string(x.Signal)+", which ended the process", "no process that has it was seen to end so")
		}
	}
}

// endedBy says whether a process that has a socket was ended by a signal.
func (c *confrontation) endedBy(s *Socket, signal journal.Signal) bool {
	has := map[int]bool{}
	for i := range c.Journal.Events {
		p := c.Journal.Events[i].Process
		switch {
		case p == nil:
		case p.Event == "started":
			has[p.PID] = slices.Contains(p.Sockets, s.ID)
		case p.Event == "killed" && has[p.PID] && p.Signal == signal:
			return true
		}
	}
	return false
}

// disposition is what the process that has a socket does about SIGPIPE; "": it is not
// known, or several have the socket.
func (c *confrontation) disposition(s *Socket, n int) journal.Disposition {
	found := journal.Disposition("")
	for i := range c.Journal.Events {
		p := c.Journal.Events[i].Process
		if p == nil || p.Event != "started" || c.Journal.Events[i].N > n {
			continue
		}
		for _, id := range p.Sockets {
			if id == s.ID {
				if found != "" {
					return ""
				}
				found = p.Disposition
			}
		}
	}
	return found
}
