package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// attempt is one connect() to a port, from a source port of the kernel's choice.
type attempt struct {
	*sock.Socket
	hit      bool // the kernel chose the target as its source: it is connected to itself
	stranger bool // something else answered: the target is no dead port
}

// try makes one attempt to connect to the target; before, if not nil, prepares
// the socket.
func try(r *scenario.Run, target uint16, before func(*sock.Socket) error) (attempt, error) {
	a := r.Host("a")
	s, err := a.Socket()
	if err != nil {
		return attempt{}, err
	}
	if before != nil {
		if err := before(s); err != nil {
			return attempt{Socket: s}, err
		}
	}
	_ = s.Connect(a.At(target)) // its errno is evidence, already in the journal
	r.Settle()
	if s.Seen(journal.TCPInfo) != journal.Established {
		return attempt{Socket: s}, nil
	}
	local, err := s.Local()
	if err != nil {
		return attempt{Socket: s}, err
	}
	peer, err := s.Remote()
	if err != nil {
		return attempt{Socket: s}, err
	}
	return attempt{Socket: s, hit: local == peer, stranger: local != peer}, nil
}

// hunt is a series of attempts to connect to a dead local port.
type hunt struct {
	what     string // for the progress line
	target   uint16
	attempts int // at most
}

// found is what a hunt came to.
type found struct {
	attempt         // the one that hit, still connected
	tries   int     // made, with the one that hit
	seconds float64 // they took
}

// run makes attempts until one hits, something else answers, or all are spent. The first is kept whole
// in the journal, and the one that hit; the others are counted.
func (h hunt) run(r *scenario.Run) (found, error) {
	began := time.Now()
	f := found{}
	var err error
	for f.tries < h.attempts && !f.hit && !f.stranger && err == nil && r.OK() {
		f.tries++
		r.Trial(func() (keep bool) {
			f.attempt, err = try(r, h.target, nil)
			if err != nil || f.hit || f.stranger {
				return true
			}
			err = f.Close()
			return f.tries == 1 || err != nil
		})
		f.seconds = time.Since(began).Seconds()
		r.Progress("%s: %d attempts on port %d, %.0f a second", h.what, f.tries, h.target, f.rate())
	}
	switch {
	case f.hit:
		r.Note("%s: attempt %d hit port %d, after %.2f s, %.0f attempts a second", h.what, f.tries, h.target, f.seconds, f.rate())
	case f.stranger:
		r.Note("%s: something listens on port %d", h.what, h.target)
	default:
		r.Note("%s: none of %d attempts hit port %d, in %.2f s, %.0f attempts a second", h.what, f.tries, h.target, f.seconds, f.rate())
	}
	return f, err
}

// runAndReset is run for a hunt that another follows: what it hit is reset, so
// that the port is free for that.
func (h hunt) runAndReset(r *scenario.Run) (found, error) {
	f, err := h.run(r)
	if err == nil && f.hit {
		err = f.Reset()
	}
	return f, err
}

func (f found) rate() float64 { return float64(f.tries) / f.seconds }

// errNeedsPortRange is that the source port cannot be arranged here.
var errNeedsPortRange = errors.New("the host network needs IP_LOCAL_PORT_RANGE (Linux 6.3); take --net wire or --net loopback")

// chooseSource makes the kernel choose port as the socket's source: by
// IP_LOCAL_PORT_RANGE, or, before Linux 6.3 and in a private namespace, by
// narrowing ip_local_port_range. Both only narrow the kernel's own choice.
func chooseSource(r *scenario.Run, s *sock.Socket, port uint16) error {
	err := s.SetOption(journal.IPLocalPortRange, journal.PortRange(port, port))
	if err == nil || !errors.Is(err, syscall.ENOPROTOOPT) {
		return err
	}
	if r.Network() == journal.HostNet {
		return fmt.Errorf("%w: %w", err, errNeedsPortRange)
	}
	return r.Host("a").Set(rangeSetting, portRange{port, port}.String())
}
