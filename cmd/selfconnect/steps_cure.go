package main

import (
	"net"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// detectAndRetry: compare getsockname with getpeername after connecting, drop
// the connection if they are equal, and try again; then what Go's own net.Dial
// does in the same place, on another port: the first may be in TIME_WAIT now.
func detectAndRetry(t *scenario.T) {
	ports := localRange(t)
	target := unreservedPort(t, ports)
	detect(t, ports, target)
	reserved := reservedNow(t)
	dial(t, freePort(t, ports, func(p uint16) bool { return p != target && !reserved.contains(p) }))
}

// retries is how often the client tries again, as Go's net package does.
const retries = 2

// detect is the client that compares, drops and tries again. Its first socket
// has the accident.
func detect(t *scenario.T, ports portRange, target uint16) {
	last := try(t, target, chooseSource(t, target))
	for again := 0; last.hit && again < retries; again++ {
		drop(t, last.End)
		if localRange(t) != ports { // chooseSource has narrowed it
			t.Sysctl("a", rangeSetting, ports.String())
		}
		last = try(t, target)
	}
	if !last.hit {
		last.Err()
	}
}

// drop closes a self-connection: in order, as clients do, but on the caller's
// own stack with RST, because TIME_WAIT would block a port there for a minute.
func drop(t *scenario.T, s *scenario.End) {
	if t.OnHost() {
		s.Reset()
		return
	}
	s.Close()
}

// dialBound bounds Go's connect().
const dialBound = 5 * time.Second

// dial lets net.Dial connect to the target, with a first socket that the
// kernel may give no source port but the target: the accident, once.
func dial(t *scenario.T, target uint16) {
	attempts, to := 0, t.Host("a").At(target).String()
	dialer := net.Dialer{Timeout: dialBound, Control: func(_, _ string, c syscall.RawConn) error {
		if attempts++; attempts > 1 {
			return nil
		}
		if t.OnHost() { // as drop does
			if err := t.ResetOnClose(c); err != nil {
				return err
			}
		}
		return t.SetOn(c, journal.IPLocalPortRange, journal.PortRange(target, target))
	}}
	t.WatchPort(target)
	done := t.Host("a").Library("net.Dial", []string{"tcp", to}, func() (string, error) {
		conn, err := dialer.DialContext(t.Context(), "tcp", to)
		if err != nil {
			return "", err
		}
		out := conn.LocalAddr().String() + " → " + conn.RemoteAddr().String()
		return out, conn.Close()
	})
	t.Await(2*dialBound, done)
}
