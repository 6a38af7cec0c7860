package main

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

const (
	// large is more than a packet of the wire has room for, in bytes; flood is how many such datagrams
	// are more than a small receiver has room for.
	large, flood = 3000, 20
)

// udp: what two UDP sockets send and get, and beside them two of TCP: lines at once, one that is lost, two in
// the wrong order, one that is large, more than the receiver has room for; and one when it has closed.
func udp(t *scenario.T) {
	to := t.Host("b").Datagrams(scenario.SmallReceiver, scenario.From(scenario.ServerPort))
	from := t.Host("a").Datagrams(scenario.From(tuplePort))
	from.Connect(t.Host("b").At(scenario.ServerPort))
	client, server := t.Connection(scenario.Opt(journal.TCPNoDelay, 1))
	for _, way := range [][2]*scenario.End{{from, to}, {client, server}} {
		way[0].Write("one ")
		way[0].Write("two ")
		t.Deliver()
		way[1].Recv()
		way[1].Recv()
	}
	t.Drop(scenario.Once(wire.HasData))
	from.Send("lost")
	t.Hold(wire.HasData)
	from.Write("first")
	from.Write("second")
	t.Deliver()
	t.Carry(t.HeldAt("a", 1))
	t.Release()
	to.Recv()
	to.Recv()

	from.WriteSome(bytes.Repeat([]byte("x"), large))
	t.Deliver()
	to.Read(large)
	for range flood {
		from.Write("more than there is room for: nobody is told")
	}
	t.Deliver()
	for range flood {
		to.Recv()
	}
	to.Close()
	from.Send("is anybody there?")
	from.Recv()
	from.Close()
	multicast(t)
}

// multicast: two are members of a group, and a third sends to it: by UDP, and by TCP.
func multicast(t *scenario.T) {
	group := netip.AddrPortFrom(netip.MustParseAddr("239.1.2.3"), tuplePort+1)
	if t.Family() == journal.IPv6 {
		group = netip.AddrPortFrom(netip.MustParseAddr("ff05::123"), tuplePort+1)
	}
	a := t.Host("a")
	member := func() *scenario.End {
		return a.Datagrams(scenario.Opt(journal.SOReuseAddr, 1), scenario.Member(group.Addr()), scenario.At(group))
	}
	first, second := member(), member()
	a.Socket(scenario.From(tuplePort)).StartConnect(group)
	from := a.Datagrams(scenario.From(tuplePort + 2))
	from.Connect(group)
	from.Send("to all")
	first.Recv()
	second.Recv()
}

// udpCall is a call on a socket of UDP.
type udpCall struct {
	who  *tcp.Socket
	call *journal.Event
}

// calls lists those of some kinds.
func calls(ops ...string) func(v *tcp.View) []udpCall {
	return func(v *tcp.View) []udpCall {
		var all []udpCall
		for _, s := range v.UDP {
			for _, e := range s.CallsOf(0, 0, ops...) {
				all = append(all, udpCall{s, e})
			}
		}
		return all
	}
}

// ofUDP is a claim about what UDP does.
func ofUDP[T any](id, statement, source, precondition string, list func(v *tcp.View) []T, rule func(c *claim.Case, x T)) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: source, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: precondition,
		Rule: claim.Each(list, rule),
	}
}

var ud1 = ofUDP("UD1", "UDP connect() and close() send nothing", claim.Article000, "no socket of UDP was connected, or closed", calls("connect", "close"), func(c *claim.Case, x udpCall) {
	c.About(x.who)
	c.Cite(x.call)
	next := c.CallAfter(x.call.N)
	for _, d := range c.Datagrams(journal.AtSent) { // a host sends more by itself: reports of its groups, for one
		if d.Host != x.who.Host || d.Packet.Src.Port() != x.who.Local.Port() || d.N < x.call.N || next != nil && d.N > next.N {
			continue
		}
		c.Cite(d.Event)
		c.Expect(false, "%s of %s sent %d bytes", x.call.Call.Op, x.who.ID, d.Packet.Len)
	}
	for _, op := range []string{"connect", "close"} {
		c.Challenged(len(calls(op)(c.View)) > 0, "no %s was seen", op)
	}
	c.Absent()
	c.Holds("%s of %s sent nothing", x.call.Call.Op, x.who.ID)
})

