package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// noBuckets lets the kernel keep no TIME_WAIT.
const noBuckets = "0"

// again: the acknowledgement of a server's FIN is lost, so that it sends it again: to a client in
// TIME_WAIT, and to one of which nothing is left. There the server has closed its end, or has only
// shut it down, and can still ask.
func again(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	finAgain(t, l, func(server *scenario.End) { server.Close() })
	t.Sysctl("a", twBuckets, noBuckets)
	finAgain(t, l, func(server *scenario.End) { server.Close() })
	server := finAgain(t, l, func(server *scenario.End) { server.ShutdownWrite() })
	server.Recv()
	server.Err()
}

// waited is how long a TIME_WAIT lasts before the FIN comes again, at least, and torn bounds the
// wait for the server's end of the connection to be over.
const (
	waited = time.Second
	torn   = 3 * time.Second
)

// finAgain makes a connection that the client closes first, and ends the server's end: its first FIN
// arrives and the answer is lost; the second is late, and those that follow it are lost.
func finAgain(t *scenario.T, l *scenario.Listener, end func(server *scenario.End)) *scenario.End {
	client, server := l.Connect()
	client.Close()
	server.Recv()
	fins := scenario.InTurn(wire.From("b"), wire.Wait, wire.Hold, wire.Drop)
	t.Rule(func(p *wire.Packet) wire.Fate {
		if p.From == "a" {
			return wire.Drop
		}
		return fins(p)
	})
	end(server)
	client.Look()
	t.Wait(waited)
	client.Look()
	t.Release()
	client.Look()
	t.Await(torn, func() bool { return server.Gone() || server.State() == journal.Close })
	return server
}

// repeated is a FIN that came again to the end that had closed first.
type repeated struct {
	tcp.Ending
	fin    *tcp.Segment
	wait   *tcp.Waiting // nil: it was not in TIME_WAIT then
	gone   bool         // it was seen gone before
	answer *tcp.Segment // nil: none left
}

// repeateds lists them.
var repeateds = tcp.Derived(func(v *tcp.View) []repeated {
	var all []repeated
	for _, e := range v.Endings() {
		gone := tcp.First(e.Who.Entered(journal.Gone, journal.SockDiag))
		for _, s := range tcp.Where(e.Who.Arrived(e.By.N, 0), v.IsFINAgain) {
			x := repeated{Ending: e, fin: s, gone: gone != nil && gone.N < s.N, answer: tcp.First(e.Who.SentAll(s.N, 0))}
			if w := waitOf(v, e.Who); w != nil && w.In.N < s.N {
				x.wait = w
			}
			all = append(all, x)
		}
	}
	return all
})

