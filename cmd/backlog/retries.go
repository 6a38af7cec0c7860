package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// How long an entry is waited for: one whose SYN-ACK is sent again once, of a crowded queue,
// and with the default of tcp_synack_retries.
const (
	untilPruned  = 9 * time.Second
	untilGivenUp = 80 * time.Second
	fullRetries  = 90 * time.Second
)

// crowd is how many clients share a queue: the fewest of which one is given up early. Of an
// entry whose SYN-ACK was sent again twice that is so while more than half of a queue of
// eight is in use, and of what is in use less than half is young (reqsk_timer_handler in
// net/ipv4/inet_connection_sock.c).
const crowd = 5

// synAckSeries: clients that are dead after their SYN. One calls a listener that sends its
// SYN-ACK again once, five share a queue; in full, one has a listener to itself.
func synAckSeries(t *scenario.T) {
	t.Setting("b", synAckRetries)
	t.Sysctl("b", synCookies, "1")
	t.Drop(func(p *wire.Packet) bool { return p.From == "b" })
	once := deadClient(t, t.Listen(scenario.ServerPort, scenario.Opt(journal.TCPSynCount, 1)))
	shared := t.Listen(scenario.ServerPort+1, scenario.Backlog(crowd))
	var crowded []*scenario.End
	for range crowd {
		crowded = append(crowded, deadClient(t, shared))
	}
	if t.Full() {
		alone := deadClient(t, t.Listen(scenario.ServerPort+2))
		t.Await(untilGivenUp, alone.Gone)
	} else {
		// Which of them it is follows from the order of their timers.
		t.Await(untilPruned, func() bool { return once.Gone() && slices.ContainsFunc(crowded, (*scenario.End).Gone) })
	}
	for _, value := range []string{"255", "256"} {
		t.Await(time.Second, t.Host("b").Library(writeSetting, []string{synAckRetries, value}, func() (string, error) {
			path := "/proc/sys/" + strings.ReplaceAll(synAckRetries, ".", "/")
			return "", os.WriteFile(path, []byte(value), 0)
		}))
		t.Setting("b", synAckRetries)
	}
}

// writeSetting is a write to a kernel setting that may be refused, as the journal has it.
const writeSetting = "sysctl"

// deadClient lets a client call a listener, and be gone before the answer comes. It returns
// the entry at the listener.
func deadClient(t *scenario.T, l *scenario.Listener) (entry *scenario.End) {
	c := l.Start()
	t.Deliver()
	entry = l.Queued(c)
	c.Close()
	return entry
}

// series is the SYN-ACKs of an opening that nothing answers.
type series struct {
	entry    *tcp.Socket
	listener *tcp.Socket
	sent     []*tcp.Segment // the first and its repetitions
	gone     *journal.Event // nil: it was not given up
	others   int            // half-open connections of other clients at the listener
	retries  *journal.Event // tcp_synack_retries; nil: not known
	own      journal.Value  // the listener's TCP_SYNCNT; "": none
}

func allSeries(v *tcp.View) []series {
	var all []series
	for _, s := range v.Sockets {
		if s.End == nil || !s.End.Passive || s.End.Opened != 0 {
			continue
		}
		x := series{entry: s, sent: tcp.With(s.SentAll(0, 0), packet.SYN), gone: tcp.First(s.Entered(journal.Gone, journal.SockDiag))}
		x.listener = tcp.Last(tcp.Where(v.Sockets, func(l *tcp.Socket) bool { return l.Listening != 0 && l.Local == s.Local }))
		for _, e := range v.Ends {
			if e.Passive && e.Local == s.Local && e.Remote != s.Remote {
				x.others++
			}
		}
		x.retries = v.Setting(s.Host, synAckRetries, s.End.Born)
		if x.listener != nil {
			x.own, _ = x.listener.Option(journal.TCPSynCount, s.End.Born)
		}
		all = append(all, x)
	}
	return all
}

// cited is a series with its events.
func (x *series) cited(c *claim.Case) {
	c.About(x.entry)
	c.Given(x.listener != nil && len(x.sent) > 0, "the listener of %s, or its client, was not seen", x.entry.ID)
	c.CiteSegments(x.sent...)
	c.Cite(x.retries, x.gone, tcp.First(x.listener.CallsOf(0, 0, "setsockopt")))
}