var hd16 = ofUDP("HD16", "UDP header 8 bytes", claim.Article000, "no datagram was kept", func(v *tcp.View) []tcp.Datagram { return v.Datagrams(journal.AtSent) }, func(c *claim.Case, d tcp.Datagram) {
	c.If(d.Payload != nil)
	c.Cite(d.Event)
	c.Finds(d.Header == 8, "one of %d bytes has a header of %d", d.Packet.Len, d.Header)
})

// joined is a read of TCP that returned what two writes had written; nil: there is none.
func joined(v *tcp.View) *journal.Event {
	for _, conn := range v.Conns {
		writes := conn.Client.Writes(0, 0)
		for _, r := range conn.Server.Reads(0, 0) {
			for i := range writes[min(1, len(writes)):] {
				if len(r.Call.Data) > 0 && bytes.Equal(r.Call.Data, slices.Concat(writes[i].Call.Data, writes[i+1].Call.Data)) {
					return r
				}
			}
		}
	}
	return nil
}

// taken lists the reads of UDP that returned something.
func taken(v *tcp.View) []udpCall {
	return tcp.Where(calls("read")(v), func(x udpCall) bool { return len(x.call.Call.Data) > 0 })
}

var ud2 = ofUDP("UD2", "UDP keeps message boundaries, TCP does not", claim.Article000, "nothing was read by way of UDP", taken, func(c *claim.Case, x udpCall) {
	c.About(x.who)
	c.Cite(x.call)
	wrote := calls(tcp.Sending...)(c.View)
	i := slices.IndexFunc(wrote, func(w udpCall) bool { return w.call.N < x.call.N && bytes.Equal(w.call.Call.Data, x.call.Call.Data) })
	c.Expect(i >= 0, "%s read %q, which no call wrote", x.who.ID, shortened(x.call.Call.Data))
	c.Cite(wrote[i].call)
	both := joined(c.View)
	c.Given(both != nil, "no read of TCP returned what two writes had written")
	c.Cite(both)
	c.Holds("%s read %q, which one call wrote; a read of TCP returned %q, which two wrote", x.who.ID, shortened(x.call.Call.Data), both.Call.Data)
})

// shortened is the beginning of what was read.
func shortened(b []byte) []byte { return b[:min(len(b), 20)] }

var ud3 = claim.Claim{
	ID: "UD3", Statement: "UDP may lose and reorder", Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsPackets, Precondition: "no datagram was lost",
	Rule: claim.Each(func(v *tcp.View) []tcp.Datagram { return v.Datagrams(journal.AtDropped) }, func(c *claim.Case, lost tcp.Datagram) {
		c.If(!slices.ContainsFunc(taken(c.View), func(x udpCall) bool { return bytes.Equal(x.call.Call.Data, lost.Payload) })) // to a group
		c.Cite(lost.Event)
		c.Given(lost.Payload != nil, "it was not kept")
		for _, d := range c.Datagrams(journal.AtSent) {
			c.Expect(d.N < lost.N || !bytes.Equal(d.Payload, lost.Payload), "%q was lost, and sent again", lost.Payload)
		}
		writes, reads := calls(tcp.Sending...)(c.View), taken(c.View)
		at := func(x udpCall) int {
			return slices.IndexFunc(writes, func(w udpCall) bool { return bytes.Equal(w.call.Call.Data, x.call.Call.Data) })
		}
		i := slices.IndexFunc(reads[min(1, len(reads)):], func(x udpCall) bool { return at(x) >= 0 && at(x) < at(reads[slices.Index(reads, x)-1]) })
		c.Expect(i >= 0, "what was read was read as it was written")
		c.Cite(reads[i].call, reads[i+1].call)
		c.Absent()
		c.Holds("%q was lost, and not sent again; %q was written before %q, and read after it", lost.Payload, reads[i+1].call.Call.Data, reads[i].call.Call.Data)
	}),
}

var ud4 = ofUDP("UD4", "large datagrams are cut by the link layer", claim.Article000, "no datagram was written that is longer than a packet", calls(tcp.Sending...), func(c *claim.Case, x udpCall) {
	c.If(x.call.Call.Result >= large)
	c.About(x.who)
	c.Cite(x.call)
	next := c.CallAfter(x.call.N)
	pieces := c.All(c.Events(func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtSent && e.Host == x.who.Host && strings.HasPrefix(e.Packet.Proto, "udp") &&
			e.N > x.call.N && (next == nil || e.N < next.N)
	}))
	c.Given(len(pieces) > 0, "it was not seen leaving")
	c.Expect(len(pieces) == 1, "%d bytes left as %d packets of IP (%s): IP cuts them, and not what is below it", x.call.Call.Result, len(pieces), pieces[0].Packet.Proto)
	c.Holds("%d bytes left in one packet of IP", x.call.Call.Result)
})

