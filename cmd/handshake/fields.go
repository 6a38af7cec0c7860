package main

import (
	"bytes"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

const (
	ecn = "net.ipv4.tcp_ecn"
	// highest is the highest port that a field has room for.
	highest = 65535
	// longest is the longest header, in bytes, that its length field has room for, and shortest one
	// without options.
	longest, shortest = 60, 20
	// smallMSS is an MSS of which two have room in a packet of the wire.
	smallMSS = 600
	// meaningless stands in the acknowledgement number of a segment without ACK.
	meaningless = 12345
)

// fields: what stands in the headers of a connection that asks for ECN: some of it is put there by the steps:
// a number in a SYN that acknowledges nothing, the longest header, and a longer segment than was asked
// for. The second connection has headers without options, and is reset by one who wants to.
func fields(t *scenario.T) {
	t.Sysctl("a", ecn, "1")
	l := t.Listen(scenario.ServerPort)
	t.Hold(wire.IsSYN)
	client := l.Start(scenario.From(highest), scenario.Opt(journal.TCPMaxSeg, smallMSS))
	t.Deliver()
	t.Rule(nil)
	t.Replace(t.FirstHeld("a"), func(p *packet.Packet) { p.Ack = meaningless })
	server := l.AcceptFrom(client)

	t.Hold(wire.HasData)
	client.Write("a long header")
	t.Deliver()
	t.Replace(t.FirstHeld("a"), func(p *packet.Packet) {
		p.Options = append(slices.Clone(p.Options), bytes.Repeat([]byte{packet.KindNop}, longest-shortest-len(p.Options))...)
	})
	server.Recv()
	server.WriteBulk(several)
	t.Deliver()
	first, second := t.FirstHeld("b"), t.HeldAt("b", 1)
	t.Discard(second, "it arrives with the one before it")
	t.Replace(first, func(p *packet.Packet) { p.Payload = slices.Concat(p.Payload, second.Payload) })
	client.ReadBulk(several)
	t.Release()
	client.ReadBulk(several)

	client.SendMsg("urgent", journal.MSGOOB)
	server.ReadUrgent()
	client.Shutdown(journal.ShutRead)
	client.Send("no answer")
	server.Recv()

	t.Sysctl("a", timestamps, "0")
	client, server = l.Connect()
	client.Send("a short header")
	server.Recv()
	client.Reset()
}

// request is a SYN that came, and the first segment that its host sent then.
type request struct{ syn, answer *tcp.Segment }

func requests(v *tcp.View) []request {
	var all []request
	came := slices.Concat(v.Segments(journal.AtDelivered), v.Segments(journal.AtInjected))
	for _, s := range tcp.Where(came, func(s *tcp.Segment) bool { return s.Is(packet.SYN) }) {
		answer := tcp.First(tcp.Where(v.Segments(journal.AtSent), func(o *tcp.Segment) bool { return o.N > s.N && o.Host == s.Host }))
		all = append(all, request{s, answer})
	}
	return all
}

// asked is a claim about every SYN that came.
func asked(id, statement string, rule func(c *claim.Case, x request)) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no such SYN came",
		Rule: claim.Each(requests, func(c *claim.Case, x request) {
			c.CiteSegments(x.syn, x.answer)
			c.Given(x.answer != nil, "it was not answered")
			rule(c, x)
		}),
	}
}

var hd4 = asked("HD4", "the acknowledgement number is valid only with ACK; a SYN has ACK 0", func(c *claim.Case, x request) {
	c.If(x.syn.Packet.Ack != 0) // else there is nothing that could be valid
	c.Expect(x.answer.Is(packet.SYN|packet.ACK) && x.answer.Packet.Ack == x.syn.End(), "a SYN with %d there was answered with %s", x.syn.Packet.Ack, named(x.answer))
	c.Holds("a SYN without ACK, with %d there, was answered as any other", x.syn.Packet.Ack)
})

var hd15 = asked("HD15", "ports: 16 bits; source port and address say where to answer", func(c *claim.Case, x request) {
	c.Expect(x.answer.Packet.Dst == x.syn.Packet.Src, "a SYN from %s was answered to %s", x.syn.Packet.Src, x.answer.Packet.Dst)
	some := slices.ContainsFunc(requests(c.View), func(y request) bool { return y.syn.Packet.Src.Port() == highest })
	c.Challenged(some, "none came from the highest port")
	c.Holds("a SYN from %s was answered to there", x.syn.Packet.Src)
})

var hd7 = opened("HD7", "SYN=1 ACK=0 is a request, SYN=1 ACK=1 its acceptance", claim.Article002, func(c *claim.Case, x opening) {
	c.Expect(x.syn.Has(packet.SYN) && !x.syn.Has(packet.ACK) && x.synAck.Has(packet.SYN|packet.ACK), "it was opened by %s and %s", named(x.syn), named(x.synAck))
	up := c.First(x.Client.Entered(journal.Established, journal.TCPInfo))
	c.ExpectSeen(up != nil, "%s was not connected by it", x.Client.ID)
	c.Holds("%s asked with %s, and was connected by %s", x.Client.ID, x.syn.Control().InProse(), x.synAck.Control().InProse())
})

// push is a call that wrote, and the last segment in which what it wrote left.
type push struct {
	who   *tcp.Socket
	wrote *journal.Event
	last  *tcp.Segment
}