// hasFive asks for a series with tcp_synack_retries 5 that came to its end.
func (x *series) hasFive(c *claim.Case) {
	c.Given(x.retries != nil, "tcp_synack_retries was not read")
	c.If(x.own == "" && x.retries.Setting.New == "5")
	x.cited(c)
	c.Given(x.gone != nil, "%s was not given up", x.entry.ID)
}

// isDefault asks for a series of the default length, with nothing else at the listener.
func (x *series) isDefault(c *claim.Case) {
	c.If(x.others == 0)
	x.hasFive(c)
	all := x.waits()
	for i := 1; i < len(all); i++ { // else one of them was seen late
		c.Given(all[i] > all[i-1] && all[i] < 3*all[i-1], "the times between do not grow steadily: %v", all)
	}
	c.Given(all[0] < 3*time.Second, "the first SYN-ACK was seen %v before the second", all[0])
}

// longest is more than an entry can last, whatever document is right.
const longest = 200 * time.Second

// isAwaited says whether an entry was given up, or was watched for longer than any may last:
// else the run says nothing of its end.
func (x *series) isAwaited(v *tcp.View) bool {
	last := v.Event(v.Journal.Played)
	return x.gone != nil || len(x.sent) == 0 || last != nil && time.Duration(last.T-x.sent[0].T) > longest
}

// waits are the times between SYN-ACKs, and from the last to the end.
func (x *series) waits() []time.Duration {
	var all []time.Duration
	for i := 1; i < len(x.sent); i++ {
		all = append(all, time.Duration(x.sent[i].T-x.sent[i-1].T))
	}
	if x.gone != nil {
		all = append(all, time.Duration(x.gone.T-x.sent[len(x.sent)-1].T))
	}
	return all
}

// at is the i-th SYN-ACK, or behind the last the end.
func (x *series) at(i int) *journal.Event {
	if i < len(x.sent) {
		return x.sent[i].Event
	}
	return x.gone
}

// lasted is from the first SYN-ACK to the end.
func (x *series) lasted() time.Duration { return time.Duration(x.gone.T - x.sent[0].T) }

// isAbout says whether a time is one that a document names: the kernel's timers come up to an
// eighth late (the timer wheel, kernel/time/timer.c), and what they do is seen a little later.
func isAbout(d, named time.Duration) bool {
	return d > named-named/20 && d < named+named/8+100*time.Millisecond
}

const (
	deadAfterSYN = "a client is dead after its SYN"
	needsFull    = deadAfterSYN + ", with tcp_synack_retries 5 and no other at the listener: it needs --full"
)

var bl2 = claim.Claim{
	ID: "BL2", Statement: "a half-open connection's SYN+ACK is sent again until it times out",
	Source: claim.Article000 + "; " + claim.Article001 + "; " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: deadAfterSYN,
	Rule: claim.Each(allSeries, func(c *claim.Case, x series) {
		c.If(x.isAwaited(c.View))
		x.cited(c)
		c.ExpectSeen(x.gone != nil, "%s was half open to the end", x.entry.ID)
		c.Expect(len(x.sent) > 1, "%s was given up, and its SYN-ACK was sent once", x.entry.ID)
		c.Holds("the SYN-ACK of %s was sent again %d times, and then its entry was gone", x.entry.ID, len(x.sent)-1)
	}),
}

var bl3 = claim.Claim{
	ID: "BL3", Statement: "5 retransmissions after 1, 2, 4, 8, 16 s (31 s), given up after 63 s",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: needsFull,
	Rule: claim.Each(allSeries, func(c *claim.Case, x series) {
		x.isDefault(c)
		c.Expect(len(x.sent) == 1+5, "the SYN-ACK of %s was sent again %d times", x.entry.ID, len(x.sent)-1)
		for i, d := range x.waits() {
			named := time.Second << i
			c.Measured(x.at(i), x.at(i+1), named/16)
			c.Expect(isAbout(d, named), "%v were %v: all are %v", named, d, x.waits())
		}
		c.Expect(isAbout(x.lasted(), 63*time.Second), "it was given up after %v", x.lasted())
		c.Holds("the SYN-ACK of %s was sent again 5 times; the times between were %v, and it was given up after %v", x.entry.ID, x.waits(), x.lasted())
	}),
}

