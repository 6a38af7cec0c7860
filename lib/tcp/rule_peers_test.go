package tcp

import (
	"slices"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// On one stack the two ends contradict each other without a capture.
func TestPeersAreHeldAgainstEachOther(t *testing.T) {
	const twoEnds = "halfclose/three-way-host"
	blind := func(change func(a *altered)) func(a *altered) {
		return func(a *altered) {
			a.unavailable(journal.Packets)
			change(a)
		}
	}
	found(t, []lie{
		{"a FIN did not come", twoEnds, R3, "b2", blind(func(a *altered) { a.stays("b2", journal.CloseWait) })},
		{"a RST did not come", "lingerreset/read-after-reset-host", R3, "a2", blind(func(a *altered) { a.keeps("a2", journal.Established) })},
		{"a SYN had no answer", twoEnds, R3, "a1", blind(func(a *altered) {
			s := a.state(journal.TCPInfo, "a1", journal.Established)
			s.State.To = journal.SynSent
			a.endsWith(s.N)
			a.later(time.Second)
		})},
		{"a FIN came late", twoEnds, R3, "b2", blind(func(a *altered) { a.meanwhile(journal.FinWait1, 200*time.Millisecond) })},
		{"a segment did not come", twoEnds, R4, "b2", blind(func(a *altered) { a.counted(4, 3) })},
	})
	silent(t, []truth{
		{"a FIN waited in its socket's backlog", twoEnds, blind(func(a *altered) { a.meanwhile(journal.FinWait1, 20*time.Millisecond) })},
		{"all segments came", twoEnds, blind(func(a *altered) { a.counted(4, 4) })},
		{"the SYN is under way", twoEnds, blind(func(a *altered) {
			s := a.state(journal.TCPInfo, "a1", journal.Established)
			s.State.To = journal.SynSent
			a.endsWith(s.N)
		})},
	})
}

// A RST in the place of a FIN, a window of zero for no reason, two witnesses that differ
// for longer than a look.
func TestEffectsHaveCauses(t *testing.T) {
	found(t, []lie{
		{"a RST instead of a FIN", fourWay, R3, "a1", func(a *altered) {
			a.changeSegment("a", "FIN,ACK", func(p *journal.Packet) { p.Flags = journal.RST | journal.ACK })
			a.becomes("a1", journal.FinWait1, journal.Gone)
			a.endsWith(a.segment("b", journal.AtDelivered, "RST,ACK", 0).N)
		}},
		{"no window, though all was read", fourWay, R1, "b2", func(a *altered) {
			a.changeSegment("b", "PSH,ACK", func(p *journal.Packet) { p.Win = 0 })
		}},
		{"TCP_INFO says CLOSE all the time", "halfclose/three-way-host", R5, "a1", func(a *altered) {
			a.state(journal.TCPInfo, "a1", journal.Established).State.To = journal.Closing
		}},
	})
}

// later appends an event of which nothing follows, some time after the last.
func (a *altered) later(d time.Duration) {
	last := a.Events[len(a.Events)-1]
	a.Events = append(a.Events, journal.Event{
		N: last.N + 1, Run: a.Run, T: last.T + d.Nanoseconds(), Kind: journal.KindNote, Note: &journal.Note{Text: "later"},
	})
}

// counted ends the journal when the first two sockets have talked, with what TCP_INFO
// counts then: the client's segments out, and the server's in.
func (a *altered) counted(out, in int64) {
	a.Helper()
	a.endsWith(a.call("a1", "read", 0).N)
	last := a.Events[len(a.Events)-1]
	for i, c := range []struct {
		socket string
		info   journal.Info
	}{{"a1", journal.Info{SegsIn: 3, SegsOut: out}}, {"b2", journal.Info{SegsIn: in, SegsOut: 2}}} {
		a.Events = append(a.Events, journal.Event{
			N: last.N + 1 + i, Run: a.Run, T: last.T, Host: c.socket[:1], Socket: c.socket, Kind: journal.KindSample,
			Sample: &journal.Sample{Witness: journal.TCPInfo, State: journal.Established, Info: &c.info},
		})
	}
}

// keeps makes a socket stay in the state that it came into: neither witness saw another.
func (a *altered) keeps(socket, state string) {
	a.without(func(e *journal.Event) bool {
		return e.Socket == socket && e.State != nil && e.State.From == state
	})
}

// meanwhile puts two calls of another socket behind the moment in which a1 was read in a state, and
// what followed that later.
func (a *altered) meanwhile(state string, later time.Duration) {
	a.Helper()
	i := slices.IndexFunc(a.Events, func(e journal.Event) bool { return e.Socket == "a1" && e.Sample != nil && e.Sample.State == state })
	for k := i + 1; k < len(a.Events); k++ {
		a.Events[k].N += 2
		a.Events[k].T += later.Nanoseconds()
	}
	a.Played += 2
	call := *a.call("b1", "getsockname", 0)
	for k := range 2 {
		call.N, call.T = a.Events[i].N+1+k, a.Events[i].T+int64(k)
		a.Events = slices.Insert(a.Events, i+1+k, call)
	}
}
