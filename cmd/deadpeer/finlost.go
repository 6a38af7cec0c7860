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

// finLost: the server closes on a dead path. Its FIN never comes; the client reads and writes.
// Then the path comes back, and what the client wrote meets nobody.
func finLost(t *scenario.T) {
	t.Sysctl("b", "net.ipv4.tcp_orphan_retries", "1")
	client, server := t.Connection()
	client.Send("hello")
	server.Recv()
	cable(t)
	server.Close()
	client.Recv()
	client.Send("anybody there?")
	client.Recv()
	t.Await(6*time.Second, server.Gone)
	mend(t)
	t.Await(3*time.Second, client.In(journal.Close))
	client.Recv()
}

// left is an end whose peer closed while the path was dead, so that its FIN was lost.
type left struct {
	dead
	who *tcp.Socket
	fin *tcp.Segment
}

// lefts lists them.
func lefts(v *tcp.View) []left {
	var all []left
	for _, d := range deadConns(v) {
		for _, s := range d.ends() {
			if fin := tcp.First(tcp.With(s.Lost(d.lost[0].N-1, d.until), packet.FIN)); fin != nil {
				all = append(all, left{d, s, fin})
			}
		}
	}
	return all
}

// Cite lets a finding rest on the lost FIN.
func (l left) Cite(c *claim.Case) {
	c.About(l.who)
	c.CiteSegments(l.fin)
}

// whileDead is a rule about what calls returned on a dead path, after the FIN was lost.
func whileDead(calls func(s *tcp.Socket, after, before int) []*journal.Event, is func(call *journal.Event) bool) claim.Rule {
	return claim.Each(lefts, func(c *claim.Case, l left) {
		some := c.All(calls(l.who, l.fin.N, l.until))
		c.Given(len(some) > 0, "there was no such call on %s while the path was dead", l.who.ID)
		for _, e := range some {
			c.Expect(is(e), "the FIN was lost, and the %s of %s returned %s", e.Call.Op, l.who.ID, claim.Returned(e))
		}
		c.Holds("the FIN was lost, and the %s of %s returned %s", some[0].Call.Op, l.who.ID, claim.Returned(some[0]))
	})
}

var ka4 = claim.Claim{
	ID: "KA4", Statement: "a FIN is lost in a cut: recv returns 0", Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no FIN was lost on a dead path",
	Rule:         whileDead((*tcp.Socket).Reads, tcp.IsEnd),
}

var ka5 = claim.Claim{
	ID: "KA5", Statement: "a FIN is lost in a cut: send fails with ECONNRESET", Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "nothing was sent after a FIN had been lost on a dead path",
	Rule:         whileDead((*tcp.Socket).Writes, func(e *journal.Event) bool { return e.Call.Errno == journal.ECONNRESET }),
}

// laterReset is the phenomenon: nothing is noticed while the path is dead; when it is back, what
// was sent is answered with RST.
var laterReset = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Can, Precondition: "no FIN was lost on a dead path",
	Rule: claim.Each(lefts, func(c *claim.Case, l left) {
		stood(c, l.who, l.last.N, l.until)
		learnsByReset(c, l.who, l.fin.N)
		c.Holds("%s was ESTABLISHED while the path was dead; when it was back, a RST answered what it had sent, and its read failed with ECONNRESET", l.who.ID)
	}),
}

// learnsByReset expects that a RST came to an end after an event, and that its read told of it.
func learnsByReset(c *claim.Case, who *tcp.Socket, after int) {
	rst := c.FirstSegment(tcp.With(who.Arrived(after, 0), packet.RST))
	c.ExpectSeen(rst != nil, "no RST came to %s", who.ID)
	c.ReadFails(who, rst.N, journal.ECONNRESET)
}

// reboot: the server's kernel forgets the connection, and says nothing: its RST is lost.
func reboot(t *scenario.T) {
	client, server := t.Connection()
	client.Send("hello")
	server.Recv()
	t.Drop(wire.From("b"))
	server.Reset()
	mend(t)
	t.Wait(watched)
	client.Recv()
	client.Send("anybody there?")
	client.Recv()
}

// forgotten is an end whose peer's kernel knows the connection no more, its RST having been lost.
type forgotten struct {
	*tcp.Socket
	lost *tcp.Segment // the RST
}

// forgottens lists them.
func forgottens(v *tcp.View) []forgotten {
	var all []forgotten
	for _, s := range v.Paired() {
		if rst := tcp.First(tcp.With(s.Lost(0, 0), packet.RST)); rst != nil {
			all = append(all, forgotten{s, rst})
		}
	}
	return all
}

var ka6 = claim.Claim{
	ID: "KA6", Statement: "a peer that has rebooted is noticed at once, by a silent reader too", Source: folklore, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no peer forgot a connection without a word",
	Rule: claim.Each(forgottens, func(c *claim.Case, f forgotten) {
		c.About(f.Socket)
		c.CiteSegments(f.lost)
		wrote := tcp.First(f.Writes(f.lost.N, 0))
		reads := c.All(f.Reads(f.lost.N, tcp.N(wrote)))
		c.Given(len(reads) > 0, "%s was not read before it wrote", f.ID)
		for _, e := range reads {
			c.Expect(e.Call.Errno != journal.EAGAIN, "%s after its peer had forgotten it, the read of %s returned EAGAIN", claim.Seconds(time.Duration(e.T-f.lost.T)), f.ID)
		}
		c.Holds("the read of %s returned %s", f.ID, claim.Returned(reads[0]))
	}),
}

// onNextSegment is the phenomenon: a silent reader learns nothing, until it sends.
var onNextSegment = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Can, Precondition: "no peer forgot a connection without a word",
	Rule: claim.Each(forgottens, func(c *claim.Case, f forgotten) {
		c.About(f.Socket)
		c.CiteSegments(f.lost)
		wrote := c.GivenFirst(f.Writes(f.lost.N, 0), "%s wrote nothing more", f.ID)
		stood(c, f.Socket, f.lost.N, wrote.N)
		nothingRead(c, f.Socket, f.lost.N, wrote.N)
		learnsByReset(c, f.Socket, wrote.N)
		c.Holds("%s learnt nothing until it wrote: then a RST came, and its read failed with ECONNRESET", f.ID)
	}),
}
