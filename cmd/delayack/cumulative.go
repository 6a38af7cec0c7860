package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// resend is longer than Linux's shortest retransmission timeout (TCP_RTO_MIN).
const resend = 350 * time.Millisecond

// cumulative: of three acknowledgements the first two are lost.
func cumulative(t *scenario.T) {
	// Without it the last segment is sent again after twice the round trip, which is soon (RFC 8985,
	// 7), and it would not be the acknowledgement alone that makes good.
	t.Sysctl("a", "net.ipv4.tcp_early_retrans", "0")
	client, server := t.Connection(scenario.Opt(journal.TCPNoDelay, 1))
	t.Hold(isAck("b"))
	for _, line := range []string{"first", "second", "third"} {
		client.Send(line)
	}
	client.Look()
	held := t.Held("b")
	for _, p := range held[:max(len(held)-1, 0)] {
		t.Discard(p, "lost")
	}
	t.Release()
	client.Look()
	t.Wait(resend)
	server.Recv()
}

// acked is an acknowledgement that came to an end, and what it acknowledges.
type acked struct {
	who    *tcp.Socket
	by     *tcp.Segment
	data   []*tcp.Segment // first transmissions that no earlier one had acknowledged
	lost   []*tcp.Segment // acknowledgements of these that were lost
	again  *tcp.Segment   // of the data, sent again after it had come; nil: none was
	early  *tcp.Segment   // sent again before; nil: none was
	looked *journal.Event // the end's queue, read next; nil: it was not
}

// ackeds lists them.
var ackeds = tcp.Derived(func(v *tcp.View) []acked {
	var all []acked
	for _, conn := range v.Conns {
		if conn.Server != nil {
			all = append(all, ackedOf(conn.Client)...)
		}
	}
	return all
})

func ackedOf(who *tcp.Socket) []acked {
	var all []acked
	rest := tcp.Data(who.Sent(0, 0))
	for _, s := range tcp.With(who.Arrived(0, 0), packet.ACK) {
		a := acked{who: who, by: s}
		for len(rest) > 0 && rest[0].N < s.N && covers(s, rest[0]) {
			a.data, rest = append(a.data, rest[0]), rest[1:]
		}
		if len(a.data) == 0 {
			continue
		}
		a.lost = tcp.Where(who.Lost(a.data[0].N, s.N), func(l *tcp.Segment) bool { return l.Has(packet.ACK) && covers(l, a.data[0]) })
		again := tcp.Where(tcp.Data(who.SentAll(a.data[0].N, 0)), func(d *tcp.Segment) bool { return d.Repeats != 0 && covers(s, d) })
		a.early = tcp.First(tcp.Where(again, func(d *tcp.Segment) bool { return d.N < s.N }))
		a.again = tcp.Last(tcp.Where(again, func(d *tcp.Segment) bool { return d.N > s.N }))
		a.looked = tcp.First(who.Samples(journal.Established, s.N, 0))
		all = append(all, a)
	}
	return all
}

// covers says whether one acknowledges all of another.
func covers(by, data *tcp.Segment) bool { return !tcp.Before(by.Packet.Ack, data.End()) }

// Cite lets a finding rest on it.
func (a acked) Cite(c *claim.Case) {
	c.About(a.who)
	c.CiteSegments(a.data...)
	c.CiteSegments(a.lost...)
	c.CiteSegments(a.by)
}

var da5 = claim.Claim{
	ID: "DA5", Statement: "ACK N acknowledges all up to N−1", Source: claim.Article002, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing was acknowledged",
	Rule: claim.Each(ackeds, func(c *claim.Case, a acked) {
		c.Given(a.looked != nil, "the queue of %s was not read then", a.who.ID)
		c.Cite(a.looked)
		left := tcp.Bytes(tcp.Where(a.who.Sent(0, a.looked.N), func(s *tcp.Segment) bool { return !covers(a.by, s) }))
		c.Expect(a.looked.Sample.TxQueue == left, "%d bytes lay beyond the number, and %d waited to be acknowledged at %s", left, a.looked.Sample.TxQueue, a.who.ID)
		c.Challenged(len(a.data) > 1, "it acknowledged one segment alone")
		c.Holds("one ACK came for %d segments: then %d bytes waited to be acknowledged at %s", len(a.data), left, a.who.ID)
	}),
}

var da6 = claim.Claim{
	ID: "DA6", Statement: "a lost ACK is made good by the next", Source: claim.Article002, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "no acknowledgement was lost that another followed",
	Rule: claim.Each(ackeds, func(c *claim.Case, a acked) {
		c.If(len(a.lost) > 0)
		c.Given(a.early == nil, "%s sent its data again before the next acknowledgement came", a.who.ID)
		c.Given(a.looked != nil, "the queue of %s was not read then", a.who.ID)
		c.Cite(a.looked)
		c.CiteSegments(a.again)
		watched := c.Until(a.by.Event, nil)
		c.Expect(a.again == nil, "%s sent its data again after the next acknowledgement had come", a.who.ID)
		c.Expect(a.looked.Sample.TxQueue == 0, "%d bytes still waited to be acknowledged at %s", a.looked.Sample.TxQueue, a.who.ID)
		c.Given(watched >= resend, "it was watched for %s only", claim.Milliseconds(watched))
		c.Absent()
		c.Holds("%d acknowledgements were lost, the next acknowledged all, and nothing was sent again in %s", len(a.lost), claim.Milliseconds(watched))
	}),
}
