package main

import (
	"fmt"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// slack is how much earlier than on its second a timer of the kernel's may seem to end: it is
// rounded by an eighth (the timer wheel, kernel/time/timer.c).
const slack = time.Second / 8

// lingering is a close() or a shutdown() with SO_LINGER {1, n} and n > 0, with data unsent.
type lingering struct {
	tcp.Ending
	set      *journal.Event // SO_LINGER
	n        time.Duration
	read     *journal.Event // the peer's first read that began while the call was waiting; nil: none
	signal   *journal.Event // that the thread got while the call was waiting; nil: none
	blocking bool           // the socket
}

// lingerings lists those of one call, in order.
func lingerings(name string) func(v *tcp.View) []lingering {
	return func(v *tcp.View) []lingering {
		var all []lingering
		for _, e := range tcp.EndedBy(name)(v) {
			value, set := e.Who.Option(journal.SOLinger, e.By.N)
			l := lingering{Ending: e, set: set, n: secondsOf(value), blocking: wasMadeBlocking(e.Who, e.By.N)}
			reads := e.Peer().Reads(0, 0)
			readBefore := len(reads) > 0 && reads[0].T <= e.By.T // by then nothing may have been unsent
			if l.n <= 0 || readBefore || !l.hasUnsent(v) {
				continue
			}
			l.read = tcp.First(tcp.Where(reads, l.during))
			l.signal = tcp.First(v.Events(func(s *journal.Event) bool {
				return s.Process != nil && s.Process.Event == "signalled" && s.Socket == e.Who.ID && l.during(s)
			}))
			all = append(all, l)
		}
		return all
	}
}

// during says whether an event began while the call was under way.
func (l *lingering) during(e *journal.Event) bool {
	return e.T > l.By.T && e.T < l.By.T+l.By.Call.TookNS
}

// hasUnsent says whether an end had data that was not acknowledged when it was ended: by the
// acknowledgements that had reached it, or, where packets were not seen, by its queue, in
// which a FIN counts for one byte.
func (l *lingering) hasUnsent(v *tcp.View) bool {
	if !v.Journal.Attached(journal.Packets) {
		return slices.ContainsFunc(l.Who.Samples(journal.FinWait1, 0, 0), func(s *journal.Event) bool { return s.Sample.TxQueue > 1 })
	}
	syn := tcp.With(l.Who.Sent(0, 0), packet.SYN)
	if len(syn) == 0 {
		return false
	}
	var acked int64
	for _, a := range l.Who.Arrived(syn[0].N, 0) {
		if a.T <= l.By.T && a.Has(packet.ACK) {
			acked = max(acked, int64(int32(a.Packet.Ack-syn[0].End())))
		}
	}
	return acked < tcp.Moved(l.Who.Writes(0, 0))
}

// wasMadeBlocking says whether a socket, which is made non-blocking, no longer was.
func wasMadeBlocking(s *tcp.Socket, before int) bool {
	return slices.ContainsFunc(s.CallsOf(0, before, "fcntl"), func(e *journal.Event) bool {
		return e.Call.Errno == "" && e.Call.IsStatus()
	})
}

// secondsOf is how long a value of SO_LINGER makes close() wait.
func secondsOf(value journal.Value) time.Duration {
	l, _ := value.Linger()
	if !l.On {
		return 0
	}
	return time.Duration(l.Seconds) * time.Second
}

// kind says which sort of socket it is.
func (l *lingering) kind() string {
	if l.blocking {
		return "blocking"
	}
	return "non-blocking"
}

// How a close() that lingers came to return.
const (
	waitedBlocking    = "of a blocking socket waited for a peer that does not read"
	waitedNonBlocking = "of a non-blocking socket waited for a peer that does not read"
	untilRead         = "returned when its peer had read"
)

func (l *lingering) wait() string {
	switch {
	case l.read != nil && l.took() < l.n:
		return untilRead
	case l.blocking:
		return waitedBlocking
	}
	return waitedNonBlocking
}

func (l *lingering) took() time.Duration { return time.Duration(l.By.Call.TookNS) }

func (l *lingering) meanwhile() string {
	switch {
	case l.signal != nil:
		return "a signal"
	case l.read != nil:
		return fmt.Sprintf("the peer read, %s later", seconds(time.Duration(l.read.T-l.By.T)))
	}
	return "the peer did not read"
}

// seconds renders a time for a sentence.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// compareWaits is the table of linger-n.
func compareWaits(v *tcp.View) *claim.Comparison {
	all := slices.Concat(lingerings(tcp.Closed)(v), lingerings(tcp.ShutWrite)(v))
	return claim.Across("What SO_LINGER {1, n} made of each", all, func(l *lingering) string { return l.Who.ID + " " + l.Short() },
		claim.Show("the socket", func(l *lingering) claim.Cell { return claim.Told(l.kind(), l.By) }),
		claim.Show("meanwhile", func(l *lingering) claim.Cell { return claim.Told(l.meanwhile(), l.read, l.signal) }),
		claim.Show("it took", func(l *lingering) claim.Cell { return claim.Told(seconds(l.took()), l.By) }),
		claim.Show("it returned", func(l *lingering) claim.Cell { return claim.Result(l.By) }),
		claim.Show("given to the kernel", func(l *lingering) claim.Cell { return claim.Told(fmt.Sprint(tcp.Moved(l.Who.Writes(0, 0))), l.By) }),
		claim.Show("the peer got", func(l *lingering) claim.Cell { return claim.Told(fmt.Sprint(tcp.Moved(l.Peer().Reads(0, 0)))) }),
	)
}
