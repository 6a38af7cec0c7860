package main

import (
	"slices"
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

// lasted is for how long the window was closed.
func (k *closing) lasted(v *tcp.View) time.Duration {
	if k.open == nil {
		return time.Duration(v.Journal.ElapsedNS - k.zero.T)
	}
	return time.Duration(k.open.T - k.zero.T)
}

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
	ID: "ZW1", Statement: "a window of zero stops the sender; probes back off; a read opens it again at once", Source: rfc9293, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "no window closed before a sender that had more",
	Rule: claim.Each(closings, func(c *claim.Case, k closing) {
		c.If(k.waits > 0 && len(k.lost) == 0 && k.lasted(c.View) >= aWhile)
		k.cite(c)
		c.CiteSegments(k.data...)
		c.Expect(len(k.data) == 0, "%s sent %d bytes for the first time while the window of %s was closed", k.who.ID, tcp.Bytes(k.data), k.peer.ID)
		c.ExpectSeen(len(k.probes) > 0, "%s did not probe in %s", k.who.ID, claim.Seconds(k.lasted(c.View)))
		c.Given(len(k.probes) >= 3, "%d probes are too few to tell whether they back off", len(k.probes))
		gaps := k.backsOff(c)
		c.First(k.who.Samples(journal.Established, k.zero.N, tcp.N(k.opened(c.View)))) // with its timer
		read := k.lastRead()
		c.Given(read != nil && k.open != nil, "%s read nothing, or its window did not open", k.peer.ID)
		c.Cite(read)
		asked := k.peer.Arrived(read.N, left(c.View, k.open))
		c.CiteSegments(asked...)
		c.Expect(len(asked) == 0, "%s had read, and opened its window only when it was asked", k.peer.ID)
		next := c.FirstSegment(slices.Clone(tcp.Data(k.who.Sent(k.open.N, 0))))
		c.ExpectSeen(next != nil, "%s sent nothing when the window had opened", k.who.ID)
		c.Absent()
		c.Holds("%s probed %d times, %s apart; a read opened the window at once", k.who.ID, len(k.probes), gaps)
	}),
}

// sending is what an end sent, up to the edge that it was offered.
type sending struct {
	*tcp.Conn
	who  *tcp.Socket
	data []*tcp.Segment
}

// sendings lists them.
func sendings(v *tcp.View) []sending {
	var all []sending
	for _, s := range v.Connected() {
		data := tcp.Data(s.Sent(0, 0))
		if s.Conn.Server != nil && len(s.Conn.Bulk) == 0 && len(data) > 0 {
			all = append(all, sending{s.Conn, s, data})
		}
	}
	return all
}

// offer is a segment that came, and the edge that its window offers.
type offer struct {
	came *tcp.Segment
	edge uint32
}

// offers lists those that came to an end.
func offers(s *tcp.Socket) []offer {
	var all []offer
	scale := scaleOf(s.Peer())
	for _, x := range s.Arrived(0, 0) {
		if x.Has(journal.ACK) && !x.Has(journal.RST) {
			all = append(all, offer{x, x.Packet.Ack + window(x, scale)})
		}
	}
	return all
}

// window is what a segment offers, in bytes; that of a SYN is not scaled.
func window(s *tcp.Segment, scale uint8) uint32 {
	if s.Has(journal.SYN) {
		return uint32(s.Packet.Win)
	}
	return uint32(s.Packet.Win) << scale
}

// scaleOf is by how much an end's windows are shifted: both ends must have said that they do.
func scaleOf(s *tcp.Socket) uint8 {
	own, peer := s.SYN(), s.Peer().SYN()
	if own == nil || peer == nil || !own.Scaled || !peer.Scaled {
		return 0
	}
	return own.Scale
}

var fc3 = claim.Claim{
	ID: "FC3", Statement: "the sender is held back by the window; full buffer stops it", Source: claim.Article002 + ", " + claim.Article003, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "no data was sent",
	Rule: claim.Each(sendings, func(c *claim.Case, s sending) {
		c.About(s.Client, s.Server)
		known := offers(s.who)
		edge := uint32(0)
		for _, x := range s.data {
			for len(known) > 0 && known[0].came.N < x.N {
				if edge == 0 || int32(known[0].edge-edge) > 0 {
					edge = known[0].edge
				}
				known = known[1:]
			}
			if over := int32(x.End() - edge); over > 0 {
				c.CiteSegments(x)
				c.Expect(false, "%s sent %d bytes beyond the window that it was offered", s.who.ID, over)
			}
		}
		c.CiteSegments(s.data...)
		i := slices.IndexFunc(closings(c.View), func(k closing) bool { return k.who == s.who && k.waits > 0 && len(k.data) == 0 })
		c.Challenged(i >= 0, "the window of no reader closed before %s", s.who.ID)
		if i >= 0 {
			k := closings(c.View)[i]
			k.cite(c)
			c.Holds("%s sent %d bytes, none beyond the window that it was offered, and stopped with %d more when it was closed", s.who.ID, tcp.Bytes(s.data), k.waits)
		}
		c.Holds("%s sent %d bytes, none beyond the window that it was offered", s.who.ID, tcp.Bytes(s.data))
	}),
}
