package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// unreachable: what is sent is lost, and a router reports it by ICMP. Three connections get their
// path back; one has asked for such errors at once (IP_RECVERR). Of one the path stays dead. And
// one was not open yet.
func unreachable(t *scenario.T) {
	t.Sysctl("a", retries2, "2")
	host, _ := t.Connection()
	port, _ := t.Connection()
	asks, _ := t.Connection()
	gone, _ := t.Connection()
	asks.Set(recvErr(t.Family()), 1)
	lost := loses(t)
	for _, e := range []*scenario.End{host, port, asks, gone} {
		e.Send("anybody there?")
		what := packet.HostUnreachable
		if e == port {
			what = packet.PortUnreachable
		}
		t.Report(lost(), what)
		e.Recv()
	}
	opening := t.Host("a").Socket(scenario.From(openingPort))
	opening.StartConnect(t.Host("b").At(scenario.ServerPort))
	t.Report(lost(), packet.HostUnreachable)
	opening.Err()
	stays := gone.Local()
	t.Drop(func(p *wire.Packet) bool { return p.Src == stays || p.Dst == stays })
	t.Await(9*time.Second, gone.In(journal.Close))
	for _, e := range []*scenario.End{host, port, asks, gone} {
		e.Recv()
	}
}

// openingPort is that of the client that is not connected yet.
const openingPort = 50_000

// recvErr is the option by which a socket asks for ICMP errors at once.
func recvErr(f journal.Family) journal.Option {
	if f == journal.IPv6 {
		return journal.IPv6RecvErr
	}
	return journal.IPRecvErr
}

// loses cuts the path; lost is the packet that was lost last.
func loses(t *scenario.T) (lost func() *wire.Packet) {
	var last *wire.Packet
	t.Rule(func(p *wire.Packet) wire.Fate {
		last = p
		return wire.Drop
	})
	return func() *wire.Packet { return last }
}

// report is an ICMP message about data that an established connection had sent.
type report struct {
	tcp.Message
	down  *journal.Event // by which the connection was seen torn down; nil: it was not
	again []*tcp.Segment // what its end sent between
	read  *journal.Event // the first read after the message; nil: none
}

// reports lists them.
func reports(v *tcp.View) []report {
	var all []report
	for _, m := range v.Messages() {
		if m.To.Peer() == nil || !m.To.IsIn(journal.Established, journal.TCPInfo, m.N) {
			continue
		}
		r := report{Message: m, down: m.To.Down(m.N, 0), read: tcp.First(m.To.Reads(m.N, 0))}
		r.again = tcp.Data(m.To.SentAll(m.N, tcp.N(r.down)))
		all = append(all, r)
	}
	return all
}

// Cite lets a finding rest on the message and what followed.
func (r report) Cite(c *claim.Case) {
	c.About(r.To)
	c.Cite(r.Event, r.read, r.down)
	c.CiteSegments(r.again...)
}

var ka9 = claim.Claim{
	ID: "KA9", Statement: "an ICMP error ends an established connection", Source: folklore + "; RFC 5461", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no ICMP error came about data that an established connection had sent",
	Rule: claim.Each(reports, func(c *claim.Case, r report) {
		name := r.Packet.ICMPName()
		c.Given(r.read != nil, "%s was not read after the message", r.To.ID)
		c.Expect(len(r.again) == 0, "after %q %s sent its data again, %d times; the next read returned %s", name, r.To.ID, len(r.again), claim.Returned(r.read))
		c.Given(r.down != nil, "nothing was seen of %s after the message", r.To.ID)
		c.Holds("after %q %s was torn down, and its read returned %s", name, r.To.ID, claim.Returned(r.read))
	}),
}

// staysUp is the phenomenon: the connection outlives the message, and what was lost arrives once
// the path is back.
var staysUp = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Can, Precondition: "no ICMP error came about data that an established connection had sent",
	Rule: claim.Each(reports, func(c *claim.Case, r report) {
		c.Expect(r.down == nil, "%s was torn down", r.To.ID)
		arrived := c.AllSegments(tcp.Data(r.To.Peer().Arrived(r.N, 0)))
		c.ExpectSeen(len(arrived) > 0, "what %s had sent never arrived", r.To.ID)
		c.Given(r.read != nil, "%s was not read after the message", r.To.ID)
		c.Expect(r.read.Call.Errno == journal.EAGAIN, "the read of %s returned %s", r.To.ID, claim.Returned(r.read))
		c.Holds("after %q the read of %s found nothing; the data arrived when the path was back", r.Packet.ICMPName(), r.To.ID)
	}),
}

// compareReports is the table of what a message did.
func compareReports(v *tcp.View) *claim.Comparison {
	calls := func(m *tcp.Message) []*journal.Event { return m.To.CallsOf(m.N, 0, "read", "getsockopt") }
	return claim.Down("What an ICMP error does", v.Messages(), messageTo,
		claim.Show("the next call", func(m *tcp.Message) claim.Cell { return claim.Result(tcp.First(calls(m))) }),
		claim.Show("the last call", func(m *tcp.Message) claim.Cell { return claim.Result(tcp.Last(calls(m))) }),
	)
}

// messageTo names a message, and what it met.
func messageTo(m *tcp.Message) string {
	said := m.Packet.ICMPName() + ", " + m.To.ID
	if m.To.IsIn(journal.SynSent, journal.TCPInfo, m.N) {
		said += ", in SYN_SENT"
	}
	for _, o := range []journal.Option{journal.IPRecvErr, journal.IPv6RecvErr} {
		if m.To.HasOn(o, m.N) {
			said += ", " + string(o)
		}
	}
	return said
}
