package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

const second = int64(1e9)

// slack is how much earlier than on its second a timer of the kernel's may seem
// to end: it is rounded by an eighth (the timer wheel, kernel/time/timer.c).
const slack = second / 8

// lingering is a close with SO_LINGER {1, n} and n > 0, with data unsent.
type lingering struct {
	claim.Ending
	seconds  int64
	given    int64
	took     int64          // nanoseconds
	read     *journal.Event // the peer's first read that began while close was waiting; nil: none
	blocking bool           // the socket
	signal   *journal.Event // that the thread got while close was waiting; nil: none
	got      int64          // bytes that the peer read in all
}

// lingerings lists them, in order, by the ending's name.
func lingerings(j *journal.Journal, name string) []lingering {
	var all []lingering
	for _, e := range claim.EndedBy(claim.Endings(j), name) {
		l := lingering{Ending: e, seconds: secondsOf(lingerAt(&e.Connection, e.Who, e.By))}
		l.given = claim.Moved(e.Calls(e.Who, nil, claim.Sending...))
		if l.seconds <= 0 || !hasUnsent(&e, l.given) {
			continue
		}
		l.took = e.By.Call.TookNS
		l.blocking = wasMadeBlocking(&e)
		reads := e.Calls(e.Other(), nil, "read")
		l.got = claim.Moved(reads)
		if len(reads) > 0 && reads[0].T <= e.By.T {
			continue // by then nothing may have been unsent any more
		}
		for _, r := range reads {
			if l.read == nil && r.T < e.By.T+l.took {
				l.read = r
			}
		}
		for i := range e.Events {
			s := &e.Events[i]
			if s.Process != nil && s.Process.Event == "signalled" && s.Socket == e.Who && s.T > e.By.T && s.T < e.By.T+l.took {
				l.signal = s
			}
		}
		all = append(all, l)
	}
	return all
}

// hasUnsent says whether an end had data that was not acknowledged when it was
// ended: by the acknowledgements that had reached it, or, where no packets were
// seen, by its queue, in which a FIN counts for one byte.
func hasUnsent(e *claim.Ending, given int64) bool {
	if !e.HasPackets() {
		return slices.ContainsFunc(claim.Samples(e.Journal, e.Who, journal.FinWait1), func(s *journal.Event) bool {
			return s.Sample.TxQueue > 1
		})
	}
	syn := claim.WithFlag(e.Sent(e.Who, nil, nil), "SYN")
	if syn == nil {
		return false
	}
	var acked int64
	for _, a := range e.Arrived(e.Who, syn, nil) {
		if a.T <= e.By.T && slices.Contains(a.Packet.Flags, "ACK") {
			acked = max(acked, int64(int32(a.Packet.Ack-syn.Packet.Seq-1)))
		}
	}
	return acked < given
}

// wasMadeBlocking says whether the socket, which is made non-blocking, no longer
// was when it was closed.
func wasMadeBlocking(e *claim.Ending) bool {
	for _, set := range e.Calls(e.Who, nil, "fcntl") {
		if set.N < e.By.N && set.Call.Errno == "" && slices.Contains(set.Call.Args, "F_SETFL") {
			return true
		}
	}
	return false
}

// secondsOf is n of "{1, n}"; 0 for anything else.
func secondsOf(linger string) int64 {
	var on, n int64
	if _, err := fmt.Sscanf(linger, "{%d, %d}", &on, &n); err != nil || on != 1 {
		return 0
	}
	return n
}

// kind says which sort of socket it is.
func (l *lingering) kind() string {
	if l.blocking {
		return "blocking"
	}
	return "non-blocking"
}

