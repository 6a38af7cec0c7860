package main

import (
	"slices"
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// finTimeout is the tcp_fin_timeout of these scenarios: short enough to be
// waited for, longer than what the kernel never goes below, three and a half
// times the retransmission timeout (tcp_fin_time in include/net/tcp.h).
const finTimeout = time.Second

// setFinTimeout makes it on a host.
func setFinTimeout(t *scenario.T, host string) {
	t.Sysctl(host, "net.ipv4.tcp_fin_timeout", strconv.Itoa(int(finTimeout/time.Second)))
}

// orphan: FIN_WAIT2 that no descriptor refers to, until the kernel ends it.
func orphan(t *scenario.T) {
	setFinTimeout(t, "a")
	client, server := t.Connection()
	client.Close()
	t.Await(5*finTimeout, client.Gone)
	server.Look()
	server.Send("anybody there?")
	server.Recv()
}

// orphanDefault: an orphan in FIN_WAIT2 with tcp_fin_timeout as it is; its timer is read.
func orphanDefault(t *scenario.T) {
	t.Setting("a", finTimeoutSetting)
	client, _ := t.Connection()
	client.Close()
	client.Look()
}

// lateCloser: a peer that closes later than tcp_fin_timeout, with that long and with it
// short; the sockets in TIME_WAIT are listed after each.
func lateCloser(t *scenario.T) {
	t.Setting("a", finTimeoutSetting)
	for _, short := range []bool{false, true} {
		if short {
			setFinTimeout(t, "a")
		}
		client, server := t.Connection()
		client.Close()
		t.Wait(2 * finTimeout)
		server.Close()
		client.Look()
		t.Host("a").List(journal.TimeWait)
	}
}

// halfOpen: FIN_WAIT2 whose descriptor is still open, for longer than an orphan
// would last, until the peer has said its last word.
func halfOpen(t *scenario.T) {
	setFinTimeout(t, "a")
	client, server := t.Connection()
	client.ShutdownWrite()
	client.Look()
	t.Wait(3 * finTimeout)
	client.Look()
	server.Send("at last")
	client.Recv()
	server.Close()
}

// finTimeoutSetting bounds how long an orphan stays in FIN_WAIT2.
const finTimeoutSetting = "net.ipv4.tcp_fin_timeout"

// slack is how much earlier than on its second a timer of the kernel's may seem to end: it
// runs in jiffies, of up to 10 ms, and is rounded by an eighth (the timer wheel,
// kernel/time/timer.c).
const slack = time.Second / 8

// timeoutOf is tcp_fin_timeout as the run has set it, or read it.
func timeoutOf(c *claim.Case) time.Duration {
	set := c.SettingOf("", finTimeoutSetting)
	c.Given(set != nil, "tcp_fin_timeout was not read")
	value, _ := set.Setting.Number()
	c.Given(value > 0, "tcp_fin_timeout was not read as a time: %s", set.Setting.New)
	return time.Duration(value) * time.Second
}

// disturbed says whether a segment reached a socket in its stay in FIN_WAIT2 that means
// anything there: data, a FIN, a RST. The acknowledgement that led there may have been
// captured after the state was seen, where that is not in step.
func disturbed(s *tcp.Socket, stay *tcp.Stay) bool {
	return slices.ContainsFunc(s.Arrived(stay.In.N, tcp.N(stay.Out)), func(x *tcp.Segment) bool { return x.Packet.Len > 0 || !x.Is(packet.ACK) })
}

var hc16 = claim.Claim{
	ID: "HC16", Statement: "after close(), FIN_WAIT2 lasts tcp_fin_timeout and then becomes CLOSE, not TIME_WAIT",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the peer does not close meanwhile",
	Rule: claim.AfterEnding(tcp.Closed, func(c *claim.Case, e tcp.Ending) {
		stay := c.Stay(e.Who, journal.FinWait2, journal.SockDiag)
		c.If(stay.Seen())
		timeout := timeoutOf(c)
		c.Given(stay.Ended() || stay.Lasted() >= 2*timeout, "%s was still in FIN_WAIT2, and watched for no more than %s", e.Who.ID, seconds(stay.Lasted()))
		c.ExpectSeen(stay.Ended(), "%s was still in FIN_WAIT2 after %s", e.Who.ID, seconds(stay.Lasted()))
		c.Given(!disturbed(e.Who, stay), "%s was not left alone in FIN_WAIT2: a segment reached it", e.Who.ID)
		c.Expect(stay.Next != journal.TimeWait, "%s went from FIN_WAIT2 to TIME_WAIT", e.Who.ID)
		// It may have begun as soon as close() was called: a process that is stopped sees it later.
		atMost := time.Duration(stay.Out.T - e.By.T)
		c.Expect(atMost >= timeout-slack, "%s left FIN_WAIT2 after %s, before tcp_fin_timeout, %s", e.Who.ID, seconds(atMost), seconds(timeout))
		c.Given(stay.Lasted() <= 2*timeout, "%s was seen gone only after %s, with tcp_fin_timeout at %s: it may have gone before", e.Who.ID, seconds(stay.Lasted()), seconds(timeout))
		c.Holds("%s was in FIN_WAIT2 for %s, with tcp_fin_timeout at %s, and then nothing was left of it: no TIME_WAIT", e.Who.ID, seconds(stay.Lasted()), seconds(timeout))
	}),
}

// orphanGone is the phenomenon of orphan, which needs no packets.
var orphanGone = claim.Phenomenon{Needs: needsDiag, Precondition: "no closed socket was seen in FIN_WAIT2", Rule: hc16.Rule}

var hc17 = claim.Claim{
	ID: "HC17", Statement: "after shutdown(SHUT_WR), FIN_WAIT2 outlasts tcp_fin_timeout while the peer stays silent",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "it is watched for three times tcp_fin_timeout",
	Rule: claim.AfterEnding(tcp.ShutWrite, func(c *claim.Case, e tcp.Ending) {
		outlasts(c, e)
		c.Holds("%s was still in FIN_WAIT2 after three times tcp_fin_timeout", e.Who.ID)
	}),
}

// outlasts expects that FIN_WAIT2 after SHUT_WR outlasts tcp_fin_timeout.
func outlasts(c *claim.Case, e tcp.Ending) {
	stay := c.Stay(e.Who, journal.FinWait2, journal.SockDiag)
	c.If(stay.Seen())
	timeout := timeoutOf(c)
	spoke := c.First(e.Peer().CallsOf(e.By.N, 0, "write", "sendmsg", "close", "shutdown"))
	early := stay.Ended() && (spoke == nil || stay.Out.N < spoke.N)
	c.Expect(!early, "%s left FIN_WAIT2 after %s, for %s, while the peer was silent", e.Who.ID, seconds(stay.Lasted()), stay.Next)
	last := c.Last(e.Who.Samples(journal.FinWait2, stay.In.N, tcp.N(spoke)))
	c.Given(last != nil, "%s was not read again in FIN_WAIT2", e.Who.ID)
	stayed := time.Duration(last.T - stay.In.T)
	c.Given(stayed >= 3*timeout, "%s was watched for %s, less than three times tcp_fin_timeout, %s", e.Who.ID, seconds(stayed), seconds(timeout))
}

// halfOpenStays is the phenomenon of half-open: it stays, and still receives.
var halfOpenStays = claim.Phenomenon{
	Needs: needsDiag, Precondition: "no socket was seen in FIN_WAIT2 after shutdown(SHUT_WR)",
	Rule: claim.AfterEnding(tcp.ShutWrite, func(c *claim.Case, e tcp.Ending) {
		outlasts(c, e)
		write := lateWrite(e)
		c.Given(write != nil, "the peer was not seen to send")
		read := c.First(e.Who.Reads(write.N, 0))
		c.Cite(write)
		c.Given(read != nil && !hadNothing(read), "the caller was not seen to read what its peer sent")
		c.ExpectSeen(string(read.Call.Data) == string(write.Call.Data), "what the peer sent was not read")
		c.Holds("%s was still in FIN_WAIT2 after three times tcp_fin_timeout, and read what its peer sent then", e.Who.ID)
	}),
}

// twoMSL is what Linux takes for twice the maximum segment lifetime: TCP_TIMEWAIT_LEN in
// include/net/tcp.h.
const twoMSL = 60 * time.Second

var hc44 = claim.Claim{
	ID: "HC44", Statement: "FIN_WAIT2 time “happens to be 2MSL”, 60 s by default",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "tcp_fin_timeout is at its default, and the timer of an orphan in FIN_WAIT2 is read",
	Rule: claim.AfterEnding(tcp.Closed, func(c *claim.Case, e tcp.Ending) {
		stay := c.Stay(e.Who, journal.FinWait2, journal.SockDiag)
		c.If(stay.Seen())
		timeout := timeoutOf(c)
		read := c.First(e.Who.Samples(journal.FinWait2, stay.In.N-1, 0))
		c.Given(read != nil && read.Sample.Timer == "timewait", "the timer of %s in FIN_WAIT2 was not read", e.Who.ID)
		began := c.Between(stay.In, read)
		c.Given(began <= time.Second, "the timer was read only %s after the state had begun", seconds(began))
		lasts := began + tcp.TimerLeft(read)
		c.Given(timeout == twoMSL, "tcp_fin_timeout is %s here, not its default", seconds(timeout))
		c.Expect(lasts > twoMSL-time.Second && lasts < twoMSL+time.Second, "the orphan %s stays in FIN_WAIT2 for %s", e.Who.ID, seconds(lasts))
		c.Holds("the orphan %s stays in FIN_WAIT2 for %s by its timer, as long as a TIME_WAIT", e.Who.ID, seconds(lasts))
	}),
}

// lateCloses contrasts a close() whose peer closed later than tcp_fin_timeout allows an orphan to
// last, with the setting long, and one with it short.
func lateCloses(v *tcp.View) []claim.Contrast[tcp.Ending] {
	set := tcp.N(v.Setting("a", finTimeoutSetting, 0))
	closes := tcp.Where(tcp.EndedBy(tcp.Closed)(v), func(e tcp.Ending) bool { return len(e.Peer().CallsOf(e.By.N, 0, "close")) > 0 })
	long := tcp.Where(closes, func(e tcp.Ending) bool { return e.By.N < set })
	short := tcp.Where(closes, func(e tcp.Ending) bool { return e.By.N > set })
	return claim.Contrasts(long, short)
}

var hc45 = claim.Claim{
	ID: "HC45", Statement: "lowering tcp_fin_timeout reduces the number of TIME_WAIT sockets",
	Source: claim.Article003, Quantity: claim.Can, Needs: claim.NeedsStates,
	Precondition: "a peer closes later than tcp_fin_timeout, with it long and with it short",
	Rule: claim.Each(lateCloses, func(c *claim.Case, t claim.Contrast[tcp.Ending]) {
		long, short := t.One, t.Other
		c.About(long.Who, short.Who)
		c.SettingOf("a", finTimeoutSetting)
		c.Cite(long.By, short.By)
		first, second := c.First(listedAfter(c, long)), c.First(listedAfter(c, short))
		c.Given(first != nil && second != nil && first != second, "the sockets in TIME_WAIT were not listed after each")
		before, after := len(first.Table.Sockets), len(second.Table.Sockets)
		waited := c.First(long.Who.Entered(journal.TimeWait, journal.SockDiag))
		c.Given(waited != nil && before > 0, "%s was not seen in TIME_WAIT", long.Who.ID)
		gone := c.Stay(short.Who, journal.FinWait2, journal.SockDiag)
		c.Given(gone.Ended(), "%s was not seen to leave FIN_WAIT2", short.Who.ID)
		c.Expect(gone.Next == journal.Gone && after <= before, "%s came to %s, and %d sockets were in TIME_WAIT", short.Who.ID, gone.Next, after)
		c.Holds("with tcp_fin_timeout long %s came to TIME_WAIT; with it short %s was gone before its peer closed: %d in TIME_WAIT after the first, %d after both",
			long.Who.ID, short.Who.ID, before, after)
	}),
}

// listedAfter lists where the sockets in TIME_WAIT were listed after an ending.
func listedAfter(c *claim.Case, e tcp.Ending) []*journal.Event {
	return tcp.After(c.Tables("", journal.TimeWait), e.By.N)
}
