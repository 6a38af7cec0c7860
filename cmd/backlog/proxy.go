package main

import (
	"time"

	"sockproof/cmd/backlog/synproxy"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

const conntrackLoose = "net.netfilter.nf_conntrack_tcp_loose"

// proxy: a SYN proxy answers in the place of the server, which hears of a client only when that
// has brought the cookie back.
func proxy(t *scenario.T) {
	t.Sysctl("b", synCookies, "1") // the server's own number is none of the cookies that the proxy has
	l := t.Listen(scenario.ServerPort)
	b := t.Host("b")
	b.In(func() error { return synproxy.Set(scenario.ServerPort) })
	b.Filtered("nft: a SYN proxy in front of port %d", scenario.ServerPort)
	t.Sysctl("b", conntrackLoose, "0")
	client := l.Start()
	if !t.Await(200*time.Millisecond, client.In(journal.Established)) {
		// nft_synproxy_do_eval in net/netfilter/nft_synproxy.c checks every packet as IPv4.
		t.Stop("the SYN proxy did not answer: nft's drops IPv6 whose checksum no device has verified")
	}
	client.Send("hello")
	t.Await(time.Second, func() bool { return l.Queue() > 0 }) // the proxy's own handshake with it
	server := l.AcceptFrom(client)
	server.Recv()
	server.Send("hello yourself")
	client.Recv()
	numbersOf(server)
}

// numbersOf reads the next sequence numbers that a socket expects and will send, as its own kernel
// has them (TCP_QUEUE_SEQ, linux/tcp.h). The socket is stopped for it, and goes on.
func numbersOf(e *scenario.End) {
	e.Set(journal.TCPRepair, 1)
	for _, queue := range []int{journal.RepairReceive, journal.RepairSend} {
		e.Set(journal.TCPRepairQueue, queue)
		e.Get(journal.TCPQueueSeq)
	}
	e.Set(journal.TCPRepair, journal.RepairOff)
}

// wrongAck is by how much the firewall's acknowledgement is wrong.
const wrongAck = 1000

// safeReset: a firewall answers a client's first SYN with a wrong number. Only a host that is there
// answers that with RST, and its next SYN passes.
func safeReset(t *scenario.T) {
	l := t.Listen(scenario.ServerPort + 1)
	t.Hold(func(p *wire.Packet) bool { return p.From == "a" && p.Flags.Has(packet.SYN) })
	c := l.Start()
	syn := t.FirstHeld("a")
	t.Inject(packet.Packet{Src: syn.Dst, Dst: syn.Src, Seq: 1, Ack: syn.Seq + 1 + wrongAck, Flags: packet.SYN | packet.ACK, Win: syn.Win})
	t.Discard(syn, "the firewall has answered it")
	t.Rule(nil)
	t.Await(3*time.Second, c.In(journal.Established))
	l.Accept()
}

// lastOnWire is what an end sent with the highest number, as the wire carried it; nil: nothing.
func lastOnWire(s *tcp.Socket, before int) (last *tcp.Segment) {
	for _, x := range s.SentAll(0, before) {
		if last == nil || !tcp.Before(x.End(), last.End()) {
			last = x
		}
	}
	return last
}

// number is what a kernel said of a queue.
func number(e *journal.Event) (n uint32, ok bool) {
	x, ok := e.Call.Value().Int()
	return uint32(x), ok && e.Call.Errno == "" && x >= 0
}

var bl33 = claim.Claim{
	ID: "BL33", Statement: "SYN proxy: every later segment's numbers must be rewritten",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a connection was opened through a SYN proxy, data went both ways, and its server's numbers were read",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		rule := c.First(c.Events(func(e *journal.Event) bool { return e.Rule != nil && e.Rule.Inside }))
		said := c.All(conn.Server.Asked(journal.TCPQueueSeq, 0, 0)) // of what it expects, and of what it sends
		c.If(rule != nil && conn.Connect.N > rule.N && len(said) == 2)
		receive, send := said[0], said[1]
		expects, known := number(receive)
		sends, knownToo := number(send)
		c.Given(known && knownToo, "the kernel did not say the numbers of %s: %s", conn.Server.ID, claim.Returned(receive))
		c.Given(len(tcp.Data(conn.Client.SentAll(0, receive.N))) > 0 && len(tcp.Data(conn.Server.SentAll(0, send.N))) > 0, "no data went both ways")
		last, lastToo := lastOnWire(conn.Client, receive.N), lastOnWire(conn.Server, send.N)
		c.CiteSegments(last, lastToo)
		fromClient, fromServer := last.End(), lastToo.End()
		c.Expect(sends != fromServer || expects != fromClient, "the numbers on the wire are those of %s", conn.Server.ID)
		c.Given(sends != fromServer && expects == fromClient, "%s expects %d and sends %d; on the wire they are %d and %d", conn.Server.ID, expects, sends, fromClient, fromServer)
		c.Holds("%s sends %d next, and on the wire it is %d: each segment of the server has another number, and so has each acknowledgement of one; the client's own number is the same at both ends", conn.Server.ID, sends, fromServer)
	}),
}

var bl34 = claim.Claim{
	ID: "BL34", Statement: "a safe-reset firewall: the client begins again, and needs two handshakes",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a client's SYN is answered with a SYN-ACK that acknowledges something else",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		client := conn.Client
		wrong := c.FirstSegment(tcp.Where(client.Arrived(0, 0), func(s *tcp.Segment) bool {
			return s.Packet.At == journal.AtInjected && s.Is(packet.SYN|packet.ACK)
		}))
		c.If(wrong != nil)
		c.Cite(conn.Connect)
		rst := c.FirstSegment(tcp.With(c.Answers(wrong), packet.RST))
		again := c.AllSegments(tcp.With(client.SentAll(wrong.N, 0), packet.SYN))
		c.ExpectSeen(rst != nil, "%s did not answer the wrong SYN-ACK with RST", client.ID)
		c.Given(rst.Packet.Seq == wrong.Packet.Ack, "the RST of %s is about something else", client.ID)
		c.ExpectSeen(len(again) > 0, "%s did not send its SYN again", client.ID)
		up := c.First(client.Entered(journal.Established, journal.TCPInfo))
		c.ExpectSeen(up != nil && up.N > again[0].N, "%s was not connected then", client.ID)
		c.Holds("%s answered the wrong SYN-ACK with RST, sent its SYN again after %.0f ms, and was connected: two openings began, by one connect()",
			client.ID, c.Between(wrong.Event, again[0].Event).Seconds()*1000)
	}),
}
