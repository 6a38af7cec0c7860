package load

import (
	"errors"
	"slices"
	"syscall"
)

// server is the end of a connection that answers.
type server struct {
	*shard
	end
	anyOrder bool   // it may answer a request before one that came earlier
	owed     []owed // what it has still to answer, in the order of the requests
	gaveUp   uint64 // the request that the client has given up last, as it has said
	gaveUps  int64  // how many it has said so of
	out      []byte // what the kernel has not taken yet
}

// owed is a reply that is late, or behind one that is.
type owed struct {
	number uint64
	late   bool
	due    bool // its time has come
	// giveUps is how many times more the client shall give up before it gets this
	// reply. That its patience ends before a late reply comes is not left to a race:
	// the client has to say so.
	giveUps int64
}

// ready reads the requests that are there and answers them.
func (s *server) ready() error {
	if err := s.send(); err != nil {
		return err
	}
	for {
		b, more, err := s.read(s.scratch)
		if err != nil {
			return err
		}
		for len(b) >= frameSize {
			s.ask(requestIn(b))
			b = b[frameSize:]
		}
		s.keep(b)
		if !more {
			return s.send()
		}
	}
}

// ask takes a request, and answers it if nothing stands against it.
func (s *server) ask(r request) {
	if r.gaveUp != s.gaveUp {
		s.gaveUp = r.gaveUp
		s.gaveUps++
		s.told()
	}
	late := s.plan.late(r.number)
	if !late && (s.anyOrder || len(s.owed) == 0) {
		s.out = replyTo(r.number).appendTo(s.out)
		return
	}
	o := owed{number: r.number, late: late, giveUps: s.giveUps}
	if s.anyOrder {
		o.giveUps = min(o.giveUps, 1) // it holds up no others
	}
	s.owed = append(s.owed, o)
	if s.anyOrder || len(s.owed) == 1 {
		s.late.add(lateReply{r.sent + int64(s.config.LateBy), s, r.number})
	}
}

// told notes that the client has given up a request: in order, one that waits for
// the first of the replies, or behind it.
func (s *server) told() {
	i := 0
	if s.anyOrder {
		i = s.find(s.gaveUp)
	}
	if 0 <= i && i < len(s.owed) {
		s.owed[i].giveUps--
		s.release()
	}
}

// find is where the reply to a request stands among those that are owed; -1: it
// is not.
func (s *server) find(number uint64) int {
	return slices.IndexFunc(s.owed, func(o owed) bool { return o.number == number })
}

// come makes a late reply due.
func (s *server) come(number uint64) error {
	i := s.find(number)
	if i < 0 {
		return nil // the connection was closed before
	}
	s.owed[i].due = true
	s.release()
	return s.send()
}

// release answers what can be answered, all at once, so that the replies reach the
// client together. In order that is up to the next late one, which takes its time
// from now on.
func (s *server) release() {
	held, before := false, len(s.owed)
	s.owed = slices.DeleteFunc(s.owed, func(o owed) bool {
		if held && !s.anyOrder {
			return false
		}
		held = o.late && (!o.due || o.giveUps > 0)
		if !held {
			s.out = replyTo(o.number).appendTo(s.out)
		}
		return !held
	})
	if !s.anyOrder && 0 < len(s.owed) && len(s.owed) < before {
		s.late.add(lateReply{s.now() + int64(s.config.LateBy), s, s.owed[0].number})
	}
}

// keeps says whether the reply to this request is kept back until the client,
// which has given up so many, gives up once more.
func (s *server) keeps(number uint64, gaveUps int64) bool {
	if !s.anyOrder {
		return len(s.owed) > 0 && s.owed[0].giveUps > gaveUps-s.gaveUps
	}
	i := s.find(number)
	return i >= 0 && s.owed[i].giveUps > 0
}

// send writes as much as the kernel takes; the rest goes when there is room.
func (s *server) send() error {
	for len(s.out) > 0 {
		n, err := syscall.Write(s.fd, s.out)
		switch {
		case n > len(s.out):
			return s.failed("write", errTooMuch)
		case err == nil:
			s.out = s.out[:copy(s.out, s.out[n:])]
		case errors.Is(err, syscall.EAGAIN):
			return nil
		case !errors.Is(err, syscall.EINTR):
			return s.failed("write", err)
		}
	}
	return nil
}
