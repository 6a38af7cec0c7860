package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// timeWait: how long TIME_WAIT lasts, what may change that, and what it keeps
// from being bound. The server closes first, so that it is its port.
func timeWait(t *scenario.T) {
	lastsLong(t)
	if t.OnWire() {
		finTwice(t)
	}
	binds(t)
}

// watched is how long the timer of a TIME_WAIT is watched.
const watched = 2 * time.Second

// lastsLong reads the timer of a TIME_WAIT at its start and later, of one made
// as the settings are and of one made with a tcp_fin_timeout that is short.
func lastsLong(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	all := []*scenario.End{closedByServer(l)}
	if t.OnHost() {
		t.Note("a short tcp_fin_timeout: left out, the host's settings are never changed")
	} else {
		setFinTimeout(t, "b")
		all = append(all, closedByServer(l))
	}
	t.Wait(watched)
	for _, e := range all {
		e.Look()
	}
	l.Close()
}

// closedByServer makes a connection and closes it, the server's end first, which it
// returns.
func closedByServer(l *scenario.Listener) *scenario.End {
	client, server := l.Connect()
	server.Close()
	client.Recv()
	client.Close()
	server.Look()
	return server
}

// retransmission bounds the wait for a FIN to be sent again: after a fifth of a
// second, and twice that the next time.
const retransmission = 3 * time.Second

// finTwice loses the acknowledgement of the peer's FIN, so that the peer sends it
// again, to a socket in TIME_WAIT.
func finTwice(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort + 1).Connect()
	server.Close()
	t.Drop(scenario.Once(func(p *wire.Packet) bool { return p.From == "b" }))
	client.Close()
	t.Rule(nil)
	t.Await(retransmission, client.Gone)
}

// binds tries to bind a port that a TIME_WAIT has, with and without
// SO_REUSEADDR on the listener from which that came, and on the new one.
func binds(t *scenario.T) {
	for i, old := range [][]scenario.SocketOption{nil, {reuse}} {
		l := t.Listen(scenario.ServerPort+10+uint16(i), old...)
		server := closedByServer(l)
		l.Close()
		bindAgain(t, l)
		server.Look() // that the TIME_WAIT was there all the while
		bindAgain(t, l, reuse)
		server.Look()
	}
}

// reuse sets SO_REUSEADDR.
var reuse = scenario.Opt(journal.SOReuseAddr, 1)

// bindAgain binds a server's port once more, and lets go of it.
func bindAgain(t *scenario.T, l *scenario.Listener, options ...scenario.SocketOption) {
	e := t.Host("b").Socket(options...)
	e.Bind(l.At) // its errno is evidence
	e.Close()
}

var hc21 = claim.Claim{
	ID: "HC21", Statement: "close() does not block for TIME_WAIT",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the socket comes to TIME_WAIT",
	Rule: claim.Each((*tcp.View).Waits, func(c *claim.Case, t tcp.Waiting) {
		c.If(t.Name() == tcp.Closed)
		c.About(t.Who)
		c.Cite(t.In, t.By, t.Samples[0])
		left := time.Duration(t.Samples[0].T-returned(t.By)) + tcp.TimerLeft(t.Samples[0])
		c.Expect(left > 0, "close() of %s returned when TIME_WAIT was over", t.Who.ID)
		c.Holds("close() of %s returned after %.3f ms, with %s of TIME_WAIT still to come", t.Who.ID, float64(t.By.Call.TookNS)/1e6, seconds(left))
	}),
}

// The bounds of what the articles say.
const (
	saidLeast = 2 * time.Minute
	saidMost  = 4 * time.Minute
)

var hc22 = claim.Claim{
	ID: "HC22", Statement: "the active closer stays in TIME_WAIT for 2–4 minutes",
	Source: claim.Article000 + "; " + rfc9293 + " §3.4.2 (MSL)", Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the timer of a TIME_WAIT is read twice, a second apart",
	Rule: claim.Each((*tcp.View).Waits, func(c *claim.Case, t tcp.Waiting) {
		c.About(t.Who)
		c.Cite(t.In)
		c.If(len(t.Steady) >= 2) // a single reading does not show that the timer runs
		first, last := t.Steady[0], t.Steady[len(t.Steady)-1]
		c.If(last.T-first.T >= time.Second.Nanoseconds())
		passed, ran := c.Between(first, last), tcp.TimerLeft(first)-tcp.TimerLeft(last)
		c.Given((passed-ran).Abs() <= time.Second/2, "the timer of %s ran %s in %s: it was set anew", t.Who.ID, seconds(ran), seconds(passed))
		began := c.Between(t.In, first)
		c.Given(began <= time.Second, "the timer of %s was read only %s after it had begun", t.Who.ID, seconds(began))
		d := began + tcp.TimerLeft(first)
		c.Finds(d >= saidLeast-slack && d <= saidMost+slack, "it lasts %s: the timer of %s stood at %s at the start and at %s %s later",
			seconds(d), t.Who.ID, seconds(tcp.TimerLeft(first)), seconds(tcp.TimerLeft(last)), seconds(passed))
	}),
}

