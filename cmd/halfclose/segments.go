package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// talk lets each end say a line, so that both have received data: from then on
// the kernel delays its acknowledgements.
func talk(client, server *scenario.End) {
	client.Send("request")
	server.Recv()
	server.Send("answer")
	client.Recv()
}

// fourWay: the passive end closes after its kernel has acknowledged the FIN.
func fourWay(t *scenario.T) {
	client, server := t.Connection()
	talk(client, server)
	client.Close()
	awaitACK(t, client)
	server.Recv()
	server.Close()
}

// delayedACK bounds the wait for an acknowledgement that is delayed: by 40 ms,
// at most 200 (TCP_DELACK_MIN and TCP_DELACK_MAX in include/net/tcp.h).
const delayedACK = time.Second

// awaitACK waits until the passive end's kernel has acknowledged the FIN.
func awaitACK(t *scenario.T, client *scenario.End) {
	t.Await(delayedACK, func() bool { return client.Seen(journal.SockDiag) != journal.FinWait1 })
	t.Settle()
}

// threeWay: the passive end closes at once, while the acknowledgement of the
// FIN is still delayed; then after it has been sent; then at once again, when
// it was forced.
func threeWay(t *scenario.T) {
	for _, then := range []func(client, server *scenario.End){
		func(_, _ *scenario.End) {},
		func(client, _ *scenario.End) { awaitACK(t, client) },
		func(_, server *scenario.End) { server.Set(journal.TCPQuickAck, 1) },
	} {
		client, server := t.Connection()
		talk(client, server)
		t.AtOnce(func() { client.Close() })
		t.Deliver()
		server.Recv()
		then(client, server)
		server.Close()
	}
}

// mergedData: the passive end has data left, which it gives to the kernel
// together with the FIN; beside it, the same data written on its own.
func mergedData(t *scenario.T) {
	for _, flags := range [][]journal.SendFlag{{journal.MSGMore}, nil} {
		client, server := t.Connection()
		talk(client, server)
		t.AtOnce(func() { client.ShutdownWrite() })
		t.Deliver()
		t.AtOnce(func() { server.SendMsg("the rest", flags...); server.Close() })
		t.Settle()
		client.Recv()
		client.Recv()
	}
}

const finAck = packet.FIN | packet.ACK

// teardown is the segments of an orderly close of both ends, one after the other, with
// nothing reset: both FINs, and what acknowledged them.
type teardown struct {
	tcp.Ending
	segments []*tcp.Segment
	fin      *tcp.Segment // of the active end
	answer   *tcp.Segment // the first by which the passive end acknowledged it
	last     *tcp.Segment // the passive end's FIN
	acked    *tcp.Segment // the first by which the active end acknowledged that
}

var teardowns = tcp.Derived(func(v *tcp.View) []teardown {
	var all []teardown
	for _, e := range v.Endings() {
		t := teardown{Ending: e, segments: e.Closing()}
		t.read()
		if t.fin == nil || t.answer == nil || t.last == nil || t.acked == nil || v.OnWire() && t.timedOut() {
			continue
		}
		if rst := tcp.With(t.segments, packet.RST); len(rst) > 0 && rst[0].N < t.acked.N {
			continue
		}
		// It was over then: a RST after that answers what came again.
		t.segments = slices.DeleteFunc(t.segments, func(s *tcp.Segment) bool { return s.Has(packet.RST) })
		all = append(all, t)
	}
	return all
})

// read finds the four among the segments that there were.
func (t *teardown) read() {
	active := tcp.Where(t.segments, func(s *tcp.Segment) bool { return s.Packet.Src == t.Who.Local })
	passive := tcp.Where(t.segments, func(s *tcp.Segment) bool { return s.Packet.Src != t.Who.Local })
	t.fin, t.last = tcp.First(tcp.With(active, packet.FIN)), tcp.First(tcp.With(passive, packet.FIN))
	t.answer, t.acked = tcp.First(acksOf(t.fin, passive)), tcp.First(acksOf(t.last, active))
}

