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
	t.Await(3*time.Second, timedOut(client))
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
		for _, l := range d.lost {
			if !lostFIN(l) {
				continue
			}
			for _, s := range d.ends() {
				if s.Host != l.Host {
					all = append(all, left{d, s, l})
				}
			}
			break
		}
	}
	return all
}

// while lists the calls that were made while the path was dead, after the FIN was lost.
func (l *left) while(calls []*journal.Event) []*journal.Event {
	return tcp.Where(calls, func(e *journal.Event) bool { return e.N > l.fin.N && (l.until == 0 || e.N < l.until) })
}

var ka4 = claim.Claim{
	ID: "KA4", Statement: "a FIN is lost in a cut: recv returns 0", Source: claim.Article000, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "no FIN was lost on a dead path",
	Rule: claim.Each(lefts, func(c *claim.Case, l left) {
		c.About(l.Client, l.Server)
		c.CiteSegments(l.fin)
		reads := c.All(l.while(l.who.Reads(0, 0)))
		c.Given(len(reads) > 0, "%s was not read while the path was dead", l.who.ID)
		for _, e := range reads {
			c.Expect(tcp.IsEnd(e), "the FIN was lost, and the read of %s returned %s", l.who.ID, claim.Returned(e))
		}
		c.Holds("the FIN was lost, and the read of %s returned 0", l.who.ID)
	}),
}

var ka5 = claim.Claim{
	ID: "KA5", Statement: "a FIN is lost in a cut: send fails with ECONNRESET", Source: claim.Article000, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "nothing was sent after a FIN had been lost on a dead path",
	Rule: claim.Each(lefts, func(c *claim.Case, l left) {
		c.About(l.Client, l.Server)
		c.CiteSegments(l.fin)
		writes := c.All(l.while(l.who.Writes(0, 0)))
		c.Given(len(writes) > 0, "%s was not written to while the path was dead", l.who.ID)
		for _, e := range writes {
			c.Expect(e.Call.Errno == journal.ECONNRESET, "the FIN was lost, and %s of %s returned %s", e.Call.Op, l.who.ID, claim.Returned(e))
		}
		c.Holds("the FIN was lost, and the write of %s failed with ECONNRESET", l.who.ID)
	}),
}

// laterReset is the phenomenon: nothing is noticed while the path is dead; when it is back, what
// was sent is answered with RST.
var laterReset = claim.Phenomenon{
	Needs: needsSegments, Quantity: claim.Can, Precondition: "no FIN was lost on a dead path",
	Rule: claim.Each(lefts, func(c *claim.Case, l left) {
		c.About(l.Client, l.Server)
		c.CiteSegments(l.fin)
		stood(c, l.who, l.last.N, l.until)
		learnsByReset(c, l.who, l.fin.N)
		c.Holds("%s was ESTABLISHED while the path was dead; when it was back, a RST answered what it had sent, and its read failed with ECONNRESET", l.who.ID)
	}),
}

// learnsByReset expects that a RST came to an end after an event, and that its read told of it.
func learnsByReset(c *claim.Case, who *tcp.Socket, after int) {
	rst := c.FirstSegment(tcp.With(who.Arrived(after, 0), packet.RST))
	c.ExpectSeen(rst != nil, "no RST came to %s", who.ID)
	read := c.First(who.Reads(rst.N, 0))
	c.Given(read != nil, "%s was not read after the RST", who.ID)
	c.Expect(read.Call.Errno == journal.ECONNRESET, "the read of %s returned %s", who.ID, claim.Returned(read))
}

// reboot: the server's kernel forgets the connection, and says nothing: its RST is lost.
func reboot(t *scenario.T) {
	client, server := t.Connection()
	client.Send("hello")
	server.Recv()
	t.Drop(func(p *wire.Packet) bool { return p.From == "b" })
	server.Reset()
	mend(t)
	t.Wait(watched)
	client.Recv()
	client.Send("anybody there?")
	client.Recv()
}

// forgotten is an end whose peer's kernel knows the connection no more, its RST having been lost.
type forgotten struct {
	*tcp.Conn
	who  *tcp.Socket
	lost *tcp.Segment // the RST
}

// forgottens lists them.
func forgottens(v *tcp.View) []forgotten {
	var all []forgotten
	for _, conn := range v.Conns {
		for _, s := range conn.Segments {
			if !s.Has(packet.RST) || s.Packet.At != journal.AtDropped || conn.Server == nil {
				continue
			}
			who := conn.Client
			if s.Host == who.Host {
				who = conn.Server
			}
			all = append(all, forgotten{conn, who, s})
			break
		}
	}
	return all
}

var ka6 = claim.Claim{
	ID: "KA6", Statement: "a peer that has rebooted is noticed at once, by a silent reader too", Source: folklore, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "no peer forgot a connection without a word",
	Rule: claim.Each(forgottens, func(c *claim.Case, f forgotten) {
		c.About(f.Client, f.Server)
		c.CiteSegments(f.lost)
		wrote := tcp.First(f.who.Writes(f.lost.N, 0))
		reads := c.All(f.who.Reads(f.lost.N, tcp.N(wrote)))
		c.Given(len(reads) > 0, "%s was not read before it wrote", f.who.ID)
		for _, e := range reads {
			c.Expect(e.Call.Errno != journal.EAGAIN, "%s after its peer had forgotten it, the read of %s returned EAGAIN", claim.Seconds(time.Duration(e.T-f.lost.T)), f.who.ID)
		}
		c.Holds("the read of %s returned %s", f.who.ID, claim.Returned(reads[0]))
	}),
}

// onNextSegment is the phenomenon: a silent reader learns nothing, until it sends.
var onNextSegment = claim.Phenomenon{
	Needs: needsSegments, Quantity: claim.Can, Precondition: "no peer forgot a connection without a word",
	Rule: claim.Each(forgottens, func(c *claim.Case, f forgotten) {
		c.About(f.Client, f.Server)
		c.CiteSegments(f.lost)
		wrote := c.First(f.who.Writes(f.lost.N, 0))
		c.Given(wrote != nil, "%s wrote nothing more", f.who.ID)
		stood(c, f.who, f.lost.N, wrote.N)
		nothingRead(c, f.who, f.lost.N, wrote.N)
		learnsByReset(c, f.who, wrote.N)
		c.Holds("%s learnt nothing until it wrote: then a RST came, and its read failed with ECONNRESET", f.who.ID)
	}),
}
