package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// again: a client's last words and its FIN are lost. Another client's window is closed.
func again(t *scenario.T) {
	client, server := t.Connection()
	t.Drop(wire.From("a"))
	client.Send("last words")
	client.Close()
	t.Rule(nil)
	t.Await(2*time.Second, func() bool { return server.State() == journal.CloseWait })
	server.Recv()
	server.Recv()
	server.Close()

	client, _ = t.Listen(scenario.ServerPort+1, scenario.SmallReceiver).Connect()
	client.WriteBulk(scenario.MoreThanFits)
	t.Settle()
	probed := false
	t.Watch(func(p *wire.Packet) { probed = probed || p.From == "a" && len(p.Payload) == 0 })
	t.Await(2*time.Second, func() bool { return probed })
}

// lastData is what an end had sent, and that was not acknowledged, when it sent its FIN.
type lastData struct {
	*tcp.Conn
	who   *tcp.Socket
	data  []*tcp.Segment
	lost  []*tcp.Segment // of the data
	fin   *tcp.Segment
	again []*tcp.Segment // of the data, sent again after the FIN
	came  *tcp.Segment   // of these, at the other end; nil: none did
}

// lastDatas lists them.
func lastDatas(v *tcp.View) []lastData {
	var all []lastData
	for _, s := range v.Connected() {
		l := lastData{Conn: s.Conn, who: s, fin: tcp.First(tcp.With(s.Sent(0, 0), packet.FIN))}
		if l.fin != nil && l.follow() {
			all = append(all, l)
		}
	}
	return all
}

// follow finds the data, and what became of it; there may be none.
func (l *lastData) follow() bool {
	l.data = tcp.Where(tcp.Data(l.who.Sent(0, l.fin.N)), func(s *tcp.Segment) bool { return !l.acknowledged(s) })
	if len(l.data) == 0 {
		return false
	}
	first := l.data[0]
	hasFirst := func(s *tcp.Segment) bool {
		return !tcp.Before(first.Packet.Seq, s.Packet.Seq) && !tcp.Before(s.End(), first.End())
	}
	l.lost = tcp.Where(tcp.Data(l.who.Peer().Lost(0, 0)), hasFirst)
	l.again = tcp.Where(tcp.Data(l.who.SentAll(l.fin.N, 0)), hasFirst)
	l.came = tcp.First(tcp.Where(tcp.Data(l.who.Peer().Arrived(l.fin.N, 0)), hasFirst))
	return true
}

// acknowledged says whether a segment had been, when the FIN left.
func (l *lastData) acknowledged(s *tcp.Segment) bool {
	return slices.ContainsFunc(l.who.Arrived(s.N, l.fin.N), func(x *tcp.Segment) bool { return x.Has(packet.ACK) && covers(x, s) })
}

var da11 = claim.Claim{
	ID: "DA11", Statement: "data sent before the FIN and not acknowledged is still sent again", Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no data was lost before a FIN",
	Rule: claim.Each(lastDatas, func(c *claim.Case, l lastData) {
		c.If(len(l.lost) > 0)
		c.About(l.Client, l.Server)
		c.CiteSegments(l.data...)
		c.CiteSegments(l.lost...)
		c.CiteSegments(l.fin, l.came)
		c.ExpectSeen(len(l.again) > 0, "%s did not send its data again", l.who.ID)
		c.CiteSegments(l.again[0])
		c.ExpectSeen(l.came != nil, "the data that %s sent again did not come", l.who.ID)
		c.Holds("%d bytes of %s were lost, and its FIN left behind them; %s later it sent the data again, and it came", tcp.Bytes(l.data), l.who.ID, claim.Milliseconds(time.Duration(l.again[0].T-l.fin.T)))
	}),
}

// probe is a segment that only asks for an answer.
type probe struct {
	who  *tcp.Socket
	sent *tcp.Segment
}

// quiet is longer than a host takes to answer, and shorter than Linux's shortest timeout.
const quiet = 100 * time.Millisecond

// probes lists them.
func probes(v *tcp.View) []probe {
	var all []probe
	for _, who := range v.Connected() {
		for _, s := range who.Probes(0, 0) {
			all = append(all, probe{who, s})
		}
	}
	return all
}

var da12 = claim.Claim{
	ID: "DA12", Statement: "on timeouts segments without data are sent too", Source: claim.Article002, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "no segment without data was sent whose number had been sent before",
	Rule: claim.Each(probes, func(c *claim.Case, p probe) {
		c.About(p.who)
		c.CiteSegments(p.sent)
		cause := c.Cause(p.sent.Event)
		c.Given(cause != nil, "nothing happened on its host before")
		after := c.Between(cause, p.sent.Event)
		c.Expect(after >= quiet, "it may have answered what came %s before", claim.Milliseconds(after))
		c.Holds("%s had done nothing for %s when it sent an empty segment with a number sent before: a timer's", p.who.ID, claim.Milliseconds(after))
	}),
}
