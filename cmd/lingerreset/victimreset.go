package main

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// What RST is due for what the peer did.
const (
	dueNow   = "due at once"
	dueLater = "due when the victim sends again"
	dueNever = "none is due"
)

// resetOf says who sent a RST, as the capture of lo saw it, or why that is not
// known. What the peer's own teardown sends does not count.
func resetOf(j *journal.Journal, m *misbehaved) string {
	if m.Did == "" {
		return ""
	}
	w := j.Witness(journal.Packets)
	if w.Status != journal.Attached {
		return m.due + " (not watched: " + w.Reason + ")"
	}
	own := socketOf(j, m.socketID)
	since, until := spanOf(j, m)
	passed := false
	for i := range j.Events {
		e := &j.Events[i]
		switch p := e.Packet; {
		case e.Fold != nil && isBetweenEvents(e, since, until) && countsRST(e.Fold):
			return "one was seen on lo"
		case e.Fold != nil:
			passed = passed || countsPackets(e.Fold)
		case p == nil || p.Proto != "" || !isBetween(p, own.Local, own.Remote):
		case isBetweenEvents(e, since, until) && p.Flags.Has(journal.RST):
			return fmt.Sprintf("from the %s, %s, seen on lo", senderOf(p, own.Local), p.Src)
		default:
			passed = true
		}
	}
	switch {
	case !passed:
		return m.due + " (not watched: the connection does not pass lo)"
	case w.Lost > 0:
		return fmt.Sprintf("%s; none was seen on lo, but %d packets were missed there", m.due, w.Lost)
	}
	return "none was seen on lo"
}

// socketOf is the socket of an id, as the journal has it.
func socketOf(j *journal.Journal, id string) (own journal.Socket) {
	if i := slices.IndexFunc(j.Sockets, func(s journal.Socket) bool { return s.ID == id }); i >= 0 {
		own = j.Sockets[i]
	}
	return own
}

// isBetweenEvents says whether an event lies after one and before another; nil: no bound.
func isBetweenEvents(e, since, until *journal.Event) bool {
	return e.N > tcp.N(since) && (until == nil || e.N < until.N)
}

func senderOf(p *journal.Packet, own journal.Address) string {
	if p.Src == own {
		return "peer"
	}
	return "victim"
}

func isBetween(p *journal.Packet, x, y journal.Address) bool {
	return p.Src == x && p.Dst == y || p.Src == y && p.Dst == x
}

// spanOf is what lies between the peer's first call that ended something and its
// last, by which it lets go; nil: the run's end.
func spanOf(j *journal.Journal, m *misbehaved) (since, until *journal.Event) {
	for i := range j.Events {
		e := &j.Events[i]
		if e.Call == nil || e.Socket != m.socketID || e.Call.Op != "close" && e.Call.Op != "shutdown" {
			continue
		}
		switch {
		case since == nil:
			since = e
		case m.due == dueNever:
			return since, e
		}
	}
	if i := slices.IndexFunc(j.Events, func(e journal.Event) bool { return j.Played != 0 && e.N > j.Played }); i >= 0 {
		until = &j.Events[i]
	}
	return since, until
}

// countsRST says whether RSTs were among the events that were folded, and
// countsPackets whether any packets were.
func countsRST(f *journal.Fold) bool { return counts(f, journal.RST) }

func countsPackets(f *journal.Fold) bool { return counts(f, 0) }

func counts(f *journal.Fold, some journal.Flags) bool {
	return slices.ContainsFunc(f.Counts, func(c journal.FoldedCount) bool {
		flags, is := c.IsPacket()
		return is && flags.Has(some)
	})
}
