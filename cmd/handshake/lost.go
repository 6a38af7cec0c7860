package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// The settings of how often a SYN is sent again.
const (
	synRetries     = "net.ipv4.tcp_syn_retries"
	linearTimeouts = "net.ipv4.tcp_syn_linear_timeouts"
)

// untilAgain bounds the wait for what the kernel sends again after a second.
const untilAgain = 3 * time.Second

// thirdLost: the third segment is lost. The client's data completes the opening; on a second
// connection the client says nothing, and the server's SYN-ACK comes again.
func thirdLost(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	t.Drop(isThird)
	client := l.Dial()
	l.Queued(client)
	t.Rule(nil)
	client.Send("hello")
	server := l.AcceptFrom(client)
	server.Recv()

	t.Drop(isThird)
	silent := l.Dial()
	entry := l.Queued(silent)
	t.Rule(nil)
	t.Await(untilAgain, func() bool { return entry.Seen(journal.SockDiag) == journal.Established })
	l.AcceptFrom(silent)
}

// synLost: nobody answers a SYN. It is sent again, at the limit connect() fails; in full with the
// default settings. Before that one SYN, and one SYN-ACK, is lost.
func synLost(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	t.Drop(scenario.Once(wire.IsSYN))
	client := l.Dial()
	l.AcceptFrom(client)
	t.Drop(scenario.Once(wire.IsSYNACK))
	client = l.Dial()
	l.AcceptFrom(client)

	t.Drop(wire.IsSYN)
	untilTimedOut := fullSYNs
	if t.Full() {
		t.Setting("a", synRetries)
	} else {
		untilTimedOut = 6 * time.Second
		t.Sysctl("a", synRetries, "1")
		_ = t.TrySysctl("a", linearTimeouts, "0") // Linux 6.5; before, there were none
	}
	client = l.Start()
	t.Await(untilTimedOut, func() bool { return client.State() == journal.Close })
	client.Err()
}

// fullSYNs is how long the default series of SYNs lasts, and more.
const fullSYNs = 150 * time.Second

// loss is a segment of an opening that the wire dropped, the first of its kind, and what was sent in its place before
// anything else came.
type loss struct {
	opening
	lost  *tcp.Segment
	again []*tcp.Segment // of the same end, before anything came to it, and while it was asked nothing
	next  *journal.Event // what ended this; nil: the steps did
}

func losses(v *tcp.View) []loss {
	var all []loss
	for _, x := range openings(v) {
		for _, flag := range []packet.Flags{packet.SYN, packet.ACK} {
			lost := tcp.First(tcp.Where(x.Segments, func(s *tcp.Segment) bool { return s.Is(flag) && x.isLoss(v, s) }))
			if lost != nil {
				all = append(all, x.lose(lost))
			}
		}
	}
	return all
}

// isLoss says whether a segment of the client without data was sent for the first time, and dropped.
func (x *opening) isLoss(v *tcp.View, s *tcp.Segment) bool {
	sent := v.Segment(v.Event(s.Packet.Of))
	return s.Packet.At == journal.AtDropped && sent != nil && sent.Repeats == 0 && s.Packet.Src == x.Client.Local && s.Packet.Len == 0
}

// lose finds what was sent in the place of a segment.
func (x *opening) lose(s *tcp.Segment) loss {
	k := loss{opening: *x, lost: s, next: tcp.First(x.Client.CallsOf(s.N, 0, tcp.Sending...))}
	if came := x.Client.Arrived(s.N, tcp.N(k.next)); len(came) > 0 {
		k.next = came[0].Event
	}
	k.again = tcp.Where(x.Client.SentAll(s.N, tcp.N(k.next)), func(o *tcp.Segment) bool { return o.Control() == s.Control() })
	return k
}

