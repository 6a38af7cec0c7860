package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// Linux delays an acknowledgement for 40 ms, less one tick of at most 10 ms (TCP_DELACK_MIN in
// include/net/tcp.h). One that came sooner than this was not delayed. One that came later proves
// nothing, for the machine may be slow: that one was delayed which had not come when the other
// end's queue was read, this long after the data (reading).
const soon = 20 * time.Millisecond

// A kernel may delay by less: no longer than a route's rto_min, or tcp_rto_min_us, but by a tick at
// least (tcp_delack_max in net/ipv4/tcp_output.c). What came sooner than this was not delayed there
// either.
const atOnce = time.Millisecond / 2

// The times at which a step reads the sender's queue after it wrote, how long it waits for the
// acknowledgement then, and the most that it waits for anything.
const (
	reading  = 15 * time.Millisecond
	rest     = 85 * time.Millisecond
	patience = time.Second
)

// Words that pass. Those of a scenario differ where they are read as one.
const (
	question = "question"
	reply    = "reply"
)

// unread says whether so many bytes wait to be read: for Await.
func unread(e *scenario.End, n int) func() bool { return func() bool { return e.Unread() >= n } }

// ask lets one end ask, and the other read the question and answer at once.
func ask(t *scenario.T, from, to *scenario.End) {
	from.Write(question)
	t.Await(patience, unread(to, len(question)))
	to.Recv()
	to.Write(reply)
	t.Await(patience, unread(from, len(reply)))
	from.Recv()
}

// settled is how many answers are enough on every kernel for an end to delay.
const settled = 4

// pingPong makes both ends delay: each has answered as soon as it was sent something. One answer is
// enough (net.ipv4.tcp_pingpong_thresh); Linux 5.1 to 6.0 take three.
func pingPong(t *scenario.T, from, to *scenario.End) {
	for range settled {
		ask(t, from, to)
	}
}

// watch reads the queue of an end that has just sent something, a little later, and waits for the
// acknowledgement.
func watch(t *scenario.T, sender *scenario.End) {
	t.Wait(reading)
	sender.Look()
	t.Wait(rest)
}

// ack is the first segment that leaves an end after data has come to it, and so acknowledges what
// can be.
type ack struct {
	*tcp.Conn
	to     *tcp.Socket
	came   []*tcp.Segment // with data, since the end sent anything
	sent   *tcp.Segment
	atMost time.Duration  // after the last of these
	looked *journal.Event // the sender's queue, read while it was not acknowledged; nil: it was not
	beyond bool           // a hole was there: something before it had not come, or just came
}

// acks lists them, of both ends.
var acks = tcp.Derived(func(v *tcp.View) []*ack {
	var all []*ack
	for _, conn := range v.Conns {
		if conn.Server != nil {
			all = append(all, acksOf(v, conn.Server)...)
			all = append(all, acksOf(v, conn.Client)...)
		}
	}
	return all
})

func acksOf(v *tcp.View, to *tcp.Socket) []*ack {
	var all []*ack
	came := tcp.Data(to.NewlyArrived(0, 0))
	for _, s := range tcp.With(to.SentAll(0, 0), packet.ACK) {
		a := &ack{Conn: to.Conn, to: to, sent: s}
		for len(came) > 0 && came[0].N < s.N {
			a.came, came = append(a.came, came[0]), came[1:]
		}
		if len(a.came) == 0 {
			continue
		}
		a.beyond = a.hole() || len(all) > 0 && all[len(all)-1].hole()
		a.measure(v)
		all = append(all, a)
	}
	return all
}

// hole says whether it does not acknowledge what came last.
func (a *ack) hole() bool { return !covers(a.sent, a.last()) }

// last is the data that came last.
func (a *ack) last() *tcp.Segment { return tcp.Last(a.came) }

// measure says how long the acknowledgement took: not longer than from before the data came. On
// the wire that is when it was handed to the host; elsewhere it is no later than its sender's call
// began, for both were captured later than they passed.
func (a *ack) measure(v *tcp.View) {
	from := a.last().T
	sender := a.Other(a.to)
	if !v.OnWire() {
		if sent := tcp.Last(sender.Writes(0, a.last().N+1)); sent != nil {
			from = min(from, sent.T)
		}
	}
	a.atMost = time.Duration(a.sent.T - from)
	for _, state := range []string{journal.Established, journal.CloseWait, journal.FinWait1} {
		for _, e := range sender.Samples(state, a.last().N, a.sent.N) {
			if e.Sample.TxQueue > 0 && time.Duration(e.T-a.last().T) >= reading/2 {
				a.looked = e
			}
		}
	}
}

// delayed says whether it had not come when the sender's queue was read; prompt, whether it came
// sooner than any that is delayed. Neither: the machine was too slow to tell.
func (a *ack) delayed() bool { return a.looked != nil }
func (a *ack) prompt() bool  { return a.looked == nil && a.atMost < soon }

// pure says whether it carried nothing else.
func (a *ack) pure() bool { return a.sent.Packet.Len == 0 && a.sent.Is(packet.ACK) }

// Cite lets a finding rest on it.
func (a *ack) Cite(c *claim.Case) {
	c.About(a.to, a.Other(a.to))
	c.CiteSegments(a.came...)
	c.CiteSegments(a.sent)
	c.Cite(a.looked)
}

// decide says that it must be known whether it was delayed.
func (a *ack) decide(c *claim.Case) {
	c.Given(a.delayed() || a.prompt(), "%s acknowledged after up to %s: too late to have been prompt for certain, and nobody looked meanwhile", a.to.ID, claim.Milliseconds(a.atMost))
	c.Given(a.delayed() || a.atMost < atOnce || waits(c.View), noneWaited)
}

// noneWaited is why nothing in a run is known to have been prompt.
const noneWaited = "no acknowledgement was seen to wait for 40 ms: this kernel may delay for less (a route's rto_min, tcp_rto_min_us), so one that came soon may have waited too"

// waits says whether an acknowledgement was seen to be delayed, which shows by how much this kernel
// delays.
func waits(v *tcp.View) bool {
	return slices.ContainsFunc(acks(v), (*ack).delayed)
}

// when is how long it took, in words.
func (a *ack) when() string {
	if a.delayed() {
		return "after " + claim.Milliseconds(a.atMost)
	}
	return "at once"
}

// answers says whether an end had sent data of its own before.
func (a *ack) answers() bool { return len(tcp.Data(a.to.Sent(0, a.came[0].N))) > 0 }

// promptly says whether an end had answered, before an event, so soon after it was sent something
// that it delays from then on.
func promptly(s *tcp.Socket, before int) bool {
	answer := tcp.Last(s.Writes(0, before))
	asked := tcp.Last(s.Peer().Writes(0, tcp.N(answer)))
	return answer != nil && asked != nil && time.Duration(answer.T+answer.Call.TookNS-asked.T) < soon
}

// The situations in which data comes.
const (
	fresh    = "fresh connection"
	pingpong = "ping-pong"
	response = "a response"
	full     = "full segments"
	outOf    = "out of order"
)

// defaultSegment is what Linux takes for a full segment until it has seen larger ones
// (TCP_MSS_DEFAULT): more than that is acknowledged at once.
const defaultSegment = 536

// situation is the one in which the data came.
func (a *ack) situation() string {
	switch {
	case a.beyond:
		return outOf
	case tcp.Bytes(a.came) > defaultSegment:
		return full
	case a.to == a.Client:
		return response
	case a.answers():
		return pingpong
	}
	return fresh
}