// acksOf narrows segments to those that came after a FIN and acknowledge it.
func acksOf(fin *tcp.Segment, some []*tcp.Segment) []*tcp.Segment {
	return tcp.Where(some, func(s *tcp.Segment) bool { return fin != nil && s.N > fin.N && s.Packet.Ack == fin.End() })
}

// timedOut says whether the passive end was gone before its FIN was known to be
// acknowledged: an orphan that its kernel had given up.
func (t *teardown) timedOut() bool {
	gone := tcp.First(t.Peer().Entered(journal.Gone, journal.SockDiag))
	return gone != nil && len(acksOf(t.last, t.Peer().Arrived(0, gone.N))) == 0
}

// isMerged says whether the passive end's FIN was its acknowledgement too.
func (t *teardown) isMerged() bool { return t.answer == t.last }

// closed is the call by which the passive end ended its side; nil: none was seen.
func (t *teardown) closed() *journal.Event {
	return tcp.First(tcp.Where(t.Peer().CallsOf(t.By.N, t.acked.N, "close", "shutdown"), func(e *journal.Event) bool {
		return succeeded(e) && e.Call.How() != journal.ShutRead
	}))
}

// isApart says whether the passive end closed after its kernel had acknowledged the FIN.
func (t *teardown) isApart() bool {
	call := t.closed()
	return call != nil && !t.isMerged() && t.answer.N < call.N
}

// Cite says whose close a case is about.
func (t teardown) Cite(c *claim.Case) { c.About(t.Who) }

// unseen is a socket with a peer whose connection was seen neither to be closed by both ends
// nor to be reset; nil: there is none.
func unseen(v *tcp.View) *tcp.Socket {
	seen := map[*tcp.Socket]bool{}
	for _, t := range teardowns(v) {
		seen[t.Client], seen[t.Server] = true, true
	}
	for _, s := range v.Sockets {
		if s.Remote != "" && !seen[s] && (s.Conn == nil || !s.Conn.IsReset()) {
			return s
		}
	}
	return nil
}

// takesFour expects that a close took four segments. That all did is known only if every
// close of the run was seen.
func takesFour(c *claim.Case, t teardown) {
	c.AllSegments(t.segments)
	c.ExpectSeen(len(t.segments) == 4 && !t.isMerged(), "%s took %d: %s", t.Who.ID, len(t.segments), claim.Named(t.segments))
	missing := unseen(c.View)
	c.Given(missing == nil, "not every close was seen: that of %s was not, from its first segment to its last", missing.Name())
}

var hc1 = claim.Claim{
	ID: "HC1", Statement: "a close takes four segments, FIN, ACK, FIN, ACK, in this order, when the passive end closes after its kernel has acknowledged",
	Source: claim.Article000 + "; " + claim.Article001 + "; " + claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "both ends close, the passive one after its kernel has acknowledged the FIN, and nothing is reset",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.If(t.isApart())
		c.Cite(t.closed())
		takesFour(c, t)
		c.Expect(slices.Equal(t.segments, []*tcp.Segment{t.fin, t.answer, t.last, t.acked}), "they came in another order: %s", claim.Named(t.segments))
		c.Holds("it took %s", claim.Named(t.segments))
	}),
}

var hc48 = claim.Claim{
	ID: "HC48", Statement: "a close always takes four segments",
	Source: claim.Article000 + "; " + claim.Article001 + ", as they are usually quoted", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "both ends close, one after the other, and nothing is reset",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		takesFour(c, t)
		early := slices.ContainsFunc(teardowns(c.View), func(t teardown) bool { call := t.closed(); return call != nil && call.N < t.answer.N })
		c.Challenged(early, "each passive end closed after its kernel had acknowledged: that one may do so earlier was not put to the test")
		c.Holds("it took %s", claim.Named(t.segments))
	}),
}

