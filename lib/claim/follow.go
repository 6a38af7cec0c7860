package claim

import (
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// Transition is a change of state that a claim expects, with the segment that causes it.
type Transition struct {
	From, To string
	On       packet.Flags // of the segment, besides PSH, ECE and CWR; 0: any cause
}

// Follows expects that a socket went through the transitions as a witness saw it, each on
// the segment named. A witness that skipped a state cannot tell: off the wire the change
// passes between two of its looks.
func (c *Case) Follows(s *tcp.Socket, by journal.Witness, path ...Transition) {
	c.About(s)
	at := 0
	for _, t := range path {
		e := leaves(s, t.From, at, by)
		c.Given(e != nil, "%s did not see %s leave %s", by, s.Name(), t.From)
		c.Cite(e)
		c.Given(e.State.To == t.To || c.OnWire(), "it went from %s to %s between two looks: on %s what lies between passes inside one system call, unseen by %s",
			t.From, e.State.To, c.Journal.Network, by)
		if e.State.To == journal.Gone && (t.To == journal.FinWait2 || t.To == journal.TimeWait) {
			c.MayWait(s)
		}
		c.Expect(e.State.To == t.To, "%s went from %s to %s, not to %s", s.Name(), t.From, e.State.To, t.To)
		at = e.N
		if t.On == 0 || !c.OnWire() {
			continue // elsewhere packets and states are not seen in step
		}
		cause := c.Cause(e)
		c.Cite(cause)
		c.Expect(c.View.Segment(cause).Is(t.On), "%s went to %s, but not on %s", s.Name(), t.To, t.On.InProse())
		c.Given(!c.SentBetween(cause, e), "a segment left %s before it was seen to go to %s: it is not certain that %s caused it", s.Name(), t.To, t.On.InProse())
	}
}

// MayWait asks that the kernel has kept every TIME_WAIT of a socket's host, and every FIN_WAIT2 that
// no descriptor refers to: beyond tcp_max_tw_buckets it keeps none, and counts that (tcp_time_wait
// in net/ipv4/tcp_minisocks.c). Where a claim fails because there was none, this comes first.
func (c *Case) MayWait(s *tcp.Socket) {
	c.Given(c.Has(journal.Counters), "whether the kernel could keep a TIME_WAIT is not known: its counters were not read")
	n, counted := c.Counted(c.StackOf(s.Host), "TCPTimeWaitOverflow")
	c.Cite(counted...)
	c.Given(n == 0, "the kernel had no room for %d sockets in TIME_WAIT, or in FIN_WAIT2 without a descriptor: tcp_max_tw_buckets", n)
}

// leaves is the first change away from a state after an event.
func leaves(s *tcp.Socket, state string, after int, by journal.Witness) *journal.Event {
	for _, e := range s.States(by) {
		if e.N > after && e.State.From == state {
			return e
		}
	}
	return nil
}
