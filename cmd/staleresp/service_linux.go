package main

import (
	"errors"
	"syscall"
	"time"

	"sockproof/lib/scenario"
	"sockproof/lib/sock"
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
	*scenario.Server
	r      *scenario.Run
	lateBy time.Duration // how late a late reply is
	owed   []owed        // the replies that are late
}

// owed is a reply that is late.
type owed struct {
	to   *sock.Socket // the server's end of the connection
	of   question
	due  time.Time
	held bool // it was sent, and is on the wire
}

// serve makes a service on host b.
func serve(r *scenario.Run) (*service, error) { return serveAt(r, scenario.ServerPort) }

// serveAt makes one at a port.
func serveAt(r *scenario.Run, port uint16) (*service, error) {
	s, err := r.Host("b").Listen(port)
	return &service{Server: s, r: r, lateBy: durationOf(r.Option(lateByFlag), usualLateness)}, err
}

// takeBound bounds the wait for the rest of a request.
const takeBound = 500 * time.Millisecond

// take reads a request, all of it: where segments are small it comes in several. ok:
// there was one.
func (s *service) take(from *sock.Socket) (q question, ok bool) {
	var b []byte
	s.r.Await(takeBound, func() bool {
		if !from.Readable() {
			return false
		}
		part, err := from.Read(messageSize - len(b))
		b = append(b, part...)
		return len(b) >= messageSize || len(part) == 0 && !errors.Is(err, syscall.EAGAIN)
	})
	q, _, ok = parse(b, askWord)
	return q, ok
}

// reply answers a question over a connection, and lets that arrive.
func (s *service) reply(to *sock.Socket, q question) {
	_, _ = to.Write(q.reply(prize(q)))
	s.r.Deliver()
}

// postpone lets the reply to a request be late, for this reason.
func (s *service) postpone(to *sock.Socket, o outstanding, why arrival) {
	late := owed{to: to, of: o.question, due: o.at.Add(s.lateBy)}
	if why == fromNetwork {
		holdReplies(s.r)
		s.reply(to, o.question)
		late.held = true
	}
	s.owed = append(s.owed, late)
}

// holdReplies keeps on the wire what the server says.
func holdReplies(r *scenario.Run) {
	r.Rule("b", "replies are held")
	r.Wire().SetRule(func(p *wire.Packet) wire.Fate {
		if p.From == "b" && len(p.Payload) > 0 {
			return wire.Hold
		}
		return wire.Wait
	})
}

// deliver lets the replies arrive that are late, when they are due.
func (s *service) deliver() {
	for _, late := range s.owed {
		s.r.Await(time.Until(late.due), scenario.Never)
		if late.held {
			s.r.Rule("b", "the reply is let go")
			s.r.Wire().SetRule(nil)
			s.r.Wire().ReleaseAll()
			s.r.Deliver()
			continue
		}
		s.reply(late.to, late.of)
	}
	s.owed = nil
}