var hs17 = claim.Claim{
	ID: "HS17", Statement: "a SYN takes a sequence number, so it is retransmitted; an ACK takes none, so it is not",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no SYN and no ACK of an opening was lost",
	Rule: claim.Each(losses, func(c *claim.Case, x loss) {
		c.CiteSegments(x.lost)
		c.CiteSegments(x.again...)
		c.Cite(x.next)
		if x.lost.Has(packet.SYN) {
			c.ExpectSeen(len(x.again) > 0 || tcp.First(x.Client.CallsOf(x.lost.N, 0, "close")) != nil, "the SYN of %s was lost, and not sent again", x.Client.ID)
			c.If(len(x.again) > 0)
			c.Holds("the SYN of %s was lost, and sent again", x.Client.ID)
		}
		c.Expect(len(x.again) == 0, "the ACK of %s was lost, and sent again before anything came", x.Client.ID)
		c.If(x.next != nil && time.Duration(x.next.T-x.lost.T) > 500*time.Millisecond) // else there was no time for it
		c.Absent()
		c.Holds("the ACK of %s was lost, and was sent again only in answer to the SYN-ACK that came again", x.Client.ID)
	}),
}

// late is an opening whose third segment was lost.
func lates(v *tcp.View) []loss {
	return tcp.Where(losses(v), func(x loss) bool { return x.lost.Is(packet.ACK) })
}

// isCompleted is the phenomenon: what comes in its place completes the opening.
var isCompleted = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: "no third segment was lost",
	Rule: claim.Each(lates, func(c *claim.Case, x loss) {
		c.CiteSegments(x.lost)
		before := c.StateAt(x.entry, journal.SockDiag, x.lost.N+4)
		c.Given(x.entry != nil, "the server's end was not looked at")
		up := c.First(x.entry.Entered(journal.Established))
		c.ExpectSeen(up != nil && up.N > x.lost.N, "the server's end of %s was never ESTABLISHED", x.Client.ID)
		c.Given(before == "" || before == journal.SynRecv, "the server's end was in %s", before)
		how := "the ACK that answered the SYN-ACK which came again"
		if len(tcp.Data(x.Client.Sent(x.lost.N, up.N))) > 0 {
			how = "its data"
		}
		c.Holds("the third segment of %s was lost, and %s completed the opening", x.Client.ID, how)
	}),
}

// series is the SYNs of an opening that nobody answers.
type series struct {
	opening
	syns []*tcp.Segment
	end  *journal.Event // by which it was seen to end; nil: it was not
	said *journal.Event // SO_ERROR
}

func unanswereds(v *tcp.View) []series {
	var all []series
	for _, x := range openings(v) {
		if x.synAck == nil {
			syns := tcp.With(x.Client.SentAll(0, 0), packet.SYN)
			all = append(all, series{x, syns, x.Client.Down(x.syn.N, 0), tcp.First(x.Client.Asked(journal.SOError, 0, 0))})
		}
	}
	return all
}

// gaveUp asks that a series came to its end.
func (x *series) gaveUp(c *claim.Case) {
	c.CiteSegments(x.syns...)
	c.Cite(x.end, x.said)
	c.ExpectSeen(x.end != nil, "%s was in SYN_SENT to the end", x.Client.ID)
	c.Given(x.said != nil, "its error was not read")
	errno, _ := x.said.Call.SocketError()
	c.Given(errno != "", "it was torn down, and had no error")
	c.Expect(errno == journal.ETIMEDOUT, "its error was %q", errno)
}

var hs32 = claim.Claim{
	ID: "HS32", Statement: "the client sends SYN again and again; at the limit it gets a connection timeout",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no SYN went unanswered with the default settings: it needs --full",
	Rule: claim.Each(unanswereds, func(c *claim.Case, x series) {
		set := c.SettingOf("a", synRetries)
		c.Given(set != nil, "tcp_syn_retries was not read")
		c.If(set.Setting.New == set.Setting.Old)
		x.gaveUp(c)
		c.Expect(len(x.syns) > 2, "the SYN of %s was sent %d times", x.Client.ID, len(x.syns))
		c.Holds("the SYN of %s was sent %d times in %.0f s, and connect() failed with ETIMEDOUT", x.Client.ID, len(x.syns), time.Duration(x.end.T-x.syns[0].T).Seconds())
	}),
}

// isTimedOut is the phenomenon.
var isTimedOut = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: "no SYN went unanswered",
	Rule: claim.Each(unanswereds, func(c *claim.Case, x series) {
		x.gaveUp(c)
		c.Expect(len(x.syns) > 1, "the SYN of %s was sent once", x.Client.ID)
		c.Holds("the SYN of %s was sent %d times, and connect() failed with ETIMEDOUT after %.1f s", x.Client.ID, len(x.syns), time.Duration(x.end.T-x.syns[0].T).Seconds())
	}),
}