var ud6 = ofUDP("UD6", "a connected UDP socket learns of nothing", claim.Article000, "no message came to a socket of UDP that is connected", func(v *tcp.View) []udpCall {
	var all []udpCall
	for _, s := range v.UDP {
		for _, e := range v.Events(func(e *journal.Event) bool {
			return e.Packet != nil && e.Packet.At == journal.AtDelivered && e.Packet.ICMP != nil && e.Packet.ICMP.About != nil && e.Packet.ICMP.About.Src == s.Local
		}) {
			all = append(all, udpCall{s, e})
		}
	}
	return all
}, func(c *claim.Case, x udpCall) {
	c.About(x.who)
	c.Cite(x.call)
	call := c.GivenFirst(x.who.CallsOf(x.call.N, 0, "read", "write"), "no call was made then")
	c.Finds(call.Call.Errno != journal.ECONNREFUSED, "an ICMP message came, and %s() of %s returned %s", call.Call.Op, x.who.ID, claim.Returned(call))
})

var fc6 = ofUDP("FC6", "UDP has neither flow nor congestion control", claim.Article000, "few datagrams were written", func(v *tcp.View) []*tcp.Socket { return v.UDP }, func(c *claim.Case, s *tcp.Socket) {
	writes := s.CallsOf(0, 0, tcp.Sending...)
	c.If(len(writes) >= flood)
	c.About(s)
	for _, e := range c.All(writes) {
		c.Expect(e.Call.Errno == "" || e.Call.Errno == journal.ECONNREFUSED, "a write of %s returned %s", s.ID, claim.Returned(e))
	}
	for _, to := range c.UDP {
		last := tcp.Last(to.CallsOf(0, 0, "read"))
		if to.Local != s.Remote || last == nil || last.Call.Errno != journal.EAGAIN {
			continue
		}
		came := tcp.Where(c.Datagrams(journal.AtDelivered), func(d tcp.Datagram) bool { return d.Packet.Dst == to.Local && d.N < last.N })
		read := tcp.Where(taken(c.View), func(x udpCall) bool { return x.who == to && x.call.Call.Result < large })
		c.Cite(last)
		lost := c.Datagrams(journal.AtDropped)
		c.Challenged(len(came) > len(read), "the receiver had room for all of them")
		c.Challenged(len(lost) > 0 && lost[0].N < came[len(came)-1].N, "none was lost on its way")
		for _, d := range lost {
			c.Cite(d.Event)
		}
		c.Holds("one was lost on its way, and of %d that came to %s %d could be read, for there was no room; %s wrote them one after the other, and no write waited or failed", len(came), to.ID, len(read), s.ID)
	}
	c.Given(false, "it was not seen whether there was room for all of them")
})

// toGroups lists the calls by which sockets of TCP connect to a multicast group.
func toGroups(v *tcp.View) []*journal.Event {
	return tcp.Where(v.Calls("connect"), func(e *journal.Event) bool { return e.Call.Address().IP().IsMulticast() && v.Socket(e.Socket) != nil })
}

var ud5 = ofUDP("UD5", "TCP is one to one; multicast needs UDP", claim.Article000, "no socket of TCP was to be connected to a group", toGroups, func(c *claim.Case, e *journal.Event) {
	c.Cite(e)
	c.Expect(e.Call.Errno != "" && e.Call.Errno != journal.EINPROGRESS, "connect() of TCP to %s returned %s", e.Call.Address(), claim.Returned(e))
	c.Given(e.Call.Errno == journal.ENETUNREACH, "connect() of TCP to %s returned %s", e.Call.Address(), claim.Returned(e))
	for _, w := range calls(tcp.Sending...)(c.View) {
		if w.who.Remote != e.Call.Address() {
			continue
		}
		got := tcp.Where(taken(c.View), func(x udpCall) bool {
			return x.who.Local == w.who.Remote && bytes.Equal(x.call.Call.Data, w.call.Call.Data)
		})
		c.Given(len(got) > 1, "of two members %d got a datagram", len(got))
		c.Cite(w.call, got[0].call, got[1].call)
		c.Holds("connect() of TCP to %s returned %s; one datagram of UDP to it was read by %s and %s", e.Call.Address(), e.Call.Errno, got[0].who.ID, got[1].who.ID)
	}
	c.Given(false, "nothing was sent to the group by UDP")
})
