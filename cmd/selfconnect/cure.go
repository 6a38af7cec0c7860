package main

import (
	"net"
	"syscall"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// detectAndRetry: compare getsockname with getpeername after connecting, drop
// the connection if they are equal, and try again; then what Go's own net.Dial
// does in the same place, on another port: the first may be in TIME_WAIT now.
func detectAndRetry(t *scenario.T) {
	ports := localRange(t)
	target := unreservedPort(t, ports)
	detect(t, ports, target)
	reserved := reservedNow(t)
	dial(t, freePort(t, ports, func(p uint16) bool { return p != target && !reserved.Contains(p) }))
}

// retries is how often the client tries again, as Go's net package does.
const retries = 2

// detect is the client that compares, drops and tries again. Its first socket
// has the accident.
func detect(t *scenario.T, ports portrange.Range, target uint16) {
	last := try(t, target, chooseSource(t, target))
	for again := 0; last.hit && again < retries; again++ {
		drop(t, last.End)
		if localRange(t) != ports { // chooseSource has narrowed it
			t.Sysctl("a", portrange.RangeSetting, ports.String())
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
		out := journal.PairText(journal.Address(conn.LocalAddr().String()), journal.Address(conn.RemoteAddr().String()))
		return out, conn.Close()
	})
	t.Await(2*dialBound, done)
}

// goDial is the name under which net.Dial is journalled.
const goDial = "net.Dial"

// curedByHand expects that a client that compares its own address with its peer's after
// connecting, drops a self-connection and tries again gets the dead port's honest answer.
func curedByHand(c *claim.Case, s *tcp.Socket) {
	c.Cite(proof(s)...)
	all := attempts(c.View)
	c.Given(len(all) > 0, "the journal does not show %s connecting", s.ID)
	retry := all[len(all)-1] // the client tries again until it is not itself
	closed := c.First(s.CallsOf(0, 0, "close"))
	c.Given(retry.Socket != s && closed != nil && closed.N < retry.connect.N, "the self-connection was dropped, but nothing was tried again")
	c.Cite(retry.connect)
	c.About(retry.Socket)
	again := c.All(proof(retry.Socket))
	c.Expect(again == nil, "the last retry, %s, connected to itself again", retry.ID)
	refusal := refusalOf(retry)
	c.Cite(refusal)
	c.Given(refusal != nil, "the retry, %s, was not refused by the dead port either", retry.ID)
}

// refusalOf is the call by which a client got ECONNREFUSED: connect() itself, or the reading
// of SO_ERROR after it. Nil: it did not.
func refusalOf(a connecting) *journal.Event {
	if a.connect.Call.Errno == journal.ECONNREFUSED {
		return a.connect
	}
	for _, e := range a.CallsOf(a.connect.N, 0, "getsockopt") {
		if pending, _ := e.Call.SocketError(); pending == journal.ECONNREFUSED {
			return e
		}
	}
	return nil
}

// firstSelf is the first socket that connected to itself.
func firstSelf(v *tcp.View) []*tcp.Socket { return selves(v)[:min(1, len(selves(v)))] }

// cured is the phenomenon: the cure by hand.
var cured = claim.Phenomenon{
	Needs: claim.NeedsInfo, Precondition: "no socket connected to itself",
	Rule: claim.Each(firstSelf, func(c *claim.Case, s *tcp.Socket) {
		curedByHand(c, s)
		c.Holds("the self-connection %s was known by its addresses and dropped, and the retry got the dead port's honest answer, ECONNREFUSED", s.ID)
	}),
}

var sc9 = claim.Claim{
	ID:        "SC9",
	Statement: "a client that compares local and remote address after connecting, disconnects and retries, is cured (Go's net package does)",
	Source:    claim.Article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "the first attempt connects to itself, and the retry may choose another source port",
	Rule: claim.Each(firstSelf, func(c *claim.Case, s *tcp.Socket) {
		curedByHand(c, s)
		dial := c.GivenFirst(c.Calls(goDial), "the client's own check cured it, but Go's %s was not tried", goDial)
		target := dial.Call.Address()
		c.Expect(dial.Call.Errno != "" || dial.Call.Out != journal.PairText(target, target), "the client's own check cured it, but Go's %s returned the self-connection %s", goDial, dial.Call.Out)
		accident := c.FirstSegment(ownSYNACKs(c.View, target))
		c.Given(accident != nil, "the client's own check cured it, but Go's first socket did not connect to itself: %s", claim.Returned(dial))
		c.Given(dial.Call.Errno == journal.ECONNREFUSED, "the client's own check cured it; Go's %s ended with %s", goDial, claim.Returned(dial))
		c.Holds("both retries got the dead port's honest answer, ECONNREFUSED, after a self-connection each: the client's own and Go's %s", goDial)
	}),
}

// ownSYNACKs are the SYN-ACKs that an address sent itself, delivered: what used it was
// connected to itself.
func ownSYNACKs(v *tcp.View, address journal.Address) []*tcp.Segment {
	return tcp.Where(v.Segments(journal.AtDelivered), func(s *tcp.Segment) bool {
		return s.Packet.Src == address && s.Packet.Dst == address && s.Is(packet.SYN|packet.ACK)
	})
}
