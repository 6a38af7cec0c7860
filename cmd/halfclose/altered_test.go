package main

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with. Each recording is of a run on the
// network that its name says, or on the wire.
var suite = journaltest.Suite{
	Program: &program,
	Shown:   []string{"endings", "orphan"},
	Recordings: []string{
		"endings", "endings-loopback", "four-way",
		"three-way", "three-way-loopback", "three-way-host",
		"merged-data", "merged-data-loopback", "merged-data-host",
		"late-data", "queued", "held-fin", "unread", "unsent", "unsent-loopback", "truncated",
		"shared", "shared-loopback", "shared-host", "threads", "threads-loopback", "threads-host",
		"epoll", "shut-read", "orphan", "orphan-default", "late-closer", "half-open", "exit", "kill",
		"leak", "leak-loopback", "time-wait", "time-wait-loopback", "time-wait-host",
	},
	Unconfirmed: []string{"HC36", "HC40"},
	Unseen:      0.04,
	Cases: slices.Concat(
		alteredPassive,
		alteredEndings, alteredSegments, alteredData, alteredHolders, alteredNotice,
		alteredLasting, alteredLeak, alteredTimeWait,
	),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	changed    = journaltest.Changed
	changedNth = journaltest.ChangedNth
	changedAll = journaltest.ChangedAll
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	flagged    = journaltest.Flagged
	twice      = journaltest.Twice
	another    = journaltest.Another
	arrivalOf  = journaltest.ArrivalOf
	from       = journaltest.From
	to         = journaltest.To
	data       = journaltest.SentBy
)

// call is a system call of one socket, in the steps or in the teardown.
func call(socket, op string) journaltest.Which { return journaltest.Of(socket, journaltest.Call(op)) }

// returns changes what a call returned.
func returns(result int64, errno journal.Errno, data ...byte) func(*journal.Event) {
	return func(e *journal.Event) {
		c := *e.Call
		c.Result, c.Errno, c.Data = result, errno, data
		e.Call = &c
	}
}

// said changes what a call returned through a pointer.
func said(out string) func(*journal.Event) { return func(e *journal.Event) { e.Call.Out = out } }

// becomes changes the state that was entered.
func becomes(to string) func(*journal.Event) { return func(e *journal.Event) { e.State.To = to } }

// stateTo is a change to a state, whoever saw it; stateFrom one away from it.
func stateTo(socket, to string) journaltest.Which {
	return journaltest.Of(socket, func(e *journal.Event) bool { return e.State != nil && e.State.To == to })
}

func stateFrom(socket, from string) journaltest.Which {
	return journaltest.Of(socket, func(e *journal.Event) bool { return e.State != nil && e.State.From == from })
}

// sampled is a reading of a socket in a state.
func sampled(socket, state string) journaltest.Which {
	return journaltest.Of(socket, func(e *journal.Event) bool { return e.Sample != nil && e.Sample.State == state })
}

// The flags of the segments that end a connection.
var (
	fin    = journal.FIN | journal.ACK
	ack    = journal.ACK
	rst    = journal.RST
	rstAck = journal.RST | journal.ACK
)

// sent and arriving are segments leaving a port, and entering the host of the
// one that they left for.
func sent(port string, flags journal.Flags) journaltest.Which {
	return from(port, journaltest.PacketAt(journal.AtSent, flags))
}

func arriving(port string, flags journal.Flags) journaltest.Which {
	return from(port, journaltest.PacketAt(journal.AtDelivered, flags))
}

// lookedAt is the number of the last event by which the sockets were looked at
// after an event, without another between.
func lookedAt(d *journaltest.Journal, n int) int {
	for i := range d.Events {
		e := &d.Events[i]
		if e.N <= n {
			continue
		}
		if e.State == nil && e.Sample == nil {
			break
		}
		n = e.N
	}
	return n
}

// lostOnce lets a segment be lost, and arrive when it is sent again.
func lostOnce(w journaltest.Which) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		first := *d.First(w)
		n := first.N
		d.Again(n, &first, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtDropped, n })
		d.Again(n+1, &first, nil)
		d.First(arrivalOf(n)).Packet.Of = n + 2
	}
}

// second is one, in nanoseconds.
const second = int64(1e9)