var hc2 = claim.Claim{
	ID: "HC2", Statement: "a FIN takes one sequence number",
	Source: claim.Article000 + "; " + rfc9293 + " §3.4", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "a FIN is acknowledged",
	Rule: claim.Each((*tcp.View).Connected, func(c *claim.Case, s *tcp.Socket) {
		fin, came := tcp.First(tcp.With(s.Sent(0, 0), packet.FIN)), tcp.First(tcp.With(s.Arrives(0, 0), packet.FIN))
		c.If(fin != nil && came != nil)
		var ack *tcp.Segment // the highest that the other end sent then
		for _, x := range s.Peer().Sent(came.N, 0) {
			if !x.Has(packet.RST) && (ack == nil || tcp.Before(ack.Packet.Ack, x.Packet.Ack)) {
				ack = x
			}
		}
		c.If(ack != nil)
		c.CiteSegments(fin, ack)
		taken := int32(ack.Packet.Ack - fin.Packet.Seq - uint32(fin.Packet.Len))
		c.Expect(taken == 1, "the FIN's acknowledgement was %d beyond its data, not 1", taken)
		c.Holds("the FIN was acknowledged with the number after its data and one more")
	}),
}

var hc42 = claim.Claim{
	ID: "HC42", Statement: "each end sends one FIN and gets one ACK for it",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "both ends close, and nothing is reset",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.AllSegments(t.segments)
		for _, s := range []*tcp.Socket{t.Who, t.Peer()} {
			fins := tcp.With(s.Sent(0, 0), packet.FIN)
			c.Expect(len(fins) == 1, "%s sent %d FINs", s.ID, len(fins))
			acks := tcp.Where(acksOf(fins[0], s.Peer().Sent(0, 0)), func(x *tcp.Segment) bool { return !x.Has(packet.RST) })
			c.ExpectSeen(len(acks) > 0, "no ACK came for the FIN of %s", s.ID)
			alone := tcp.Where(acks, func(x *tcp.Segment) bool { return !x.Has(packet.FIN) && x.Packet.Len == 0 })
			c.Expect(len(alone) <= 1, "%d ACKs came for the FIN of %s", len(alone), s.ID)
		}
		c.Holds("each end sent one FIN, and one ACK came for it")
	}),
}

var hc41 = claim.Claim{
	ID: "HC41", Statement: "second and fourth segment are the kernel's own",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "both ends close, the passive one after its kernel has acknowledged the FIN, and the wire shows what caused each segment",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.If(t.isApart() && c.OnWire())
		c.CiteSegments(t.fin, t.answer, t.last, t.acked)
		for _, s := range []*tcp.Segment{t.answer, t.acked} {
			cause := c.Cause(s.Event)
			c.Cite(cause)
			if cause != nil && cause.Call != nil {
				c.Expect(false, "%s followed %s() of the application", claim.Named([]*tcp.Segment{s}), cause.Call.Op)
			}
		}
		c.Holds("the ACKs left when the FINs arrived, or their delay was over, without a call")
	}),
}

// The states of both ends, by sock_diag, which alone sees them when the descriptor is closed.
var (
	activePath = []claim.Transition{
		{From: journal.FinWait1, To: journal.FinWait2, On: packet.ACK},
		{From: journal.FinWait2, To: journal.TimeWait, On: finAck},
	}
	passivePath = []claim.Transition{
		{From: journal.CloseWait, To: journal.LastAck},
		{From: journal.LastAck, To: journal.Gone, On: packet.ACK},
	}
	straight = claim.Transition{From: journal.FinWait1, To: journal.TimeWait, On: finAck}
)

var hc3 = claim.Claim{
	ID: "HC3", Statement: "active end: FIN_WAIT1 → FIN_WAIT2 → TIME_WAIT; passive end: CLOSE_WAIT → LAST_ACK → CLOSE",
	Source: claim.Article001 + "; " + claim.Article003 + "; " + rfc9293 + " §3.6", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the passive end acknowledges the FIN, and closes later",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.If(!t.isMerged())
		c.Follows(t.Who, journal.SockDiag, activePath...)
		c.Follows(t.Peer(), journal.SockDiag, passivePath...)
		c.Holds("%s: %s; %s: %s (CLOSE: sock_diag finds it no more)", t.Who.ID, claim.Path("the peer's", activePath...), t.Peer().ID, claim.Path("the peer's", passivePath...))
	}),
}