// lowered contrasts the last TIME_WAIT that began before tcp_fin_timeout was lowered with the first
// after that.
func lowered(v *tcp.View) []claim.Contrast[tcp.Waiting] {
	set := v.Setting("", finTimeoutSetting, 0)
	steady := tcp.Where(v.Waits(), func(t tcp.Waiting) bool { return set != nil && set.Setting.IsLowered() && len(t.Steady) > 0 })
	before := tcp.Where(steady, func(t tcp.Waiting) bool { return t.In.N < set.N })
	after := tcp.Where(steady, func(t tcp.Waiting) bool { return t.In.N > set.N })
	return claim.Contrasts(before[max(0, len(before)-1):], after)
}

var hc23 = claim.Claim{
	ID: "HC23", Statement: "lowering tcp_fin_timeout shortens TIME_WAIT",
	Source: "folklore", Quantity: claim.Always, Needs: needsDiag,
	Precondition: "one TIME_WAIT begins before it is lowered, and one after",
	Rule: claim.Each(lowered, func(c *claim.Case, t claim.Contrast[tcp.Waiting]) {
		before, after := t.One, t.Other
		c.About(before.Who, after.Who)
		set := c.SettingOf("", finTimeoutSetting)
		x, y := before.Lasts(before.Steady[0]), after.Lasts(after.Steady[0])
		c.Given(c.Between(before.In, before.Steady[0]) <= time.Second && c.Between(after.In, after.Steady[0]) <= time.Second, "a timer was read too late")
		c.Finds(x-y > time.Second, "TIME_WAIT took %s before, and %s with tcp_fin_timeout at %s s", seconds(x), seconds(y), set.Setting.New)
	}),
}

// bindTry is an attempt to bind a port that had a listener, which has been closed, and a
// TIME_WAIT.
type bindTry struct {
	call     *journal.Event
	wait     tcp.Waiting
	old, new bool // SO_REUSEADDR on the listener from which that came, and on the new one
}

var bindTries = tcp.Derived(func(v *tcp.View) []bindTry {
	var all []bindTry
	for _, call := range v.Calls("bind") {
		at := call.Call.Address()
		if at == "" || call.Call.Errno != "" && call.Call.Errno != journal.EADDRINUSE {
			continue // that is about something else
		}
		old := listenerAt(v, at, call)
		waits := tcp.Where(v.Waits(), func(t tcp.Waiting) bool { return t.Who.Local == at && t.In.N < call.N })
		if old != nil && len(waits) > 0 {
			all = append(all, bindTry{call, waits[0], old.Reuses(call.N), v.Socket(call.Socket).Reuses(call.N)})
		}
	}
	return all
})

// listenerAt is the socket that had listened on an address, and was closed, before a call.
func listenerAt(v *tcp.View, at journal.Address, before *journal.Event) *tcp.Socket {
	return tcp.First(tcp.Where(v.Sockets, func(s *tcp.Socket) bool {
		return s.Local == at && s.ID != before.Socket && len(s.CallsOf(0, 0, "listen")) > 0 && len(s.CallsOf(0, before.N, "close")) > 0
	}))
}

// eachTry tests the attempts, if the TIME_WAIT was surely there.
func eachTry(is func(b bindTry) bool, test func(c *claim.Case, b bindTry)) claim.Rule {
	return claim.Each(bindTries, func(c *claim.Case, b bindTry) {
		c.If(is(b))
		present(c, b)
		test(c, b)
	})
}

// present asks that the TIME_WAIT was there when bind() was called.
func present(c *claim.Case, b bindTry) {
	c.About(b.wait.Who)
	c.Cite(b.wait.In, b.call)
	c.Given(!b.wait.MayHaveEnded(b.call.N), "when %s called bind() the TIME_WAIT may have ended: it was gone, or a RST had come to it", b.call.Socket)
	outlived := tcp.Last(b.wait.Samples).N > b.call.N // it was there, whatever bind() returned
	c.Given(b.call.Call.Errno != "" || outlived, "%s was bound, but the TIME_WAIT was not seen after that: it may have ended", b.call.Socket)
}

const closedListener = "the listener is closed, and one of its connections is in TIME_WAIT"

