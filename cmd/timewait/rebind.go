package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// A crash is a server's process that is killed with one connection open, and the next that binds
// its port.
type crash struct {
	reuse  bool // SO_REUSEADDR on its listener, and on the next
	unread bool // the client's bytes are unread: the connection is reset
	second bool // the client closed first: the TIME_WAIT is its own
}

// rebind: a server crashes, and is started again.
func rebind(t *scenario.T) {
	for i, x := range []crash{{}, {reuse: true}, {unread: true}, {second: true}} {
		x.steps(t, scenario.ServerPort+uint16(i))
	}
}

// steps lets it happen on a port of its own.
func (x *crash) steps(t *scenario.T, port uint16) {
	var options []scenario.SocketOption
	if x.reuse {
		options = append(options, scenario.Opt(journal.SOReuseAddr, 1))
	}
	l := t.Listen(port, options...)
	client, server := l.Connect()
	if x.unread {
		client.Send("not read yet")
	}
	if x.second {
		client.Close()
	}
	process := t.Handover(journal.DefaultSIGPIPE, l.End, server)
	process.Kill(journal.SIGKILL)
	if !x.second {
		client.Recv()
		client.Close()
	}
	server.Look()
	next := t.Host("b").Socket(options...)
	next.Bind(l.At)
	server.Look()
	next.Close()
}

// restart is a bind() of the address that the listener of a killed process had.
type restart struct {
	bind     *journal.Event
	killed   *journal.Event
	listener *tcp.Socket
	server   *tcp.Socket // its end of the connection that the process had
	reuse    bool        // SO_REUSEADDR had been set on both
}

// restarts lists them.
var restarts = tcp.Derived(func(v *tcp.View) []restart {
	var all []restart
	for _, p := range v.Processes() {
		x := killedWith(v, p)
		if x.killed == nil || x.killed.Process.Event != "killed" || x.listener == nil || x.server == nil {
			continue
		}
		for _, e := range tcp.After(v.Calls("bind"), x.killed.N) {
			if x.listener.Local == e.Call.Address() {
				x.bind = e
				x.reuse = x.listener.Reuses(e.N) && v.Socket(e.Socket).Reuses(e.N)
				all = append(all, x)
			}
		}
	}
	return all
})

// killedWith is the end of a process, and the sockets that it had.
func killedWith(v *tcp.View, p tcp.Process) restart {
	x := restart{killed: p.Ended}
	for _, id := range p.Started.Process.Sockets {
		switch s := v.Socket(id); {
		case s == nil:
		case s.Listening != 0:
			x.listener = s
		default:
			x.server = s
		}
	}
	return x
}

// Cite lets a finding rest on the restart.
func (x restart) Cite(c *claim.Case) {
	c.About(x.server, c.View.Socket(x.bind.Socket))
	c.Cite(x.killed, x.bind)
	c.Cite(x.server.States(journal.SockDiag)...)
	_, before := x.listener.Option(journal.SOReuseAddr, x.bind.N)
	_, now := c.View.Socket(x.bind.Socket).Option(journal.SOReuseAddr, x.bind.N)
	c.Cite(before, now)
}

// waits says whether the server's end was in TIME_WAIT when bind() was called, and there still after
// it.
func (x *restart) waits() bool {
	return x.server.IsIn(journal.TimeWait, journal.SockDiag, x.bind.N) && len(x.server.Samples(journal.TimeWait, x.bind.N, 0)) > 0
}

// gone says whether nothing was left of it.
func (x *restart) gone() bool { return x.server.IsIn(journal.Gone, journal.SockDiag, x.bind.N) }

// twoMSL is what Linux takes for twice the maximum segment lifetime: TCP_TIMEWAIT_LEN in
// include/net/tcp.h.
const twoMSL = time.Minute

var tw14 = claim.Claim{
	ID: "TW14", Statement: "a crashed server cannot bind within 2MSL",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no port of a server that was killed was bound again",
	Rule: claim.Each(restarts, func(c *claim.Case, x restart) {
		passed := c.Between(x.killed, x.bind)
		c.If(passed < twoMSL)
		if x.bind.Call.Errno == "" {
			c.Given(x.waits() || x.gone(), "the state of %s when bind() was called is not known", x.server.ID)
			c.Expect(!x.waits(), "%s was in TIME_WAIT, and with SO_REUSEADDR on both listeners bind() succeeded %s after the crash", x.server.ID, claim.Milliseconds(passed))
			c.Expect(!x.gone(), "nothing was left of %s, and bind() succeeded %s after the crash", x.server.ID, claim.Milliseconds(passed))
		}
		c.Given(x.bind.Call.Errno == journal.EADDRINUSE, "bind() failed with %s", x.bind.Call.Errno)
		c.Challenged(slices.ContainsFunc(restarts(c.View), func(o restart) bool { return o.reuse }), "no server had SO_REUSEADDR on its listener, and on the next")
		c.Holds("%s after the crash bind() failed with EADDRINUSE", claim.Milliseconds(passed))
	}),
}

// keepsThePort is the phenomenon: the TIME_WAIT of a crashed server's connection keeps its port, but
// where SO_REUSEADDR is set on both listeners.
var keepsThePort = claim.Phenomenon{
	Needs: claim.NeedsEnds, Precondition: "no port of a server that was killed was bound again",
	Rule: claim.Once(func(c *claim.Case) {
		waiting := tcp.Where(restarts(c.View), func(x restart) bool { return x.waits() })
		for _, x := range waiting {
			x.Cite(c)
			c.Expect(!x.reuse || x.bind.Call.Errno == "", "with SO_REUSEADDR on both listeners bind() failed with %s", x.bind.Call.Errno)
			c.Expect(x.reuse || x.bind.Call.Errno != "", "%s was in TIME_WAIT, and without SO_REUSEADDR bind() succeeded", x.server.ID)
		}
		_, missing := claim.Missing(waiting, func(x *restart) bool { return x.reuse }, true, false)
		c.Given(!missing, "not both were tried over a TIME_WAIT: bind() without SO_REUSEADDR, and with it on both listeners")
		c.Holds("the TIME_WAIT of a crashed server kept its port: bind() failed; with SO_REUSEADDR on both listeners it succeeded")
	}),
}

// compareRestarts is the table of what a server found when it was started again.
func compareRestarts(v *tcp.View) *claim.Comparison {
	return claim.Down("A server is killed, and its port is bound again", restarts(v), func(x *restart) string { return string(x.bind.Call.Address()) },
		claim.Show("SO_REUSEADDR", func(x *restart) claim.Cell {
			return claim.Told(map[bool]string{true: "on both", false: "no"}[x.reuse], x.bind)
		}),
		claim.Show("was left", func(x *restart) claim.Cell {
			left, seen := x.server.StateAt(journal.SockDiag, x.bind.N)
			if left == journal.Gone {
				left = "nothing"
			}
			return claim.Told(left, v.Event(seen))
		}),
		claim.Show("bind()", func(x *restart) claim.Cell { return claim.Result(x.bind) }),
	)
}
