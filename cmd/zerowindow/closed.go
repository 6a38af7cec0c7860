package main

import (
	"cmp"
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
	who     *tcp.Socket      // the sender
	peer    *tcp.Socket      // whose window it is
	zero    *tcp.Segment     // that closed it, as it came to the sender
	waits   int64            // bytes that had been written then, and had not left
	probes  []*tcp.Segment   // that left the sender meanwhile: nothing but a number that was sent before
	answers []*tcp.Segment   // that came meanwhile, and left it closed
	data    []*tcp.Segment   // that left for the first time meanwhile
	lost    []*tcp.Segment   // that would have opened it
	open    *tcp.Segment     // that opened it, as it came; nil: none did
	opened  *journal.Event   // in which it had left the peer
	lasted  time.Duration    // how long it was closed
	reads   []*journal.Event // the peer's that returned data, from when it closed the window until it opened it
}

// closings lists them.
var closings = tcp.Derived(func(v *tcp.View) []closing {
	var all []closing
	for _, s := range v.Paired() {
		if len(s.Conn.Bulk) == 0 {
			all = append(all, closingsOf(v, s)...)
		}
	}
	return all
})

func closingsOf(v *tcp.View, who *tcp.Socket) []closing {
	var all []closing
	closed := false
	for _, s := range offers(who) {
		last := len(all) - 1
		switch zero := s.Packet.Win == 0; {
		case zero && closed:
			all[last].answers = append(all[last].answers, s)
		case zero:
			all = append(all, closing{who: who, peer: who.Peer(), zero: s})
		case closed:
			all[last].open = s
		}
		closed = s.Packet.Win == 0
	}
	for i := range all {
		all[i].follow(v)
	}
	return all
}

// follow finds what happened meanwhile.
func (k *closing) follow(v *tcp.View) {
	until := 0
	k.lasted = v.Until(k.zero.Event, nil)
	if k.open != nil {
		until, k.opened, k.lasted = k.open.N, left(v, k.open), v.Until(k.zero.Event, k.open.Event)
	}
	k.waits = tcp.Moved(k.who.Writes(0, k.zero.N)) - tcp.Bytes(k.who.Sent(0, k.zero.N))
	k.data = tcp.Data(k.who.Sent(k.zero.N, until))
	k.probes = k.who.Probes(k.zero.N, until)
	k.lost = tcp.Where(k.who.Lost(k.zero.N, until), hasRoom)
	k.reads = k.peer.Received(left(v, k.zero).N, tcp.N(k.opened))
}

// hasRoom says whether a segment offers a window.
func hasRoom(s *tcp.Segment) bool { return s.Has(packet.ACK) && s.Packet.Win > 0 }

// left is the event in which a segment that came had left: on lo, the same.
func left(v *tcp.View, s *tcp.Segment) *journal.Event { return cmp.Or(v.Event(s.Packet.Of), s.Event) }

// Cite lets a finding rest on it.
func (k closing) Cite(c *claim.Case) {
	c.About(k.who, k.peer)
	c.CiteSegments(k.zero, k.open)
	c.CiteSegments(k.probes...)
}
