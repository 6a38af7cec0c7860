package main

import (
	"net"
	"syscall"
	"time"

	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// detectAndRetry: compare getsockname with getpeername after connecting, drop
// the connection if they are equal, and try again; then what Go's own net.Dial
// does in the same place.
func detectAndRetry(r *repro.Run) error {
	ports, err := localRange(r)
	if err != nil {
		return err
	}
	target, err := targetPort(r, insidePort, ports, anyPort)
	if err != nil {
		return err
	}
	first, err := try(r, target, func(s *sock.Socket) error { return chooseSource(r, s, target) })
	if err != nil {
		return err
	}
	if err := first.Close(); err != nil {
		return err
	}
	r.Settle()
	if err := widen(r, ports); err != nil {
		return err
	}
	if _, err := try(r, target, nil); err != nil {
		return err
	}
	// The first port is in TIME_WAIT now, so Go gets another.
	other, err := freePort(r, ports, func(p uint16) bool { return p != target })
	if err != nil {
		return err
	}
	return dial(r, other)
}

// widen gives back the range that chooseSource may have had to narrow.
func widen(r *repro.Run, ports portRange) error {
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
func dial(r *repro.Run, target uint16) error {
	a := r.Host("a")
	attempts := 0
	dialer := net.Dialer{Timeout: dialBound, Control: func(_, _ string, c syscall.RawConn) error {
		attempts++
		if attempts > 1 {
			return nil
		}
		return sock.LocalPortRange.On(c, sock.PortRange(target, target))
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
