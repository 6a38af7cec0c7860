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
	all           = journaltest.All
	asRecorded    = journaltest.AsRecorded
	each          = journaltest.Each
	called        = journaltest.Called
	carried       = journaltest.Carried
	changed       = journaltest.Changed
	changedNth    = journaltest.ChangedNth
	changedAll    = journaltest.ChangedAll
	copied        = journaltest.Copied
	dropped       = journaltest.Dropped
	droppedAll    = journaltest.DroppedAll
	droppedBehind = journaltest.DroppedBehind
	swapped       = journaltest.Swapped
	twice         = journaltest.Twice
	another       = journaltest.Another
	becomes       = journaltest.Becomes
	flagged       = journaltest.Flagged
	returns       = journaltest.Returned
	said          = journaltest.Said
	call          = journaltest.CallBy
	stateTo       = journaltest.StateOf
	stateFrom     = journaltest.LeftBy
	sampled       = journaltest.SampledOf
	arrivalOf     = journaltest.ArrivalOf
	arriving      = journaltest.Arriving
	data          = journaltest.SentBy
	from          = journaltest.From
	of            = journaltest.Of
	sent          = journaltest.Sent
	to            = journaltest.To
)

// seen is a change of a socket's to a state that sock_diag saw.
func seen(socket, state string) journaltest.Which {
	return of(socket, journaltest.StateTo(state, journal.SockDiag))
}

// leaves lets a socket have left a state as soon as it was seen there.
func leaves(socket, state, to string) journaltest.Change {
	in := seen(socket, state)
	return copied(in, in, func(e *journal.Event) { e.State.From, e.State.To = state, to })
}

// The flags of the segments that end a connection.
var (
	fin    = journal.FIN | journal.ACK
	ack    = journal.ACK
	rst    = journal.RST
	rstAck = journal.RST | journal.ACK
)

// lostOnce lets a segment be lost, and arrive when it is sent again.
func lostOnce(w journaltest.Which) journaltest.Change {
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
