package main

import (
	"net/netip"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// arrival is how the reply to a request comes.
type arrival int

// The arrivals.
const (
	inTime      arrival = iota
	fromServer          // the server answers late
	fromNetwork         // the server answers at once, and the wire holds the reply
)

// service answers requests over connections that stay open.
type service struct {
	*scenario.Listener
	t      *scenario.T
	lateBy time.Duration           // how late a late reply is
	holds  map[netip.AddrPort]bool // the clients to which the wire lets no reply pass
}

// serve makes a service on host b.
func serve(t *scenario.T) *service { return serveAt(t, scenario.ServerPort) }

// serveAt makes one at a port.
func serveAt(t *scenario.T, port uint16) *service {
	return &service{t.Listen(port), t, durationOf(t.Option(lateByFlag), usualLateness), map[netip.AddrPort]bool{}}
}

// takeBound bounds the wait for the rest of a request.
const takeBound = 500 * time.Millisecond

// take reads a request, all of it: where segments are small it comes in several. ok:
// there was one.
func (s *service) take(from *scenario.End) (q question, ok bool) {
	var b []byte
	s.t.Await(takeBound, func() bool {
		if !from.Readable() {
			return false
		}
		part, errno := from.Read(messageSize - len(b))
		b = append(b, part...)
		return len(b) >= messageSize || len(part) == 0 && errno != journal.EAGAIN
	})
	q, _, ok = parse(b, askWord)
	return q, ok
}

// reply answers a question over a connection, and lets that arrive.
func (s *service) reply(to *scenario.End, q question) {
	to.Write(string(q.reply(prize(q))))
	s.t.Deliver()
}

// isReply matches what the server sends of a reply.
func isReply(p *wire.Packet) bool { return p.From == "b" && len(p.Payload) > 0 }

// holdReplies keeps every reply on the wire.
func holdReplies(t *scenario.T) {
	t.Filter("b", "replies are held")
	t.Hold(isReply)
}

// replyHeld answers a question over a connection; the wire holds that, and what the
// server sends to the same client after it. It returns the client's address.
func (s *service) replyHeld(to *scenario.End, q question) (client netip.AddrPort) {
	s.t.Filter("b", "replies are held")
	now := true
	s.t.Hold(func(p *wire.Packet) bool {
		if now && isReply(p) && !s.holds[p.Dst] {
			client = p.Dst
			s.holds[client] = true
		}
		return isReply(p) && s.holds[p.Dst]
	})
	s.reply(to, q)
	now = false
	return client
}

// letGo lets what is held for a client arrive.
func (s *service) letGo(client netip.AddrPort) {
	s.t.Filter("b", "the reply is let go")
	delete(s.holds, client)
	for _, p := range s.t.Held("b") {
		if p.Dst == client {
			s.t.Carry(p)
		}
	}
	s.t.Deliver()
}
