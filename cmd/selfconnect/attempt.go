package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
)

// attempt is one connect() to a port, from a source port of the kernel's choice.
type attempt struct {
	*scenario.End
	hit      bool // the kernel chose the target as its source: it is connected to itself
	stranger bool // something else answered: the target is no dead port
}

// try makes one attempt to connect to the target.
func try(t *scenario.T, target uint16, options ...scenario.SocketOption) attempt {
	s := t.Host("a").Socket(options...)
	s.Connect(t.Host("a").At(target))
	connected := s.State() == journal.Established
	hit := connected && s.Local() == s.Remote()
	return attempt{End: s, hit: hit, stranger: connected && !hit}
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
func (h hunt) run(t *scenario.T) (f found) {
	began := time.Now()
	t.Rounds(h.attempts, func() scenario.Round {
		f.tries++
		f.attempt = try(t, h.target)
		f.seconds = time.Since(began).Seconds()
		t.Progress("%s: %d attempts on port %d, %.0f a second", h.what, f.tries, h.target, f.rate())
		if f.hit || f.stranger {
			return scenario.Last
		}
		f.Close()
		if f.tries == 1 {
			return scenario.Keep
		}
		return scenario.Fold
	})
	switch {
	case f.hit:
		t.Note("%s: attempt %d hit port %d, after %.2f s, %.0f attempts a second", h.what, f.tries, h.target, f.seconds, f.rate())
	case f.stranger:
		t.Note("%s: something listens on port %d", h.what, h.target)
	default:
		t.Note("%s: none of %d attempts hit port %d, in %.2f s, %.0f attempts a second", h.what, f.tries, h.target, f.seconds, f.rate())
	}
	return f
}

// runAndReset is run for a hunt that another follows: what it hit is reset, so
// that the port is free for that.
func (h hunt) runAndReset(t *scenario.T) found {
	f := h.run(t)
	if f.hit {
		f.Reset()
	}
	return f
}

func (f found) rate() float64 { return float64(f.tries) / f.seconds }

// needsPortRange is why the source port cannot be arranged here.
const needsPortRange = "the host network needs IP_LOCAL_PORT_RANGE (Linux 6.3); take --net wire or --net loopback"

// chooseSource makes the kernel choose port as the socket's source: by
// IP_LOCAL_PORT_RANGE, or, before Linux 6.3 and in a private namespace, by
// narrowing ip_local_port_range. Both only narrow the kernel's own choice.
func chooseSource(t *scenario.T, port uint16) scenario.SocketOption {
	return func(s *scenario.End) {
		errno := s.TrySet(journal.IPLocalPortRange, journal.PortRange(port, port))
		switch {
		case errno == "":
		case errno == journal.ENOPROTOOPT && !t.OnHost():
			t.Sysctl("a", portrange.RangeSetting, portrange.Range{Low: port, High: port}.String())
		case errno == journal.ENOPROTOOPT:
			t.Stop("setsockopt(%s, IP_LOCAL_PORT_RANGE): %s: %s", s.ID(), errno, needsPortRange)
		default:
			t.Stop("setsockopt(%s, IP_LOCAL_PORT_RANGE): %s", s.ID(), errno)
		}
	}
}
