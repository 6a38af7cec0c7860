package main

import (
	"math"
	"slices"
	"strconv"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// finTimeoutSetting bounds how long an orphan stays in FIN_WAIT2.
const finTimeoutSetting = "net.ipv4.tcp_fin_timeout"

// settingOf is the last value that a run gave a setting, and the event.
func settingOf(j *journal.Journal, name string) (value int64, e *journal.Event) {
	e = claim.Setting(j, "", name, math.MaxInt)
	if e != nil {
		value, _ = strconv.ParseInt(e.Setting.New, 10, 64) // 0 for what is no number
	}
	return value, e
}

const second = int64(1e9)

// slack is how much earlier than on its second a timer of the kernel's may seem
// to end: it runs in jiffies, of up to 10 ms, and is rounded by an eighth
// (the timer wheel, kernel/time/timer.c).
const slack = second / 8

// orphanEnds judges how long FIN_WAIT2 lasted after close, and what came then.
func orphanEnds(j *journal.Journal) claim.Finding {
	timeout, set := settingOf(j, finTimeoutSetting)
	if set == nil || timeout == 0 {
		return claim.Unclear("tcp_fin_timeout was not set, so nothing was waited for")
	}
	for _, w := range of(ways(j), claim.Closed) {
		var in, out *journal.Event
		for _, e := range claim.States(w.Journal, w.Who, journal.SockDiag) {
			switch {
			case e.State.To == journal.FinWait2:
				in = e
			case e.State.From == journal.FinWait2 && out == nil:
				out = e
			}
		}
		if in == nil {
			continue
		}
		if out == nil {
			watched := w.Events[len(w.Events)-1].T - in.T
			if watched < 2*timeout*second {
				return claim.Unclear("%s was still in FIN_WAIT2, and watched for no more than %s", w.Who, seconds(watched))
			}
			return claim.Refuse(j, claim.Numbers(set, in), "%s was still in FIN_WAIT2 after %s", w.Who, seconds(watched))
		}
		cited := claim.Numbers(set, in, out)
		// It may have begun as soon as close was called: a process that is stopped sees it later.
		lasted, atMost := out.T-in.T, out.T-w.By.T
		switch {
		case w.disturbed(in, out):
			return claim.Unclear("%s was not left alone in FIN_WAIT2: a segment reached it", w.Who)
		case out.State.To == journal.TimeWait:
			return claim.Refute(cited, "%s went from FIN_WAIT2 to TIME_WAIT", w.Who)
		case atMost < timeout*second-slack:
			return claim.Refute(cited, "%s left FIN_WAIT2 after %s, before tcp_fin_timeout, %d s", w.Who, seconds(atMost), timeout)
		}
		if lasted > 2*timeout*second {
			return claim.Unclear("%s was seen gone only after %s, with tcp_fin_timeout at %d s: it may have gone before", w.Who, seconds(lasted), timeout)
		}
		return claim.Confirm(cited, "%s was in FIN_WAIT2 for %s, with tcp_fin_timeout at %d s, and then there was nothing left of it: no TIME_WAIT", w.Who, seconds(lasted), timeout)
	}
	return claim.Unclear("no closed socket was seen in FIN_WAIT2")
}

// disturbed says whether a segment reached a socket between two events that means
// anything to FIN_WAIT2: data, a FIN, a RST. The acknowledgement that led there
// may have been captured after the state was seen, where that is not in step.
func (w *way) disturbed(after, before *journal.Event) bool {
	return slices.ContainsFunc(w.Arrived(w.Who, after, before), func(e *journal.Event) bool {
		return e.Packet.Len > 0 || !claim.HasFlags(e, "ACK")
	})
}

var hc16 = claim.Claim{
	ID: "HC16", Statement: "after close(), FIN_WAIT2 lasts tcp_fin_timeout and then becomes CLOSE, not TIME_WAIT",
	Source: article004, Quantity: claim.Always,
	Precondition: "the peer does not close meanwhile",
	Needs:        needsStates, Check: orphanEnds,
}

var orphanGone = claim.Phenomenon{Needs: needsDiag, Check: orphanEnds}

// halfOpenLasts judges that FIN_WAIT2 after SHUT_WR outlives tcp_fin_timeout.
func halfOpenLasts(j *journal.Journal) claim.Finding {
	timeout, set := settingOf(j, finTimeoutSetting)
	if set == nil || timeout == 0 {
		return claim.Unclear("tcp_fin_timeout was not set, so nothing was waited for")
	}
	for _, w := range of(ways(j), claim.ShutWrite) {
		in, last, spoke := w.finWait2()
		if in == nil {
			continue
		}
		if left := w.leftBefore(in, spoke); left != nil {
			return claim.Refute(claim.Numbers(set, in, left), "%s left FIN_WAIT2 after %s, for %s, while the peer was silent", w.Who, seconds(left.T-in.T), left.State.To)
		}
		if last == nil {
			return claim.Unclear("%s was not looked at again in FIN_WAIT2", w.Who)
		}
		stayed := last.T - in.T
		if stayed < 3*timeout*second {
			return claim.Unclear("%s was watched for %s, less than three times tcp_fin_timeout, %d s", w.Who, seconds(stayed), timeout)
		}
		return claim.Confirm(claim.Numbers(set, in, last), "%s was still in FIN_WAIT2 after %s, with tcp_fin_timeout at %d s, timer %s",
			w.Who, seconds(stayed), timeout, last.Sample.Timer)
	}
	return claim.Unclear("no socket was seen in FIN_WAIT2 after %s", claim.ShutWrite)
}

// finWait2 is when sock_diag first saw the active end in FIN_WAIT2, when it last
// did before the peer spoke, and when the peer spoke.
func (w *way) finWait2() (in, last, spoke *journal.Event) {
	spoke = claim.Nth(w.Calls(w.Other(), w.By, "write", "sendmsg", "close", "shutdown"), 0)
	for _, e := range claim.States(w.Journal, w.Who, journal.SockDiag) {
		if e.State.To == journal.FinWait2 && in == nil {
			in = e
		}
	}
	for _, e := range claim.Samples(w.Journal, w.Who, journal.FinWait2) {
		if in != nil && claim.Between(e, in, spoke) {
			last = e
		}
	}
	return in, last, spoke
}

// leftBefore is the change by which the socket left FIN_WAIT2 before an event.
func (w *way) leftBefore(in, before *journal.Event) *journal.Event {
	for _, e := range claim.States(w.Journal, w.Who, journal.SockDiag) {
		if claim.Between(e, in, before) && e.State.From == journal.FinWait2 {
			return e
		}
	}
	return nil
}

var hc17 = claim.Claim{
	ID: "HC17", Statement: "after shutdown(SHUT_WR), FIN_WAIT2 lasts as long as the peer stays silent",
	Source: article004, Quantity: claim.Always,
	Precondition: "it is watched for three times tcp_fin_timeout",
	Needs:        needsStates, Check: halfOpenLasts,
}

var halfOpenStays = claim.Phenomenon{
	Needs: needsDiag,
	Check: func(j *journal.Journal) claim.Finding { return claim.Together(j, halfOpenLasts, receives) },
}