var hc4 = claim.Claim{
	ID: "HC4", Statement: "second and third segment may merge: a three-segment close",
	Source: claim.Article004, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "both ends close, and nothing is reset",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.AllSegments(t.segments)
		c.ExpectSeen(t.isMerged(), "%s: %s", claim.Named(t.segments), t.whyApart())
		c.Holds("%s: %s closed before its kernel had acknowledged the FIN", claim.Named(t.segments), t.Peer().ID)
	}),
}

// whyApart says what kept the passive end's ACK and FIN apart.
func (t *teardown) whyApart() string {
	if _, set := t.Peer().Option(journal.TCPQuickAck, t.answer.N); tcp.N(set) > t.fin.N {
		return "TCP_QUICKACK forced the ACK out"
	}
	return "its kernel had acknowledged the FIN before it closed"
}

var hc5 = claim.Claim{
	ID: "HC5", Statement: "with delayed ACK, the ACK, data still to send, and the FIN may merge into one segment",
	Source: claim.Article004, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "the data is held back until the close (MSG_MORE, TCP_CORK, Nagle)",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.AllSegments(t.segments)
		c.ExpectSeen(t.isMerged() && t.last.Packet.Len > 0, "they came apart: %s", claim.Named(t.segments))
		c.Holds("%s answered the FIN with one segment: the ACK, %d bytes and its own FIN", t.Peer().ID, t.last.Packet.Len)
	}),
}

var hc6 = claim.Claim{
	ID: "HC6", Statement: "FIN_WAIT1 receiving FIN+ACK together goes straight to TIME_WAIT",
	Source: claim.Article003 + "; " + rfc9293 + " §3.10.7.4", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the passive end's FIN is the first to acknowledge the active end's",
	Rule: claim.Each(teardowns, func(c *claim.Case, t teardown) {
		c.If(t.isMerged())
		c.Follows(t.Who, journal.SockDiag, straight)
		c.Holds("seen: %s", claim.Path("the peer's", straight))
	}),
}

var hc38 = claim.Claim{
	ID: "HC38", Statement: "the FIN is set on the last piece of data",
	Source: claim.Article003, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "an end sends data and a FIN",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		fins := tcp.With(conn.FirstSent(), packet.FIN)
		if fin := c.FirstSegment(tcp.Data(fins)); fin != nil {
			c.Holds("a segment had the last %d bytes and the FIN", fin.Packet.Len)
		}
		c.CiteSegments(fins...)
		c.If(len(fins) > 0)
		c.Expect(false, "each FIN came on its own: %s", claim.Named(fins))
	}),
}

var hc35 = claim.Claim{
	ID: "HC35", Statement: "CLOSE_WAIT is “FIN received, ACK not yet sent”",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a socket is in CLOSE_WAIT, and the wire shows what it sends meanwhile",
	Rule: claim.Each(tcp.SeenIn(journal.CloseWait), func(c *claim.Case, s *tcp.Socket) {
		c.If(c.OnWire())
		stay := c.Stay(s, journal.CloseWait, journal.SockDiag)
		fin := c.FirstSegment(tcp.With(s.Arrived(0, stay.In.N), packet.FIN))
		c.Given(fin != nil, "the FIN that took %s there was not seen", s.ID)
		// One with its own FIN ends the state.
		early := tcp.Where(acksOf(fin, s.Sent(0, tcp.N(stay.Out))), func(x *tcp.Segment) bool { return !x.Has(packet.FIN) })
		c.Expect(c.FirstSegment(early) == nil, "%s was still in CLOSE_WAIT when its ACK of the FIN had left", s.ID)
		c.Given(stay.Ended(), "%s had sent no ACK by the end of the run", s.ID)
		c.Given(len(s.Peer().Entered(journal.FinWait2, journal.SockDiag)) == 0, "the peer of %s had got an ACK that was not seen to leave", s.ID)
		c.Holds("%s left CLOSE_WAIT when it sent the ACK", s.ID)
	}),
}
