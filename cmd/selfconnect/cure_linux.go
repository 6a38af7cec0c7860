package main

import (
	"net"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// detectAndRetry: compare getsockname with getpeername after connecting, drop
// the connection if they are equal, and try again; then what Go's own net.Dial
// does in the same place.
func detectAndRetry(r *scenario.Run) error {
	ports, err := localRange(r)
	if err != nil {
		return err
	}
	target, err := unreservedPort(r, ports)
	if err != nil {
		return err
	}
	if err := detect(r, ports, target); err != nil {
		return err
	}
	// The first port may be in TIME_WAIT now, so Go gets another.
	reserved, err := reservedNow(r)
	if err != nil {
		return err
	}
	other, err := freePort(r, ports, func(p uint16) bool { return p != target && !reserved.contains(p) })
	if err != nil {
		return err
	}
	return dial(r, other)
}

// retries is how often the client tries again, as Go's net package does.
const retries = 2

// detect is the client that compares, drops and tries again. Its first socket
// has the accident.
func detect(r *scenario.Run, ports portRange, target uint16) error {
	last, err := try(r, target, func(s *sock.Socket) error { return chooseSource(r, s, target) })
	for again := 0; err == nil && last.hit && again < retries; again++ {
		if err := drop(r, last.Socket); err != nil {
			return err
		}
		r.Settle()
		if err := widen(r, ports); err != nil {
			return err
		}
		last, err = try(r, target, nil)
	}
	if err != nil || last.hit {
		return err
	}
	_, err = last.Option(journal.SOError)
	return err
}

// drop closes a self-connection: in order, as clients do, but on the caller's
// own stack with RST, because TIME_WAIT would block a port there for a minute.
func drop(r *scenario.Run, s *sock.Socket) error {
	if r.Network() == journal.HostNet {
		return s.Reset()
	}
	return s.Close()
}

// widen gives back the range that chooseSource may have had to narrow.
func widen(r *scenario.Run, ports portRange) error {
	now, err := localRange(r)
	if err != nil || now == ports {
		return err
	}
	return r.Host("a").Set(rangeSetting, ports.String())
}

// dialBound bounds Go's connect().
const dialBound = 5 * time.Second

// dial lets net.Dial connect to the target, with a first socket that the
// kernel may give no source port but the target: the accident, once.
func dial(r *scenario.Run, target uint16) error {
	a := r.Host("a")
	attempts := 0
	dialer := net.Dialer{Timeout: dialBound, Control: func(_, _ string, c syscall.RawConn) error {
		attempts++
		if attempts > 1 {
			return nil
		}
		if r.Network() == journal.HostNet {
			if err := sock.ResetOnClose(c); err != nil { // as drop does
				return err
			}
		}
		return sock.SetOn(c, journal.IPLocalPortRange, journal.PortRange(target, target))
	}}
	if err := r.WatchPort(target); err != nil {
		return err
	}
	done := a.Foreign("net.Dial", []string{"tcp", a.At(target).String()}, func() (string, error) {
		conn, err := dialer.DialContext(r.Context(), "tcp", a.At(target).String())
		if err != nil {
			return "", err
		}
		out := conn.LocalAddr().String() + " → " + conn.RemoteAddr().String()
		return out, conn.Close()
	})
	r.Await(2*dialBound, done)
	return nil
}