var hc24 = claim.Claim{
	ID: "HC24", Statement: "a server's port in TIME_WAIT cannot be bound again without SO_REUSEADDR",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag, Precondition: closedListener,
	Rule: eachTry(func(b bindTry) bool { return !b.new }, func(c *claim.Case, b bindTry) {
		c.Expect(b.call.Call.Errno != "", "it was bound without SO_REUSEADDR on the new listener")
		c.Holds("without SO_REUSEADDR bind() failed with %s", claim.Returned(b.call))
	}),
}

var hc28 = claim.Claim{
	ID: "HC28", Statement: "SO_REUSEADDR on the new listener alone is all it takes to bind over TIME_WAIT",
	Source: "folklore", Quantity: claim.Always, Needs: needsDiag, Precondition: closedListener,
	Rule: eachTry(func(b bindTry) bool { return b.new && !b.old }, func(c *claim.Case, b bindTry) {
		c.Expect(b.call.Call.Errno == "", "with it on the new listener alone bind() failed with %s; it takes it on the old one too, from which the TIME_WAIT came", claim.Returned(b.call))
		c.Holds("with it on the new listener alone bind() succeeded")
	}),
}

var hc46 = claim.Claim{
	ID: "HC46", Statement: "a server that sets SO_REUSEADDR on every listener, the old one too, restarts within 2MSL",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag, Precondition: closedListener,
	Rule: eachTry(func(b bindTry) bool { return b.new && b.old }, func(c *claim.Case, b bindTry) {
		c.Given(b.call.Call.Errno == "" || c.Journal.Network != journal.HostNet, "bind() failed with %s, and on the host network another program may have the port", claim.Returned(b.call))
		c.Expect(b.call.Call.Errno == "", "with it on both listeners bind() failed with %s", claim.Returned(b.call))
		c.Holds("with it on both listeners bind() succeeded over the TIME_WAIT of %s", b.wait.Who.ID)
	}),
}

var hc25 = claim.Claim{
	ID: "HC25", Statement: "TIME_WAIT answers a retransmitted FIN with an ACK",
	Source: claim.Article000 + "; " + claim.Article003 + "; " + rfc9293 + " §3.10.7.4", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the peer's FIN comes again, for its acknowledgement was lost",
	Rule: claim.Each((*tcp.View).Waits, func(c *claim.Case, t tcp.Waiting) {
		fins := c.AllSegments(tcp.Where(t.Who.Arrived(t.In.N, 0), c.IsFINAgain))
		c.If(len(fins) > 0)
		c.About(t.Who)
		c.Cite(t.In)
		for _, fin := range fins {
			acks := tcp.Where(acksOf(fin, t.Who.SentAll(0, 0)), func(s *tcp.Segment) bool { return s.Is(packet.ACK) })
			c.ExpectSeen(c.FirstSegment(acks) != nil, "the FIN came to %s again, in TIME_WAIT, and was not acknowledged", t.Who.ID)
		}
		c.Holds("%s, in TIME_WAIT, acknowledged the FIN that %s had sent again", t.Who.ID, t.Peer().ID)
	}),
}

// lingersOn is the phenomenon of time-wait: it outlives the descriptor, and keeps the port,
// which cannot be bound without SO_REUSEADDR, and can with it on both listeners.
var lingersOn = claim.Phenomenon{
	Needs: needsDiag,
	Rule: claim.Once(func(c *claim.Case) {
		all := c.Waits()
		c.Given(len(all) > 0, "no socket that was closed first was seen in TIME_WAIT")
		tries := bindTries(c.View)
		c.Given(len(tries) > 0, "%s was in TIME_WAIT, but its port was not bound again", all[0].Who.ID)
		without, with := false, false
		for _, b := range tries {
			if !b.new || b.call.Call.Errno != "" {
				present(c, b)
			}
			c.Cite(b.call)
			switch {
			case !b.new:
				without = true
				c.Expect(b.call.Call.Errno == journal.EADDRINUSE, "bind() without SO_REUSEADDR succeeded: the port was not kept")
			case b.old:
				with = true
				c.Expect(b.call.Call.Errno == "", "bind() with SO_REUSEADDR on both listeners returned %s", claim.Returned(b.call))
			}
		}
		c.Given(without && with, "not both were tried: bind() without SO_REUSEADDR, and with it on both listeners")
		t := all[0]
		c.Cite(t.In, t.Samples[0])
		c.Holds("after close() %s was in TIME_WAIT for %s; its port could be bound with SO_REUSEADDR on both listeners, and not without", t.Who.ID, seconds(t.Lasts(t.Samples[0])))
	}),
}