// waitOf is a socket's TIME_WAIT whose timer was read; nil: there was none.
func waitOf(v *tcp.View, s *tcp.Socket) *tcp.Waiting {
	all := v.Waits()
	i := slices.IndexFunc(all, func(w tcp.Waiting) bool { return w.Who == s })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Cite lets a finding rest on the FIN and on its answer.
func (x repeated) Cite(c *claim.Case) {
	c.About(x.Who)
	c.Cite(x.By)
	c.Cite(x.Who.States(journal.SockDiag)...)
	c.CiteSegments(x.fin, x.answer)
}

const cameAgain = "no FIN came again to the end that had closed first"

var tw8 = claim.Claim{
	ID: "TW8", Statement: "a FIN that comes again sets 2MSL anew",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: cameAgain + ", in TIME_WAIT",
	Rule: claim.Each(repeateds, func(c *claim.Case, x repeated) {
		c.If(x.wait != nil)
		before := tcp.Last(tcp.Where(x.wait.Samples, func(e *journal.Event) bool { return e.N < x.fin.N }))
		after := tcp.First(tcp.After(x.wait.Samples, x.fin.N))
		c.Given(before != nil && after != nil, "the timer of %s was not read before and after", x.Who.ID)
		c.Cite(before, after)
		age := time.Duration(x.fin.T - x.wait.In.T)
		c.Given(age >= waited/2, "%s had been in TIME_WAIT for %s only", x.Who.ID, claim.Seconds(age))
		stood, stands, passed := tcp.TimerLeft(before), tcp.TimerLeft(after), c.Between(before, after)
		more := stands - (stood - passed) // left alone it would have run on; set anew it has as much more as had passed by then
		c.Given(more.Abs() < waited/4 || (age-more).Abs() < waited/4, "the timer of %s stood at %s, and at %s %s later: it had not run on, and was not set anew when the FIN came",
			x.Who.ID, claim.Seconds(stood), claim.Seconds(stands), claim.Seconds(passed))
		c.Finds(more > age/2, "the timer of %s stood at %s before, and at %s after the FIN had come again", x.Who.ID, claim.Seconds(stood), claim.Seconds(stands))
	}),
}

var tw11 = claim.Claim{
	ID: "TW11", Statement: "without TIME_WAIT the retransmitted FIN draws a RST",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: cameAgain + ", of which nothing was left",
	Rule: claim.Each(repeateds, func(c *claim.Case, x repeated) {
		c.If(x.gone)
		c.ExpectSeen(x.answer != nil, "nothing answered the FIN that came again to %s", x.Who.ID)
		c.Expect(x.answer.Has(packet.RST), "it was answered by %s", claim.Named([]*tcp.Segment{x.answer}))
		c.Holds("%s was gone, and the FIN that came again was answered by RST", x.Who.ID)
	}),
}

var tw12 = claim.Claim{
	ID: "TW12", Statement: "… and the error is reported to the application",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no FIN that was sent again was answered by RST",
	Rule: claim.Each(repeateds, func(c *claim.Case, x repeated) {
		c.If(x.gone && (x.answer == nil || x.answer.Has(packet.RST)))
		peer := x.Peer()
		c.Given(x.answer != nil, "nothing was seen to answer the FIN of %s", peer.ID)
		rst := c.FirstSegment(tcp.With(peer.Arrived(x.answer.N, 0), packet.RST))
		c.Given(rst != nil, "the RST was not seen to come to %s", peer.ID)
		c.Cite(peer.CallsOf(0, rst.N, "close")...)
		c.Expect(c.Holders(peer, rst.N) > 0, "%s had been closed when the RST came: no descriptor was left to report it to", peer.ID)
		calls := c.All(peer.CallsOf(rst.N, 0, "read", "write", "getsockopt"))
		c.Given(slices.ContainsFunc(calls, func(e *journal.Event) bool { return e.Call.Op != "read" }), "nobody asked for the error of %s", peer.ID)
		i := slices.IndexFunc(calls, func(e *journal.Event) bool {
			return e.Call.Errno == journal.ECONNRESET || e.Call.Op == "getsockopt" && e.Call.Out == string(journal.ECONNRESET)
		})
		c.ExpectSeen(i >= 0, "no call on %s reported it", peer.ID)
		c.Challenged(slices.ContainsFunc(repeateds(c.View), func(o repeated) bool { return o.gone && c.Holders(o.Peer(), o.fin.N) == 0 }), "no server had closed its end when its FIN came again to nobody")
		c.Holds("%s had shut down its end; %s reported ECONNRESET", peer.ID, calls[i].Call.Text())
	}),
}

// isWorthIt is the phenomenon: TIME_WAIT acknowledges a FIN that comes again, and without it it is
// answered by RST.
var isWorthIt = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: cameAgain,
	Rule: claim.Once(func(c *claim.Case) {
		some := tcp.Where(repeateds(c.View), func(x repeated) bool { return x.wait != nil || x.gone })
		for _, x := range some {
			x.Cite(c)
			c.ExpectSeen(x.answer != nil, "nothing answered the FIN that came again to %s", x.Who.ID)
			answer := claim.Named([]*tcp.Segment{x.answer})
			c.Expect(x.wait == nil || x.answer.Is(packet.ACK), "%s was in TIME_WAIT, and the FIN that came again was answered by %s", x.Who.ID, answer)
			c.Expect(x.wait != nil || x.answer.Has(packet.RST), "%s was gone, and the FIN that came again was answered by %s", x.Who.ID, answer)
		}
		with := len(tcp.Where(some, func(x repeated) bool { return x.wait != nil }))
		c.Given(with > 0 && with < len(some), "a FIN came again %d times to a TIME_WAIT, and %d times where there was none", with, len(some)-with)
		c.Holds("in TIME_WAIT a FIN that came again was acknowledged; where there was none it was answered by RST")
	}),
}
