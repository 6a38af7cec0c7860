package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// sip is a small read: three of them are still less than a full segment.
const sip = 450

// sips: the reader reads a little at a time: no such read opens the window, until enough has been
// read.
func sips(t *scenario.T) {
	client, server := full(t)
	server.Get(journal.SOReceiveBuffer)
	for range 3 {
		server.ReadBulk(sip)
		t.Deliver()
	}
	client.Look()
	t.Wait(400 * time.Millisecond)
	readAll(t, server, much-3*sip)
}

// sipping is a read while a window was closed.
type sipping struct {
	closing
	read  *journal.Event
	total int64 // of all reads while it was closed, this one included
	next  int   // the next read; 0: there was none
}

// sippings lists them.
func sippings(v *tcp.View) []sipping {
	var all []sipping
	for _, k := range closings(v) {
		for i, e := range k.reads {
			all = append(all, sipping{k, e, tcp.Moved(k.reads[:i+1]), tcp.N(tcp.First(k.peer.Reads(e.N, 0)))})
		}
	}
	return all
}

// openedBy is the segment by which the peer opened its window between a read and the next; nil: it
// did not.
func (s *sipping) openedBy() *tcp.Segment {
	return tcp.First(tcp.Where(s.peer.SentAll(s.read.N, s.next), hasRoom))
}

// small is less than what a receiver may wait for: a full segment, or half of its buffer, of
// which Linux tells twice what data may take (RFC 9293 §3.8.6.2.2).
func (s *sipping) small(c *claim.Case) int64 {
	asked := tcp.First(s.peer.Asked(journal.SOReceiveBuffer, 0, 0))
	c.Given(asked != nil, "the buffer of %s is not known", s.peer.ID)
	c.Cite(asked)
	buffer, _ := asked.Call.Value().Int()
	longest := 0
	for _, x := range tcp.Data(s.who.Sent(0, 0)) {
		longest = max(longest, x.Packet.Len)
	}
	return min(int64(longest), buffer/4)
}

var zw4 = claim.Claim{
	ID: "ZW4", Statement: "small reads do not open a closed window (silly window avoidance)", Source: silly, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "nothing was read while a window was closed",
	Rule: claim.Each(sippings, func(c *claim.Case, s sipping) {
		c.Cite(s.read)
		least := s.small(c)
		c.If(s.total < least)
		opened := s.openedBy()
		c.CiteSegments(opened)
		c.Expect(opened == nil, "%s had read %d bytes, less than %d, and opened its window", s.peer.ID, s.total, least)
		c.Challenged(s.open != nil, "the window of %s did not open at all", s.peer.ID)
		c.Absent()
		c.Holds("%s had read %d bytes, less than a full segment of %d, and its window stayed closed", s.peer.ID, s.total, least)
	}),
}
