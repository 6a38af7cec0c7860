package main

import (
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
	lateBy time.Duration // how late a late reply is
	owed   []owed        // the replies that are late
}

// owed is a reply that is late.
type owed struct {
	to  *scenario.End // the server's end of the connection
	of  question
	due time.Time
	by  arrival
}

// serve makes a service on host b.
func serve(t *scenario.T) *service { return serveAt(t, scenario.ServerPort) }

// serveAt makes one at a port.
func serveAt(t *scenario.T, port uint16) *service {
	return &service{Listener: t.Listen(port), t: t, lateBy: durationOf(t.Option(lateByFlag), usualLateness)}
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

// postpone lets the reply to a request be late. The wire holds what the server sends at
// once, and what it sends again.
func (s *service) postpone(o owed) {
	s.owed = append(s.owed, o)
	if o.by == fromNetwork {
		holdReplies(s.t)
		s.reply(o.to, o.of)
	}
}

// deliverOwed lets the replies that are late arrive, when they are due.
func (s *service) deliverOwed() {
	for _, o := range s.owed {
		s.t.Wait(time.Until(o.due))
		if o.by == fromServer {
			s.reply(o.to, o.of)
		}
	}
	if len(s.owed) > 0 && s.owed[0].by == fromNetwork {
		s.t.Filter("b", "the replies are let go")
		s.t.Release()
	}
	s.owed = nil
}
