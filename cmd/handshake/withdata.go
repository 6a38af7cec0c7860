package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// fastOpen is which ends may use TCP Fast Open, and how (ip-sysctl, tcp_fastopen): clients without a
// cookie (1 and 4), and all listeners without one (1, 2, 0x200 and 0x400).
const (
	fastOpen  = "net.ipv4.tcp_fastopen"
	clientTFO = "5"
	serverTFO = "1539"
)

// deferSecond is how long a listener waits for data, in seconds.
const deferSecond = 1

// withData: data in the third segment, in the first (TCP Fast Open), and a listener that waits for
// it (TCP_DEFER_ACCEPT).
func withData(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	client := l.Dial(scenario.Opt(journal.TCPQuickAck, 0))
	client.Send("with the third")
	server := l.AcceptFrom(client)
	server.Recv()

	waits := t.Listen(scenario.ServerPort + 1)
	waits.Set(journal.TCPDeferAccept, deferSecond)
	client = waits.Dial()
	waits.Accept()
	client.Send("here is data")
	server = waits.AcceptFrom(client)
	server.Recv()

	t.Sysctl("a", fastOpen, clientTFO)
	t.Sysctl("b", fastOpen, serverTFO)
	fast := t.Listen(scenario.ServerPort + 2)
	client = t.Host("a").Socket(scenario.Opt(journal.TCPFastOpenCall, 1), scenario.From(50_000))
	client.StartConnect(fast.At)
	client.Send("with the first")
	fast.AcceptFrom(client).Recv()
}

var hs15 = claim.Claim{
	ID: "HS15", Statement: "a SYN normally carries no data, only headers and options",
	Source: claim.Article001, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no SYN was sent by a client that had not asked for TCP Fast Open",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		syn := conn.Client.SYN()
		c.If(syn != nil && !conn.Client.HasOn(journal.TCPFastOpenCall, 0))
		c.CiteSegments(syn)
		c.Expect(syn.Packet.Len == 0, "the SYN of %s has %d bytes of data", conn.Client.ID, syn.Packet.Len)
		c.Holds("the SYN of %s has no data; its options are %v", conn.Client.ID, syn.Packet.Options.Kinds())
	}),
}

// bounds are the segments that open a connection, or end it.
func bounds(v *tcp.View) []*tcp.Segment {
	var some []*tcp.Segment
	for _, x := range openings(v) {
		some = append(some, tcp.Where(x.FirstSent(), func(s *tcp.Segment) bool {
			return s.Has(packet.SYN) || s.Has(packet.FIN) || x.third != nil && s.N == x.third.N
		})...)
	}
	return some
}

var hs16 = claim.Claim{
	ID: "HS16", Statement: "segments that open or end a connection carry headers only, never data",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no connection was opened",
	Rule: claim.Each(bounds, func(c *claim.Case, s *tcp.Segment) {
		c.CiteSegments(s)
		c.Finds(s.Packet.Len == 0, "%s carries %d bytes", named(s), s.Packet.Len)
	}),
}

// carriesData is the phenomenon: segments of an opening carry data.
var carriesData = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Can, Precondition: "no connection was opened",
	Rule: claim.Each(openings, func(c *claim.Case, x opening) {
		c.Expect(x.syn.Packet.Len > 0 || x.third != nil && x.third.Packet.Len > 0, "neither the first nor the third has data")
		read := c.ReadsData(x.Server, 0)
		which := "the third segment"
		if x.syn.Packet.Len > 0 {
			which = "the SYN"
		}
		c.Holds("%s of %s carried what its server read: %q", which, x.Client.ID, string(read.Call.Data))
	}),
}

var hs37 = claim.Claim{
	ID: "HS37", Statement: "with TCP_DEFER_ACCEPT accept() returns before data has come",
	Source: "tcp(7) says otherwise", Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no listener had TCP_DEFER_ACCEPT",
	Rule: claim.Each(completes, func(c *claim.Case, x opening) {
		l := listenerOf(c.View, x.Conn)
		c.If(l != nil)
		value, set := l.Option(journal.TCPDeferAccept, 0)
		c.If(set != nil && value != "0")
		c.Cite(set)
		wrote := c.GivenFirst(x.Client.Writes(0, 0), "%s wrote nothing", x.Client.ID)
		accepts := c.All(l.CallsOf(x.third.N, wrote.N, "accept4"))
		c.Given(len(accepts) > 0, "accept() was not called before it wrote")
		for _, e := range accepts {
			c.Expect(e.Call.Errno == "", "the client was ESTABLISHED, and accept() returned %s until it had written", claim.Returned(e))
		}
		c.Holds("accept() returned before %s had written", x.Client.ID)
	}),
}