// waitsForReader judges how long close took where the peer read, and where it
// did not.
func waitsForReader(j *journal.Journal) claim.Finding {
	var (
		cited  []*journal.Event
		told   []string
		waited []string // the kinds of socket whose close waited its whole time
		woken  bool     // one returned when the peer had read
	)
	for _, l := range lingerings(j, claim.Closed) {
		n := l.seconds * second
		said := fmt.Sprintf("%s, %s", l.kind(), seconds(l.took))
		switch {
		case (l.signal != nil || l.read != nil) && l.took >= n:
			continue // it may have been late for want of a processor
		case l.took < n && len(claim.HeldUp(j, l.By, l.By)) > 0:
			continue // being stopped and continued ends the wait as a signal does
		case l.signal != nil:
			said += " until a signal came"
		case l.read != nil:
			woken = true
			said += " until the peer had read"
		case l.took < n-slack:
			return claim.Refuse(j, claim.Numbers(l.By), "nobody read, and close() of %s, %s, took %s, less than %d s", l.Who, l.kind(), seconds(l.took), l.seconds)
		default:
			waited = append(waited, l.kind())
			said += " where nobody read"
		}
		cited = append(cited, l.By, l.read, l.signal)
		told = append(told, said)
	}
	var unseen string
	switch {
	case !slices.Contains(waited, "blocking"):
		unseen = "of a blocking socket was seen to wait for a peer that does not read"
	case !slices.Contains(waited, "non-blocking"):
		unseen = "of a non-blocking socket was seen to wait for a peer that does not read"
	case !woken:
		unseen = "was seen to return when its peer had read"
	}
	if f, ok := claim.Complete(j); unseen != "" && !ok {
		return f
	}
	if unseen != "" {
		return claim.Unclear("no close() %s", unseen)
	}
	return claim.Confirm(claim.Numbers(cited...), "close() took: %s", strings.Join(told, "; "))
}

var lr15 = claim.Claim{
	ID: "LR15", Statement: "SO_LINGER {on, n} makes close() wait up to n seconds for the data to be acknowledged, on non-blocking sockets too",
	Source: "socket(7)", Quantity: claim.Always,
	Precondition: "data is unsent at the close, for the peer has not read, and no signal comes",
	Needs:        needsCalls, Check: waitsForReader,
}

var lr17 = claim.Claim{
	ID: "LR17", Statement: "SO_LINGER makes shutdown() wait too",
	Source: "socket(7)", Quantity: claim.Always,
	Precondition: "data is unsent",
	Needs:        needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		for _, l := range lingerings(j, claim.ShutWrite) {
			first := claim.Nth(l.Calls(l.Other(), l.By, "read"), 0)
			if first == nil || l.got <= 0 {
				continue
			}
			if l.took >= l.seconds*second-slack {
				return claim.Confirm(claim.Numbers(l.By), "shutdown() took %s", seconds(l.took))
			}
			return claim.Refute(claim.Numbers(l.By, first), "shutdown() took %.3f ms, before the peer had read anything", float64(l.took)/1e6)
		}
		return claim.Unclear("nobody was seen to shut down with SO_LINGER {1, n} and data unsent")
	},
}

// closeWaits is the phenomenon of linger-n.
var closeWaits = claim.Phenomenon{Needs: needsCalls, Check: waitsForReader}

// compareWaits is the table of linger-n.
func compareWaits(v *tcp.View) *claim.Comparison {
	j := v.Journal
	all := slices.Concat(lingerings(j, claim.Closed), lingerings(j, claim.ShutWrite))
	if len(all) == 0 {
		return nil
	}
	t := &claim.Comparison{Title: "What SO_LINGER {1, n} made of each", Rows: []claim.Compared{
		{What: "the socket"}, {What: "meanwhile"}, {What: "it took"}, {What: "it returned"}, {What: "given to the kernel"}, {What: "the peer got"},
	}}
	for i := range all {
		l := &all[i]
		t.Ways = append(t.Ways, l.Who+" "+l.Short())
		for k, cell := range []claim.Cell{
			claim.Told(l.kind(), l.By),
			claim.Told(l.meanwhile(), l.read, l.signal),
			claim.Told(seconds(l.took), l.By),
			claim.Told(claim.Returned(l.By), l.By),
			claim.Told(fmt.Sprint(l.given), l.By),
			claim.Told(fmt.Sprint(l.got)),
		} {
			t.Rows[k].Cells = append(t.Rows[k].Cells, cell)
		}
	}
	return t
}

func (l *lingering) meanwhile() string {
	switch {
	case l.signal != nil:
		return "a signal"
	case l.read != nil:
		return fmt.Sprintf("the peer read, %s later", seconds(l.read.T-l.By.T))
	}
	return "nobody read"
}

// seconds renders nanoseconds for a sentence.
func seconds(ns int64) string { return fmt.Sprintf("%.2f s", float64(ns)/1e9) }
