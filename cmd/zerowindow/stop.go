package main

import (
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// stop: a reader does not read. Its window closes, the sender stops and probes it, less and less
// often, until a read opens it.
func stop(t *scenario.T) {
	client, server := full(t)
	probed := 1700 * time.Millisecond
	if t.Full() {
		probed = 14 * time.Second
	}
	t.Wait(probed)
	client.Look()
	readAll(t, server, much)
}

// aWhile is longer than a sender waits before it probes first.
const aWhile = time.Second

// backsOff expects that each probe left later after the one before than that one had, by the
// sender's own clock: its timestamps (RFC 7323), which Linux counts in milliseconds.
func (k *closing) backsOff(c *claim.Case) (gaps string) {
	var all []string
	var before time.Duration
	for i := range k.probes[1:] {
		x, y := k.probes[i], k.probes[i+1]
		c.Given(x.Stamped && y.Stamped, "the probes of %s have no timestamps", k.who.ID)
		gap := time.Duration(y.Timestamp-x.Timestamp) * time.Millisecond
		c.Expect(gap > before, "%s probed %s after its probe before, and %s after the one before that", k.who.ID, claim.Seconds(gap), claim.Seconds(before))
		before = gap
		all = append(all, claim.Seconds(gap))
	}
	return strings.Join(all, ", ")
}

var zw1 = claim.Claim{
	ID: "ZW1", Statement: "a window of zero stops the sender; probes back off; a read opens it again at once", Source: rfc9293, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no window closed before a sender that had more",
	Rule: claim.Each(closings, func(c *claim.Case, k closing) {
		c.If(k.waits > 0 && len(k.lost) == 0 && k.lasted >= aWhile)
		c.CiteSegments(k.data...)
		c.Expect(len(k.data) == 0, "%s sent %d bytes for the first time while the window of %s was closed", k.who.ID, tcp.Bytes(k.data), k.peer.ID)
		c.ExpectSeen(len(k.probes) > 0, "%s did not probe in %s", k.who.ID, claim.Seconds(k.lasted))
		c.Given(len(k.probes) >= 3, "%d probes are too few to tell whether they back off", len(k.probes))
		gaps := k.backsOff(c)
		c.First(k.who.Samples(journal.Established, k.zero.N, tcp.N(k.opened))) // with its timer
		read := c.Last(k.reads)
		c.Given(read != nil && k.open != nil, "%s read nothing, or its window did not open", k.peer.ID)
		asked := c.AllSegments(k.peer.Arrived(read.N, k.opened.N))
		c.Expect(len(asked) == 0, "%s had read, and opened its window only when it was asked", k.peer.ID)
		next := c.FirstSegment(tcp.Data(k.who.Sent(k.open.N, 0)))
		c.ExpectSeen(next != nil, "%s sent nothing when the window had opened", k.who.ID)
		c.Absent()
		c.Holds("%s probed %d times, %s apart; a read opened the window at once", k.who.ID, len(k.probes), gaps)
	}),
}

// senders lists the ends that sent data, all of which was kept.
func senders(v *tcp.View) []*tcp.Socket {
	return tcp.Where(v.Paired(), func(s *tcp.Socket) bool { return len(s.Conn.Bulk) == 0 && len(tcp.Data(s.Sent(0, 0))) > 0 })
}

// offers lists the segments that came to an end, and offered it a window.
func offers(s *tcp.Socket) []*tcp.Segment {
	return tcp.Where(s.Arrived(0, 0), func(x *tcp.Segment) bool { return x.Has(journal.ACK) && !x.Has(journal.RST) })
}

// edge is the number up to which a segment of a socket lets the other end send.
func edge(s *tcp.Socket, x *tcp.Segment) uint32 { return x.Packet.Ack + window(s, x) }

// window is what a segment of a socket offers, in bytes; that of a SYN is not scaled.
func window(s *tcp.Socket, x *tcp.Segment) uint32 {
	if x.Has(journal.SYN) {
		return uint32(x.Packet.Win)
	}
	return uint32(x.Packet.Win) << scaleOf(s)
}

// scaleOf is by how much a socket's windows are shifted: both ends must have said that they do.
func scaleOf(s *tcp.Socket) uint8 {
	own, peer := s.SYN(), s.Peer().SYN()
	if own == nil || peer == nil || !own.Scaled || !peer.Scaled {
		return 0
	}
	return own.Scale
}

var fc3 = claim.Claim{
	ID: "FC3", Statement: "the sender is held back by the window; full buffer stops it", Source: claim.Article002 + ", " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no data was sent",
	Rule: claim.Each(senders, func(c *claim.Case, s *tcp.Socket) {
		c.About(s)
		known, furthest := offers(s), uint32(0)
		data := tcp.Data(s.Sent(0, 0))
		for _, x := range data {
			for ; len(known) > 0 && known[0].N < x.N; known = known[1:] {
				if e := edge(s.Peer(), known[0]); furthest == 0 || tcp.Before(furthest, e) {
					furthest = e
				}
			}
			if over := int32(x.End() - furthest); over > 0 {
				c.CiteSegments(x)
				c.Expect(false, "%s sent %d bytes beyond the window that it was offered", s.ID, over)
			}
		}
		c.CiteSegments(data...)
		stopped := tcp.Where(closings(c.View), func(k closing) bool { return k.who == s && k.waits > 0 && len(k.data) == 0 })
		c.Challenged(len(stopped) > 0, "the window of no reader closed before %s", s.ID)
		if len(stopped) > 0 {
			stopped[0].Cite(c)
			c.Holds("%s sent %d bytes, none beyond the window that it was offered, and stopped with %d more when it was closed", s.ID, tcp.Bytes(data), stopped[0].waits)
		}
		c.Holds("%s sent %d bytes, none beyond the window that it was offered", s.ID, tcp.Bytes(data))
	}),
}
