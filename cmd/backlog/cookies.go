package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// cookies: each SYN is answered with a cookie (tcp_syncookies 2). What one client sends back
// is the right number; in the place of another's the wire has a wrong one. A third client has
// no timestamps.
func cookies(t *scenario.T) {
	t.Sysctl("b", synCookies, "2")
	l := t.Listen(scenario.ServerPort)
	t.Hold(isThird)
	right := l.Dial()
	t.Host("b").List(journal.SynRecv)
	t.Release()
	l.AcceptFrom(right)

	t.Hold(isThird)
	l.Dial()
	for _, p := range t.Held("a") {
		t.Discard(p, "a wrong number takes its place")
		t.Inject(packet.Packet{Src: p.Src, Dst: p.Dst, Seq: p.Seq, Ack: p.Ack - wrongBy, Flags: packet.ACK, Win: p.Win})
	}
	t.Rule(nil)
	l.Accept()

	t.Sysctl("a", "net.ipv4.tcp_timestamps", "0")
	l.Connect()
	numbers(t)
}

// wrongBy makes a number one that is no cookie.
const wrongBy = 1000

// answer is a SYN that came to a listener, the SYN-ACK that it drew, and what came back.
type answer struct {
	end         *tcp.End
	syn, synAck *tcp.Segment
	back        *tcp.Segment // the first ACK from there; nil: none
}

func answers(v *tcp.View) []answer {
	var all []answer
	for _, e := range v.Ends {
		x := answer{end: e, syn: v.Segment(v.Event(e.SynIn)), synAck: v.Segment(v.Event(e.Born))}
		if !e.Passive || x.syn == nil || x.synAck == nil {
			continue
		}
		x.back = tcp.First(tcp.Where(append(v.Segments(journal.AtInjected), v.Segments(journal.AtDelivered)...), func(s *tcp.Segment) bool {
			return s.Is(packet.ACK) && s.Packet.Src == e.Remote && s.Packet.Dst == e.Local && s.N > x.synAck.N
		}))
		all = append(all, x)
	}
	return all
}

// byCookie asks that an opening went by a cookie: each does with tcp_syncookies 2.
func (x *answer) byCookie(c *claim.Case) {
	c.About(x.end.Socket)
	c.CiteSegments(x.syn, x.synAck)
	c.If(settingAt(c, synCookies, x.syn.N) == "2")
}

// scales and sacks say what a SYN, or a SYN-ACK, offers.
func scales(s *tcp.Segment) bool { return s.Scaled }
func sacks(s *tcp.Segment) bool  { return slices.Contains(s.Packet.Options.Kinds(), "sackOK") }

// offersBoth asks that a client offered window scaling and SACK.
func (x *answer) offersBoth(c *claim.Case) { c.If(scales(x.syn) && sacks(x.syn)) }

// made lists the events by which witnesses saw the connection of an opening at the server.
func (x *answer) made(c *claim.Case) []*journal.Event {
	var all []*journal.Event
	for _, s := range c.Sockets {
		if s.Local == x.end.Local && s.Remote == x.end.Remote {
			all = append(all, s.Entered(journal.Established)...)
		}
	}
	return c.All(all)
}

const offered = "a client that offers window scaling and SACK is answered with a cookie"

var bl26 = claim.Claim{
	ID: "BL26", Statement: "cookies: no memory before the ACK; the ISN carries the connection",
	Source: claim.Article002 + "; " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the half-open connections are listed between a cookie and its return",
	Rule: claim.Each(answers, func(c *claim.Case, x answer) {
		x.byCookie(c)
		c.If(x.back != nil && x.back.Packet.Ack == x.synAck.Packet.Seq+1)
		c.CiteSegments(x.back)
		listed := false
		for _, e := range c.Tables("", journal.SynRecv) {
			if x.synAck.N < e.N && e.N < x.back.N {
				c.Cite(e)
				listed = true
				c.Expect(len(e.Table.Sockets) == 0, "there was an entry: %v", e.Table.Sockets)
			}
		}
		c.If(listed)
		c.ExpectSeen(len(x.made(c)) > 0, "the cookie of %s came back, and made no connection", x.end.Remote)
		c.Holds("no connection was half open after the SYN-ACK for %s; the ACK of its number alone made one", x.end.Remote)
	}),
}

var bl27 = claim.Claim{
	ID: "BL27", Statement: "the ACK's number − 1 is computed again and compared",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "an ACK comes in answer to a cookie",
	Rule: claim.Each(answers, func(c *claim.Case, x answer) {
		x.byCookie(c)
		c.If(x.back != nil)
		c.CiteSegments(x.back)
		made := len(x.made(c)) > 0
		if x.back.Packet.Ack == x.synAck.Packet.Seq+1 {
			c.If(x.back.T-x.synAck.T < cookiePeriod.Nanoseconds()) // what is computed later is another number
			c.ExpectSeen(made, "the right number came from %s, and made no connection", x.end.Remote)
			c.Holds("the right number came from %s, and made a connection", x.end.Remote)
		}
		c.Expect(!made, "a wrong number came from %s, and made a connection", x.end.Remote)
		rst := c.FirstSegment(tcp.With(c.Answers(x.back), packet.RST))
		c.ExpectSeen(rst != nil, "a wrong number came from %s, and drew nothing", x.end.Remote)
		c.Holds("a wrong number came from %s, and was answered with RST", x.end.Remote)
	}),
}

var bl29 = claim.Claim{
	ID: "BL29", Statement: "a connection by cookie is like any other",
	Source: claim.Article002 + ", by omission", Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: offered,
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		all := answers(c.View)
		i := slices.IndexFunc(all, func(x answer) bool { return x.end.Remote == conn.Client.Local && x.end.Local == conn.Client.Remote })
		c.Given(i >= 0, "what answered %s was not seen", conn.Client.ID)
		x := all[i]
		x.byCookie(c)
		x.offersBoth(c)
		c.Expect(scales(x.synAck) && sacks(x.synAck), "%s offered window scaling and SACK without timestamps, and did not get both", x.end.Remote)
		c.Challenged(slices.ContainsFunc(c.Conns, func(k *tcp.Conn) bool {
			return slices.ContainsFunc(all, func(x answer) bool { return x.end.Remote == k.Client.Local && !x.syn.Stamped })
		}), "no client without timestamps connected")
		c.Holds("%s offered window scaling and SACK, and got both", x.end.Remote)
	}),
}

var sf3 = claim.Claim{
	ID: "SF3", Statement: "a connection by cookie lacks window scaling and SACK if timestamps are off",
	Source: "RFC 7323; field reports", Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: offered + ", without timestamps",
	Rule: claim.Each(answers, func(c *claim.Case, x answer) {
		x.byCookie(c)
		x.offersBoth(c)
		c.If(!x.syn.Stamped)
		c.Expect(!scales(x.synAck) && !sacks(x.synAck), "%s got window scaling or SACK", x.end.Remote)
		c.Holds("%s offered window scaling and SACK without timestamps, and got neither", x.end.Remote)
	}),
}
