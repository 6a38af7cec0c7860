package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// much is more than a receiver with a small buffer has room for, by far; patience is how long a
// step waits for anything at most.
const (
	much     = 2 * scenario.MoreThanFits
	patience = 3 * time.Second
)

// full makes a connection to an end that does not read, and fills it: its window is closed, and more
// waits to be sent.
func full(t *scenario.T, options ...scenario.SocketOption) (client, server *scenario.End) {
	client, server = t.Listen(scenario.ServerPort, scenario.SmallReceiver).Connect(options...)
	client.WriteBulk(much)
	t.Deliver()
	return client, server
}

// answersAll lets an end answer every probe: else Linux answers no more than one in half a second
// (tcp_invalid_ratelimit).
func answersAll(t *scenario.T) { t.Sysctl("b", "net.ipv4.tcp_invalid_ratelimit", "0") }

// readAll reads until all has come that was written, and lets what that opens arrive.
func readAll(t *scenario.T, server *scenario.End, all int) {
	read := 0
	t.Await(patience, func() bool {
		for server.Readable() {
			n, errno := server.ReadBulk(all)
			if errno != "" || n == 0 {
				return true
			}
			read += n
			t.Deliver()
		}
		return read >= all
	})
}

// closing is a time in which a window was closed, as its sender knew it.
type closing struct {
	*tcp.Conn
	who     *tcp.Socket      // the sender
	peer    *tcp.Socket      // whose window it is
	zero    *tcp.Segment     // that closed it, as it came to the sender
	waits   int64            // bytes that had been written then, and had not left
	probes  []*tcp.Segment   // that left the sender meanwhile: nothing but a number that was sent before
	answers []*tcp.Segment   // that came meanwhile, and left it closed
	data    []*tcp.Segment   // that left for the first time meanwhile
	lost    []*tcp.Segment   // that would have opened it
	open    *tcp.Segment     // that opened it, as it came; nil: none did
	reads   []*journal.Event // the peer's, from when it closed the window until it opened it
}

// closings lists them.
func closings(v *tcp.View) []closing {
	return tcp.Derive(v, func(v *tcp.View) []closing {
		var all []closing
		for _, conn := range v.Conns {
			if conn.Server != nil && len(conn.Bulk) == 0 {
				all = append(all, closingsOf(v, conn, conn.Client)...)
				all = append(all, closingsOf(v, conn, conn.Server)...)
			}
		}
		return all
	})
}

func closingsOf(v *tcp.View, conn *tcp.Conn, who *tcp.Socket) []closing {
	var all []closing
	var now *closing
	for _, s := range who.Arrived(0, 0) {
		switch {
		case !s.Has(packet.ACK) || s.Has(packet.RST):
		case s.Packet.Win == 0 && now == nil:
			now = &closing{Conn: conn, who: who, peer: conn.Other(who), zero: s}
		case s.Packet.Win == 0:
			now.answers = append(now.answers, s)
		case now != nil:
			now.open = s
			all = append(all, *now)
			now = nil
		}
	}
	if now != nil {
		all = append(all, *now)
	}
	for i := range all {
		all[i].follow(v)
	}
	return all
}

// follow finds what happened meanwhile.
func (k *closing) follow(v *tcp.View) {
	until := 0
	if k.open != nil {
		until = k.open.N
	}
	before := tcp.Data(k.who.Sent(0, k.zero.N))
	k.waits = tcp.Moved(k.who.Writes(0, k.zero.N)) - tcp.Bytes(before)
	for _, s := range k.who.SentAll(k.zero.N, until) {
		switch {
		case s.Packet.Len > 0 && s.Repeats == 0:
			k.data = append(k.data, s)
		case s.Packet.Len == 0 && s.Is(packet.ACK) && sentBefore(s, before):
			k.probes = append(k.probes, s)
		}
	}
	k.lost = tcp.Where(k.who.Lost(k.zero.N, until), func(s *tcp.Segment) bool { return s.Has(packet.ACK) && s.Packet.Win > 0 })
	k.reads = k.peer.Reads(left(v, k.zero), tcp.N(k.opened(v)))
}

// opened is the segment that opened it, as it left the peer; nil: none did.
func (k *closing) opened(v *tcp.View) *journal.Event {
	if k.open == nil {
		return nil
	}
	return v.Event(left(v, k.open))
}

// left is the event in which a segment that came had left: on lo, the same.
func left(v *tcp.View, s *tcp.Segment) int {
	if s.Packet.Of != 0 && v.Event(s.Packet.Of) != nil {
		return s.Packet.Of
	}
	return s.N
}

// sentBefore says whether a segment has a number with which data was sent.
func sentBefore(s *tcp.Segment, data []*tcp.Segment) bool {
	for _, d := range data {
		if int32(s.Packet.Seq-d.Packet.Seq) >= 0 && int32(d.End()-s.Packet.Seq) > 0 {
			return true
		}
	}
	return false
}

// cite lets a finding rest on it.
func (k *closing) cite(c *claim.Case) {
	c.About(k.who, k.peer)
	c.CiteSegments(k.zero, k.open)
	c.CiteSegments(k.probes...)
}

// lastRead is the peer's last read that returned something while it was closed; nil: there was none.
func (k *closing) lastRead() *journal.Event {
	for i := len(k.reads) - 1; i >= 0; i-- {
		if k.reads[i].Call.Result > 0 {
			return k.reads[i]
		}
	}
	return nil
}
