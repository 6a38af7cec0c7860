package main

import (
	"bytes"
	"encoding/binary"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// three: a connection is opened, carries one line, and is closed, the client first. On the wire
// the server's end is looked at before the third segment comes.
func three(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	if t.OnWire() {
		t.Hold(isThird)
	}
	client := l.Dial()
	if t.OnWire() {
		l.Queued(client)
		t.Release()
	}
	server := l.AcceptFrom(client)
	client.Send("hello")
	server.Recv()
	client.Close()
	server.Recv()
	server.Close()
	t.Settle()
}

var hs1 = opened("HS1", "establishing a connection takes three segments in all, SYN, SYN+ACK, ACK", three013+"; "+claim.Article002, func(c *claim.Case, x opening) {
	some := c.AllSegments(x.Opening())
	c.Given(x.arrived(x.syn) != nil && x.arrived(x.synAck) != nil, "a segment of the opening was lost")
	is := len(some) == 3 && some[0].Is(packet.SYN) && some[1].Is(packet.SYN|packet.ACK) && some[2].Is(packet.ACK)
	c.Finds(is, "%s was opened by %s", x.Client.ID, claim.Named(some))
})

var hs2 = opened("HS2", "connect() triggers the handshake", three013, func(c *claim.Case, x opening) {
	c.GivenFirst(x.Client.CallsOf(0, x.Connect.N, "socket"), "%s was not seen to be made", x.Client.ID)
	c.Expect(x.syn.N > x.Connect.N || !c.OnWire(), "a SYN had left before connect()")
	next := c.CallAfter(x.Connect.N)
	c.Given(next == nil || !c.OnWire() || x.syn.N < next.N, "another call was made before the SYN left")
	c.Holds("%s sent nothing before connect(), and its SYN then", x.Client.ID)
})

var hs3 = opened("HS3", "1st segment: SYN, initial number X in seq", three013, func(c *claim.Case, x opening) {
	c.Expect(x.syn.Is(packet.SYN), "the first was %s", x.syn.Control().InProse())
	c.Expect(x.third.Packet.Seq == x.syn.Packet.Seq+1, "%s went on with %d after %d", x.Client.ID, x.third.Packet.Seq, x.syn.Packet.Seq)
	c.Holds("%s sent a SYN with %d, and went on from there", x.Client.ID, x.syn.Packet.Seq)
})

var hs4 = opened("HS4", "2nd: SYN=1 ACK=1, ack = X+1", three013, func(c *claim.Case, x opening) {
	c.Expect(x.synAck.Is(packet.SYN|packet.ACK), "the second was %s", x.synAck.Control().InProse())
	c.Finds(x.synAck.Packet.Ack == x.syn.Packet.Seq+1, "X was %d, and the SYN-ACK acknowledged %d", x.syn.Packet.Seq, x.synAck.Packet.Ack)
})

var hs5 = opened("HS5", "3rd: SYN=0, ACK=1, ack = server's ISN+1", three013, func(c *claim.Case, x opening) {
	c.Expect(x.third.Has(packet.ACK) && !x.third.Has(packet.SYN), "the third was %s", x.third.Control().InProse())
	c.Finds(x.third.Packet.Ack == x.synAck.Packet.Seq+1, "the server's number was %d, and the third acknowledged %d", x.synAck.Packet.Seq, x.third.Packet.Ack)
})

var hs6 = opened("HS6", "“and puts ISN+1 into the data part” of the 3rd", three013, func(c *claim.Case, x opening) {
	c.Expect(x.third.Packet.Len > 0, "the third has no data: ISN+1 stands in its acknowledgement number, %d", x.third.Packet.Ack)
	c.Given(x.third.Payload != nil, "its data was not kept")
	is := bytes.Equal(x.third.Payload, binary.BigEndian.AppendUint32(nil, x.third.Packet.Ack))
	c.Expect(is, "the third has %d bytes of data, which are what was written", len(x.third.Payload))
	c.Holds("its data is %d", x.third.Packet.Ack)
})

var hs7 = opened("HS7", "worked example: 200 → ack 201/seq 500 → ack 501/seq 201", claim.Article001+"; "+claim.Article003, func(c *claim.Case, x opening) {
	c.Finds(x.synAck.Packet.Ack == x.syn.Packet.Seq+1 && x.third.Packet.Ack == x.synAck.Packet.Seq+1 && x.third.Packet.Seq == x.synAck.Packet.Ack,
		"%d → ack %d/seq %d → ack %d/seq %d", x.syn.Packet.Seq, x.synAck.Packet.Ack, x.synAck.Packet.Seq, x.third.Packet.Ack, x.third.Packet.Seq)
})

var hs9 = opened("HS9", "client in SYN_SENT once the SYN is sent", three013, func(c *claim.Case, x opening) {
	up := c.First(x.Client.Entered(journal.SynSent, journal.TCPInfo))
	c.Given(up != nil || c.OnWire(), "on %s the opening is over before connect() returns", c.Journal.Network)
	c.ExpectSeen(up != nil, "%s was never seen in SYN_SENT", x.Client.ID)
	came := x.arrived(x.synAck)
	c.Expect(came == nil || up.N < came.N, "%s was seen in SYN_SENT only after the SYN-ACK", x.Client.ID)
	c.Holds("%s was in SYN_SENT when its SYN had left", x.Client.ID)
})

var hs18 = opened("HS18", "the handshake exchanges both ISNs and windows", three013, func(c *claim.Case, x opening) {
	c.Expect(x.syn.Packet.Win > 0 && x.synAck.Packet.Win > 0, "a window was 0")
	c.Expect(x.synAck.Packet.Ack == x.syn.Packet.Seq+1 && x.third.Packet.Ack == x.synAck.Packet.Seq+1, "a number was not acknowledged")
	c.Holds("numbers %d and %d, windows %d and %d", x.syn.Packet.Seq, x.synAck.Packet.Seq, x.syn.Packet.Win, x.synAck.Packet.Win)
})

var hs19 = opened("HS19", "LISTEN answers SYN and ACK in one segment", claim.Article001+"; "+claim.Article002+"; "+claim.Article003, func(c *claim.Case, x opening) {
	before := c.AllSegments(tcp.Where(x.FirstSent(), func(s *tcp.Segment) bool { return s.Packet.Src == x.Client.Remote && s.N < x.third.N }))
	c.Expect(len(before) == 1, "the listener answered with %s", claim.Named(before))
	c.Holds("the listener answered with one segment: %s", claim.Named(before))
})

var hs20 = opened("HS20", "a 4th handshake segment would be superfluous", claim.Article001, func(c *claim.Case, x opening) {
	c.GivenFirst(x.Client.Entered(journal.Established, journal.TCPInfo), "%s was not seen ESTABLISHED", x.Client.ID)
	wrote := c.GivenFirst(x.Client.Writes(0, 0), "%s wrote nothing", x.Client.ID)
	more := tcp.Where(x.FirstSent(), func(s *tcp.Segment) bool { return x.third.N < s.N && s.N < wrote.N })
	c.Expect(len(more) == 0, "after the third came %s", claim.Named(more))
	c.ReadsData(x.Server, wrote.N)
	c.Holds("nothing was sent after the third, and what %s then wrote was read", x.Client.ID)
})

var hs13 = claim.Claim{
	ID: "HS13", Statement: "client path CLOSED→SYN_SENT→ESTABLISHED→FIN_WAIT_1→FIN_WAIT_2→TIME_WAIT→CLOSED; server CLOSED→LISTEN→SYN_RCVD→ESTABLISHED→CLOSE_WAIT→LAST_ACK→CLOSED",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no connection was opened and closed by the client first",
	Rule: claim.Each(completes, func(c *claim.Case, x opening) {
		c.If(x.Server != nil && tcp.First(x.Client.CallsOf(0, 0, "close")) != nil)
		c.Follows(x.Client, journal.SockDiag,
			claim.Transition{From: journal.SynSent, To: journal.Established, On: packet.SYN | packet.ACK},
			claim.Transition{From: journal.Established, To: journal.FinWait1}, claim.Transition{From: journal.FinWait1, To: journal.FinWait2, On: packet.ACK},
			claim.Transition{From: journal.FinWait2, To: journal.TimeWait, On: packet.FIN | packet.ACK})
		c.Follows(x.Server, journal.SockDiag,
			claim.Transition{From: journal.SynRecv, To: journal.Established, On: packet.ACK},
			claim.Transition{From: journal.Established, To: journal.CloseWait, On: packet.FIN | packet.ACK},
			claim.Transition{From: journal.CloseWait, To: journal.LastAck}, claim.Transition{From: journal.LastAck, To: journal.Gone, On: packet.ACK})
		c.GivenFirst(x.Client.Samples(journal.TimeWait, 0, 0), "the timer of its TIME_WAIT was not read")
		c.Holds("both went this way; TIME_WAIT of %s ends by its timer", x.Client.ID)
	}),
}