func pushes(v *tcp.View) []push {
	var all []push
	for _, s := range v.Sockets {
		for _, e := range s.Writes(0, 0) {
			if last := tcp.Last(tcp.Data(s.Sent(e.N, tcp.N(v.CallAfter(e.N))))); e.Call.Errno == "" && last != nil {
				all = append(all, push{s, e, last})
			}
		}
	}
	return all
}

var hd5 = claim.Claim{
	ID: "HD5", Statement: "PSH is set when an application wants an immediate answer",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "nothing was written",
	Rule: claim.Each(pushes, func(c *claim.Case, x push) {
		c.About(x.who)
		c.Cite(x.wrote)
		c.CiteSegments(x.last)
		deaf := func(y push) bool {
			return y.who.End != nil && y.who.End.ShutRead != 0 && y.who.End.ShutRead < y.wrote.N
		}
		c.Expect(x.last.Has(packet.PSH) != deaf(x), "PSH was set by a write of %s, which can read no answer any more: the kernel sets it where a write ends", x.who.ID)
		c.Challenged(slices.ContainsFunc(pushes(c.View), deaf), "nobody wrote who wants no answer")
		c.Holds("%s wrote, and may want an answer: PSH was set", x.who.ID)
	}),
}

var hd6 = claim.Claim{
	ID: "HD6", Statement: "RST: there is a grave error, and the connection must be set up again",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no RST was sent",
	Rule: claim.Each(func(v *tcp.View) []*tcp.Segment { return tcp.With(v.FirstSent(), packet.RST) }, func(c *claim.Case, s *tcp.Segment) {
		c.CiteSegments(s)
		cause := c.Cause(s.Event)
		c.Cite(cause)
		c.Given(cause != nil, "why it was sent was not seen")
		if call := cause.Call; call != nil {
			c.Expect(call.Op != "close", "there was no error: %s, with SO_LINGER {1, 0}, sends it", call.Text())
			c.Given(false, "%s came before it", call.Text())
		}
		c.Holds("it answered %s", named(c.Segment(cause)))
	}),
}

var hd10 = claim.Claim{
	ID: "HD10", Statement: "sequence number + urgent pointer = the last urgent byte",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no urgent byte was sent",
	Rule: claim.Each(pushes, func(c *claim.Case, x push) {
		h, ok := x.last.Header()
		c.If(x.wrote.Call.Has(journal.MSGOOB) && ok && x.last.Has(packet.URG))
		c.About(x.who)
		c.Cite(x.wrote)
		c.CiteSegments(x.last)
		read := c.First(x.who.Peer().CallsOf(x.last.N, 0, "recvfrom"))
		c.Given(read != nil && len(read.Call.Data) == 1 && bytes.HasSuffix(x.last.Payload, read.Call.Data), "the urgent byte was not read")
		at, last := x.last.Packet.Seq+uint32(h.Urgent), x.last.End()-1
		c.Expect(at == last, "the sum is %d, and the last urgent byte, %q, has the number %d", at, read.Call.Data, last)
		c.Holds("the sum is %d, the number of the last urgent byte, %q", at, read.Call.Data)
	}),
}

// announced is a SYN, with ACK or without, and the longest segment that came to the one who had sent it.
type announced struct {
	syn, came *tcp.Segment
	who       *tcp.Socket
}

func announcements(v *tcp.View) []announced {
	var all []announced
	for _, s := range v.Sockets {
		for _, syn := range tcp.With(s.Sent(0, 0), packet.SYN) {
			x := announced{syn: syn, who: s}
			for _, came := range tcp.Data(s.Arrived(0, 0)) {
				if x.came == nil || came.Packet.Len > x.came.Packet.Len {
					x.came = came
				}
			}
			all = append(all, x)
		}
	}
	return all
}

var hd11 = claim.Claim{
	ID: "HD11", Statement: "the MSS is announced in the first segment by each; it is the most it can receive",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no connection was opened",
	Rule: claim.Each(announcements, func(c *claim.Case, x announced) {
		c.About(x.who)
		c.CiteSegments(x.syn, x.came)
		mss, ok := x.syn.Packet.Options.MSS()
		c.Expect(ok, "the %s of %s announced none", named(x.syn), x.who.ID)
		if x.came != nil && x.came.Packet.Len > mss {
			read := readThen(c, x.who, x.came.N)
			c.Expect(read.Call.Result < int64(x.came.Packet.Len), "%s announced %d, and received %d bytes in one segment: it is what the other should send", x.who.ID, mss, x.came.Packet.Len)
		}
		c.Challenged(slices.ContainsFunc(announcements(c.View), func(y announced) bool {
			most, _ := y.syn.Packet.Options.MSS()
			return y.came != nil && y.came.Packet.Len > most
		}), "no longer segment came")
		c.Holds("%s announced %d, and received no more in one segment", x.who.ID, mss)
	}),
}

// isHeaded is the phenomenon: what follows the longest header is read.
var isHeaded = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Always, Precondition: "no header of 60 bytes came",
	Rule: claim.Each(headers, func(c *claim.Case, h header) {
		c.If(h.Length() == longest)
		h.follows(c)
		c.Holds("a header of %d bytes came, and %q behind it was read", longest, h.Payload)
	}),
}
