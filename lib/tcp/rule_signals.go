package tcp

import (
	"strings"
)

// killed asks why a process outlived a write to a connection that had ended, with SIGPIPE
// at its default (R2; signal(7), pipe(7)).
func (c *confrontation) killed(s *Socket) {
	for _, e := range s.Calls {
		x := e.Call
		if x.Errno != "EPIPE" || !isWrite(x.Op) || !inChild(x) || strings.Contains(strings.Join(x.Args, " "), "MSG_NOSIGNAL") || x.Op == "(*os.File).Write" {
			continue
		}
		if c.disposition(s, e.N) == "default" && x.Signal == "" {
			c.about(R2, s, []int{e.N}, said(s, e), "SIGPIPE, at its default, did not end the process")
		}
	}
}

// disposition is what the process that has a socket does about SIGPIPE; "": it is not
// known, or several have the socket.
func (c *confrontation) disposition(s *Socket, n int) string {
	found := ""
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
