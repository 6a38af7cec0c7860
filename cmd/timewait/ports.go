package main

import (
	"fmt"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// few is how many ports there are for clients.
const few = 4

// ports: a client closes first until each of its few ports is in TIME_WAIT towards one server. Then
// it connects once more: there, and to another; with tcp_tw_reuse 0, 2 and 1, at once and after a
// second.
func ports(t *scenario.T) {
	t.Setting("a", twReuse)
	t.Sysctl("a", twReuse, "0")
	t.Sysctl("a", timestamps, "1") // without, no port is taken again
	t.Sysctl("b", timestamps, "1")
	hasDelay := t.TrySysctl("a", reuseDelay, "1000") == nil // the second that it was before
	t.Sysctl("a", portRange, rangeFrom(40_000))
	l := t.Listen(scenario.ServerPort)
	other := t.Listen(scenario.ServerPort + 1)
	for range few {
		clientCloses(t, l)
	}
	once(t, l)
	once(t, other)
	t.Sysctl("a", twReuse, "1")
	once(t, l)
	t.Sysctl("a", twReuse, "2")
	t.Wait(reusable)
	once(t, l)
	t.Sysctl("a", twReuse, "1")
	once(t, l)
	if hasDelay {
		t.Setting("a", reuseDelay)
	}
}

const (
	timestamps = "net.ipv4.tcp_timestamps"
	reuseDelay = "net.ipv4.tcp_tw_reuse_delay" // in milliseconds, since Linux 6.14
)

// reusable is longer than tcp_tw_reuse lets a port wait: a second.
const reusable = 1200 * time.Millisecond

// rangeFrom is few ports.
func rangeFrom(port int) string { return fmt.Sprintf("%d %d", port, port+few-1) }

// free lets a client connect from a port that the kernel chooses; nil: it could not.
func free(t *scenario.T, l *scenario.Listener) *scenario.End {
	c := t.Host("a").Socket()
	if errno := c.StartConnect(l.At); errno != "" && errno != journal.EINPROGRESS {
		return nil
	}
	c.Local()
	t.Settle()
	return c
}

// once lets a client connect, if it can, and resets the connection, so that it leaves nothing behind.
func once(t *scenario.T, l *scenario.Listener) {
	if c := free(t, l); c != nil {
		l.AcceptFrom(c)
		c.Reset()
		t.Settle()
	}
}

// clientCloses makes a connection from a port that the kernel chooses, and lets the client close
// first.
func clientCloses(t *scenario.T, l *scenario.Listener) {
	c := free(t, l)
	if c == nil {
		t.Stop("no port was free for a client")
	}
	server := l.AcceptFrom(c)
	c.Close()
	server.Recv()
	server.Close()
	t.Settle()
}

// try is a connect() from a port that the kernel may choose, while the client's ports were in
// TIME_WAIT.
type try struct {
	who     *tcp.Socket
	connect *journal.Event
	waits   []*tcp.Socket  // clients in TIME_WAIT then
	there   []*tcp.Socket  // those of them that had the same destination
	reuse   *journal.Event // tcp_tw_reuse as it was then; nil: not known
	ports   int            // how many there are
}

// tries lists them.
var tries = tcp.Derived(func(v *tcp.View) []try {
	var all []try
	for _, e := range v.Calls("connect") {
		who := v.Socket(e.Socket)
		if who == nil || len(who.CallsOf(0, e.N, "bind")) > 0 {
			continue
		}
		x := try{who: who, connect: e, reuse: v.Setting(who.Host, twReuse, e.N)}
		if set := v.Setting(who.Host, portRange, e.N); set != nil {
			if r, err := portrange.Parse(set.Setting.New); err == nil {
				x.ports = r.Size()
			}
		}
		for _, conn := range v.Conns {
			if conn.Client != who && conn.Client.IsIn(journal.TimeWait, journal.SockDiag, e.N) {
				x.waits = append(x.waits, conn.Client)
			}
		}
		x.there = tcp.Where(x.waits, func(s *tcp.Socket) bool { return s.Remote == e.Call.Address() })
		if len(x.waits) > 0 {
			all = append(all, x)
		}
	}
	return all
})

// began says whether a connect() succeeded, or began to.
func began(connect *journal.Event) bool {
	return connect.Call.Errno == "" || connect.Call.Errno == journal.EINPROGRESS
}

func (x *try) succeeded() bool { return began(x.connect) }

// youngest is for how long the latest of the TIME_WAITs there had lasted, and oldest the first, as
// sock_diag saw them.
func (x *try) ages() (youngest, oldest time.Duration) {
	for i, s := range x.there {
		in := s.Entered(journal.TimeWait, journal.SockDiag)
		age := time.Duration(x.connect.T - in[0].T)
		if i == 0 || age < youngest {
			youngest = age
		}
		oldest = max(oldest, age)
	}
	return youngest, oldest
}

// Cite lets a finding rest on the try.
func (x try) Cite(c *claim.Case) {
	c.About(x.who)
	c.Cite(x.connect, x.reuse)
	for _, s := range x.waits {
		c.Cite(s.Entered(journal.TimeWait, journal.SockDiag)...)
	}
}

// reuses says whether tcp_tw_reuse was 1.
func (x *try) reuses() bool { return x.reuse != nil && x.reuse.Setting.New == "1" }

// isFull asks that each port was in TIME_WAIT towards the destination.
func (x *try) isFull(c *claim.Case) {
	c.Given(x.ports > 0 && x.reuse != nil, "the range of ports, or tcp_tw_reuse, was not read")
	c.If(len(x.there) >= x.ports)
	c.Given(x.succeeded() || x.connect.Call.Errno == journal.EADDRNOTAVAIL, "connect() failed with %s", x.connect.Call.Errno)
}

// inASecond asks that a port may be taken again after a second, where the kernel lets that be set.
func inASecond(c *claim.Case) {
	for _, e := range c.Events(func(e *journal.Event) bool { return e.Setting != nil && e.Setting.Name == reuseDelay }) {
		c.Cite(e)
		c.Given(e.Setting.New == "1000", "tcp_tw_reuse_delay was %s ms", e.Setting.New)
	}
}

// sharesPort is the client in TIME_WAIT whose port the socket got; nil: there is none.
func (x *try) sharesPort() *tcp.Socket {
	return tcp.First(tcp.Where(x.waits, func(s *tcp.Socket) bool { return s.Local == x.who.Local }))
}

const allWaiting = "no client connected while all its ports were in TIME_WAIT towards the destination"

var tw1 = claim.Claim{
	ID: "TW1", Statement: "TIME_WAIT sockets cannot be taken again",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: allWaiting,
	Rule: claim.Each(tries, func(c *claim.Case, x try) {
		x.isFull(c)
		inASecond(c)
		c.Expect(!x.succeeded(), "with tcp_tw_reuse %s %s took the port of one that had been in TIME_WAIT for a second", x.reuse.Setting.New, x.who.ID)
		c.Challenged(slices.ContainsFunc(tries(c.View), func(o try) bool {
			_, oldest := o.ages()
			return len(o.there) >= o.ports && o.reuses() && oldest > reusable
		}), "nobody tried with tcp_tw_reuse 1 after a second")
		c.Holds("connect() failed with EADDRNOTAVAIL")
	}),
}

var tw3 = claim.Claim{
	ID: "TW3", Statement: "a busy client that closes first runs out of sockets",
	Source: claim.Article003, Quantity: claim.Can, Needs: claim.NeedsEnds, Precondition: allWaiting,
	Rule: claim.Each(tries, func(c *claim.Case, x try) {
		x.isFull(c)
		c.Expect(!x.succeeded(), "it was connected")
		c.Holds("%d of %d ports were in TIME_WAIT towards %s, and connect() of %s failed with EADDRNOTAVAIL", len(x.there), x.ports, x.connect.Call.Address(), x.who.ID)
	}),
}

var tw5 = claim.Claim{
	ID: "TW5", Statement: "tcp_tw_reuse default 0",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "it was not read before it was set",
	Rule: isDefault(twReuse, "0"),
}

// isDefault is a rule about a setting that was read before anybody set it.
func isDefault(name, value string) claim.Rule {
	return claim.Once(func(c *claim.Case) {
		set := c.First(c.Events(func(e *journal.Event) bool { return e.Setting != nil && e.Setting.Name == name }))
		c.If(set != nil)
		c.Given(set.Setting.New == set.Setting.Old, "it was set before it was read")
		own := set.Setting.Caller
		c.Given(own == "" || own == set.Setting.New, "%s is %s here and %s on the caller's own stack: one of them was set", name, set.Setting.New, own)
		c.Finds(set.Setting.New == value, "%s is %s where nobody has set it", name, set.Setting.New)
	})
}

var tw6 = claim.Claim{
	ID: "TW6", Statement: "tcp_tw_reuse=1 lets new connections use TIME_WAIT",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: allWaiting + " for a second, with tcp_tw_reuse 1",
	Rule: claim.Each(tries, func(c *claim.Case, x try) {
		x.isFull(c)
		youngest, _ := x.ages()
		c.If(x.reuses() && youngest >= reusable)
		inASecond(c)
		c.Expect(x.succeeded(), "connect() failed with %s", x.connect.Call.Errno)
		taken := x.sharesPort()
		c.Given(taken != nil, "the port of %s is none of those in TIME_WAIT", x.who.ID)
		c.Holds("with tcp_tw_reuse 1 %s got port %d, which had been in TIME_WAIT for %.1f s", x.who.ID, x.who.Local.Port(), youngest.Seconds())
	}),
}

var pe3 = claim.Claim{
	ID: "PE3", Statement: "tcp_tw_reuse=1 lets a port be used again after a second, not before",
	Source: ipSysctl, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: allWaiting + ", with tcp_tw_reuse 1",
	Rule: claim.Each(tries, func(c *claim.Case, x try) {
		x.isFull(c)
		c.If(x.reuses())
		inASecond(c)
		youngest, oldest := x.ages()
		if oldest < time.Second {
			c.Given(!x.succeeded() || x.sharesPort() != nil, "%s got a port of no TIME_WAIT", x.who.ID)
			c.Expect(!x.succeeded(), "%s was connected when all had been in TIME_WAIT for %.1f s at most", x.who.ID, oldest.Seconds())
			c.Challenged(slices.ContainsFunc(tries(c.View), func(o try) bool { y, _ := o.ages(); return y >= reusable }), "nobody tried after a second")
			c.Holds("after %.1f s connect() failed with EADDRNOTAVAIL", oldest.Seconds())
		}
		c.Given(youngest >= reusable, "some had been in TIME_WAIT for a second, and some had not")
		c.Expect(x.succeeded(), "after %.1f s connect() failed with %s", youngest.Seconds(), x.connect.Call.Errno)
		c.Challenged(slices.ContainsFunc(tries(c.View), func(o try) bool {
			_, old := o.ages()
			return old < time.Second && o.reuses()
		}), "nobody tried within a second")
		c.Holds("after %.1f s %s was connected", youngest.Seconds(), x.who.ID)
	}),
}

var tw15 = claim.Claim{
	ID: "TW15", Statement: "“the port can no longer be used” in TIME_WAIT",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no client connected while its ports were in TIME_WAIT",
	Rule: claim.Each(tries, func(c *claim.Case, x try) {
		if taken := x.sharesPort(); x.succeeded() && taken != nil && taken.Remote != x.who.Remote {
			c.Cite(tcp.First(x.who.CallsOf(0, 0, "getsockname")))
			c.Expect(false, "port %d was in TIME_WAIT towards %s, and %s used it to connect to %s", x.who.Local.Port(), taken.Remote, x.who.ID, x.who.Remote)
		}
		c.If(!x.succeeded())
		c.Challenged(slices.ContainsFunc(tries(c.View), func(o try) bool { return len(o.there) == 0 && !o.succeeded() }), "nobody tried another destination in vain")
		c.Holds("connect() of %s failed with %s", x.who.ID, x.connect.Call.Errno)
	}),
}

// compareTries is the table of who got a port.
func compareTries(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: fmt.Sprintf("connect() from %d ports, all in TIME_WAIT towards one server: there, or to another", few)}
	for _, x := range tries(v) {
		if x.reuse == nil || len(x.waits) < x.ports {
			continue
		}
		what := "at once"
		switch youngest, oldest := x.ages(); {
		case len(x.there) == 0:
			what = "another"
		case youngest > time.Second:
			what = "after 1 s"
		case oldest > time.Second:
			continue
		}
		t.Put("tcp_tw_reuse "+x.reuse.Setting.New+", "+what, "returned", claim.Result(x.connect))
	}
	return t
}
