package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// listeners lists the listeners of both hosts: there is none, at any time.
func listeners(t *scenario.T) {
	t.Host("a").List(journal.Listen)
	t.Host("b").List(journal.Listen)
}

// cross: both SYNs are under way before either arrives.
func cross(t *scenario.T) {
	listeners(t)
	a, b := clients(t, 0)
	callEachOther(t, a, b)
	listeners(t)
	t.Host("a").List(journal.SynRecv, journal.Established)
	t.Host("b").List(journal.SynRecv, journal.Established)
	exchange(t, a, b)
	closeInTurn(a, b)
	listeners(t)
}

// closeCross: both ends close before either's FIN arrives. They shut down for writing
// first, so that TCP_INFO still shows CLOSING, and close only then.
func closeCross(t *scenario.T) {
	a, b := clients(t, 0)
	callEachOther(t, a, b)
	t.AtOnce(func() { a.ShutdownWrite(); b.ShutdownWrite() })
	t.Settle()
	t.AtOnce(func() { a.Close(); b.Close() })
}

// crossing is the precondition of most statements.
const crossing = "both SYNs are under way before either arrives, and nothing is lost"

var so1 = claim.Claim{
	ID: "SO1", Statement: "two clients that connect to each other become connected, with no server and no listen()",
	Source: claim.Article004, Quantity: claim.Can, Needs: []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag},
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		c.Given(c.First(c.Calls("listen")) == nil, "a socket listened in this run")
		opened(c, p)
		looks := c.All(c.Tables("", journal.Listen))
		c.Given(len(looks) > 0, "the listeners were not listed")
		for _, e := range looks {
			c.Given(len(e.Table.Sockets) == 0, "there was a listener: %s", strings.Join(e.Table.Sockets, ", "))
		}
		c.Holds("%s and %s were ESTABLISHED with each other; listen() was never called, and sock_diag listed no listener, %d times", p.a.ID, p.b.ID, len(looks))
	}),
}

// needed splits the segments of the opening into those that had been delivered when both
// ends were ESTABLISHED, and those that came after. Answers to what the kernel sent again
// count among the latter: nothing waited for them.
func needed(c *claim.Case, p pair) (before, after []*tcp.Segment) {
	both := max(established(p.a)[0].N, established(p.b)[0].N)
	arrived := map[int]bool{} // by the number of the event in which it was sent
	for _, s := range append(p.a.Arrived(0, both), p.b.Arrived(0, both)...) {
		arrived[s.Packet.Of] = true
	}
	for _, s := range p.a.Conn.Opening() {
		if arrived[s.N] && !answersRepetition(c, s) {
			before = append(before, s)
		} else {
			after = append(after, s)
		}
	}
	return before, after
}

// answersRepetition says whether a host sent a segment because one came again.
func answersRepetition(c *claim.Case, s *tcp.Segment) bool {
	cause := c.Segment(c.Cause(s.Event))
	if cause == nil {
		return false
	}
	sent := c.Segment(c.Event(cause.Packet.Of))
	return sent != nil && sent.Repeats != 0
}

var so2 = claim.Claim{
	ID: "SO2", Statement: "the opening takes four segments in all (“four-way handshake”)",
	Source: claim.Article004 + "; RFC 9293 figure 7", Quantity: claim.Always, Precondition: crossing, Needs: needsAll,
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		simultaneously(c, p)
		all := c.AllSegments(p.a.Conn.Opening())
		c.ExpectSeen(len(all) >= 4, "it took %d: %s", len(all), claim.Named(all))
		before, after := needed(c, p)
		c.Expect(len(all) == 4, "it took %d: %s were needed for both ends to be ESTABLISHED, %s came after, in answer to the SYN-ACKs",
			len(all), claim.Named(before), claim.Named(after))
		c.Holds("it took %s", claim.Named(all))
	}),
}

var so10 = claim.Claim{
	ID: "SO10", Statement: "four segments are enough: after the fourth both ends are ESTABLISHED",
	Source: "RFC 9293 figure 7", Quantity: claim.Always, Precondition: crossing, Needs: needsAll,
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		simultaneously(c, p)
		before, _ := needed(c, p)
		c.CiteSegments(before...)
		c.Expect(len(before) <= 4, "it took %d until both were: %s", len(before), claim.Named(before))
		c.Holds("both were ESTABLISHED after %s", claim.Named(before))
	}),
}