var bl4 = claim.Claim{
	ID: "BL4", Statement: "a SYN-ACK is sent again 5 times, whatever else happens",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: deadAfterSYN + ", with tcp_synack_retries 5, and is given up",
	Rule: claim.Each(allSeries, func(c *claim.Case, x series) {
		x.hasFive(c)
		c.Expect(len(x.sent) == 1+5, "the SYN-ACK of %s was sent again %d times, and then its entry was gone: %d others were half open at its listener", x.entry.ID, len(x.sent)-1, x.others)
		c.Holds("the SYN-ACK of %s was sent again 5 times, beside %d others", x.entry.ID, x.others)
	}),
}

// lasts is a claim about how long a series of the default length lasts.
func lasts(id, statement, source string, from, to time.Duration) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: source, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: needsFull,
		Rule: claim.Each(allSeries, func(c *claim.Case, x series) {
			x.isDefault(c)
			c.Measured(x.at(0), x.gone, 5*time.Second)
			c.Finds(from <= x.lasted() && x.lasted() <= to, "with tcp_synack_retries 5 %s was given up after %.1f s", x.entry.ID, x.lasted().Seconds())
		}),
	}
}

var (
	bl5 = lasts("BL5", "5 retries correspond to about 180 s", claim.Article003, 160*time.Second, 200*time.Second)
	bl6 = lasts("BL6", "the SYN timeout is about 30 s to 2 min", claim.Article003, 30*time.Second, 2*time.Minute)
)

var bl7 = claim.Claim{
	ID: "BL7", Statement: "the server “sends SYN and ACK again at a fixed interval”",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: deadAfterSYN + ", and the SYN-ACK is sent again twice",
	Rule: claim.Each(allSeries, func(c *claim.Case, x series) {
		c.If(len(x.sent) > 2)
		x.cited(c)
		c.Measured(x.at(0), x.at(2), 0)
		first, second := x.waits()[0], x.waits()[1]
		c.Expect(isAbout(second, first), "the SYN-ACK of %s was sent again after %.1f s, and then after %.1f s more", x.entry.ID, first.Seconds(), second.Seconds())
		c.Holds("the SYN-ACK of %s was sent again after %.1f s, and after %.1f s more", x.entry.ID, first.Seconds(), second.Seconds())
	}),
}

var bl8 = claim.Claim{
	ID: "BL8", Statement: "tcp_synack_retries must not exceed 255, default 5",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Rule: claim.Once(func(c *claim.Case) {
		read := c.First(c.Events(func(e *journal.Event) bool { return e.Setting != nil && e.Setting.Name == synAckRetries }))
		writes := c.Calls(writeSetting)
		c.Given(len(writes) == 2, "it was not set to 255 and to 256")
		c.Given(read != nil && read.Setting.Old == read.Setting.New && read.N < writes[0].N, "it was not read before it was changed")
		most, more := c.Nth(writes, 0), c.Nth(writes, 1)
		for _, w := range []*journal.Event{most, more} {
			is := c.First(c.Events(func(e *journal.Event) bool { return e.N > w.N && e.Setting != nil && e.Setting.Name == synAckRetries }))
			c.Given(is != nil && (is.Setting.New == string(w.Call.Address())) == (w.Call.Errno == ""), "what a write returned and what was read then do not fit")
		}
		c.Expect(read.Setting.New == "5", "it was %s", read.Setting.New)
		c.Given(most.Call.Errno == "" || most.Call.Errno == journal.EINVAL, "255 failed with %s", most.Call.Errno)
		c.Expect(most.Call.Errno == "", "255 was refused")
		c.Expect(more.Call.Errno != "", "256 was taken")
		c.Given(more.Call.Errno == journal.EINVAL, "256 failed with %s", more.Call.Errno)
		c.Holds("it was 5; 255 was taken, and 256 refused with EINVAL")
	}),
}

var bl36 = claim.Claim{
	ID: "BL36", Statement: "client dead after its SYN: the half-open connection is dropped after the timeout",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: deadAfterSYN,
	Rule: claim.Each(allSeries, func(c *claim.Case, x series) {
		c.If(x.isAwaited(c.View))
		c.GivenFirst(x.entry.Peer().CallsOf(0, 0, "close"), "the client of %s was not gone", x.entry.ID)
		x.cited(c)
		c.ExpectSeen(x.gone != nil, "%s was half open to the end", x.entry.ID)
		c.Holds("%s was in SYN_RECV for %.1f s after its client was gone, and then gone too", x.entry.ID, x.lasted().Seconds())
	}),
}