// opensBy is a claim about one step of the opening, on both ends.
func opensBy(id, statement string, step claim.Transition) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: claim.Article004, Quantity: claim.Always, Precondition: crossing, Needs: needsAll,
		Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
			simultaneously(c, p)
			c.Follows(p.a, journal.TCPInfo, step)
			c.Follows(p.b, journal.TCPInfo, step)
			c.Holds("on both ends %s", claim.Path("the other's", step))
		}),
	}
}

var (
	so3 = opensBy("SO3", "each goes SYN_SENT → SYN_RECV on the other's SYN",
		claim.Transition{From: journal.SynSent, To: journal.SynRecv, On: packet.SYN})
	so4 = opensBy("SO4", "each goes SYN_RECV → ESTABLISHED on the other's SYN-ACK (nothing lost)",
		claim.Transition{From: journal.SynRecv, To: journal.Established, On: synAck})
)

var so5 = claim.Claim{
	ID: "SO5", Statement: "it is one connection, not two",
	Source: rfc9293, Quantity: claim.Always, Precondition: "two clients connect to each other at once",
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag, journal.Counters},
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		simultaneously(c, p)
		for _, host := range []string{"a", "b"} {
			table := c.Last(c.Tables(host, journal.Established))
			c.Given(table != nil, "the sockets of %s were not listed while it lasted", host)
			found := table.Table.Sockets
			c.Given(len(found) > 0, "%s listed no socket of it", host)
			c.Expect(len(found) == 1, "host %s had %d sockets of it: %s", host, len(found), strings.Join(found, ", "))
			active, events := c.Counted(host, "ActiveOpens")
			passive, others := c.Counted(host, "PassiveOpens")
			c.Cite(append(events, others...)...)
			c.Expect(active == 1 && passive == 0, "on %s ActiveOpens moved by %d, PassiveOpens by %d", host, active, passive)
		}
		c.Holds("each host had one socket of it, %s and %s; ActiveOpens +1 on each, PassiveOpens on neither", p.a.ID, p.b.ID)
	}),
}

// The close of both at once: TCP_INFO sees CLOSING while it lasts, sock_diag what follows.
var (
	toClosing  = claim.Transition{From: journal.FinWait1, To: journal.Closing, On: finAck}
	toTimeWait = claim.Transition{From: journal.Closing, To: journal.TimeWait, On: packet.ACK}
)

var so9 = claim.Claim{
	ID: "SO9", Statement: "both closing at once goes FIN_WAIT1 → CLOSING → TIME_WAIT on both ends",
	Source: claim.Article003 + "; " + claim.Article004, Quantity: claim.Always,
	Precondition: "both FINs are under way before either arrives",
	Needs:        append(slices.Clone(needsAll), journal.SockDiag),
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		c.Given(p.isOpen(), "%s and %s did not connect", p.a.ID, p.b.ID)
		c.Given(p.cross(finAck), "the FINs did not cross")
		throughClosing(c, p)
	}),
}

// throughClosing expects that both ends passed CLOSING and came to TIME_WAIT.
func throughClosing(c *claim.Case, p pair) {
	for _, s := range p.ends() {
		c.Follows(s, journal.TCPInfo, toClosing)
		c.Follows(s, journal.SockDiag, toClosing, toTimeWait)
	}
	c.Holds("on both ends %s", claim.Path("the other's", toClosing, toTimeWait))
}

// closedAtOnce is the phenomenon: both FINs were under way before either arrived.
var closedAtOnce = claim.Phenomenon{
	Needs: so9.Needs, Precondition: "no two clients called each other",
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		opened(c, p)
		c.Expect(p.cross(finAck), "%s and %s connected, but their FINs did not cross", p.a.ID, p.b.ID)
		throughClosing(c, p)
	}),
}

var so12 = claim.Claim{
	ID: "SO12", Statement: "CLOSING needs one more ACK and is then TIME_WAIT",
	Source: claim.Article004 + "; RFC 9293 §3.6", Quantity: claim.Always,
	Precondition: "an end comes to CLOSING", Needs: so9.Needs,
	Rule: claim.Each(tcp.SeenIn(journal.Closing), func(c *claim.Case, s *tcp.Socket) {
		c.Follows(s, journal.SockDiag, toTimeWait)
		c.Holds("%s was in CLOSING until the ACK of its FIN came, and then in TIME_WAIT", s.ID)
	}),
}
