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
	Shown:   []string{"linger0", "sigpipe"},
	Recordings: []string{
		"linger0", "linger0-loopback", "sigpipe",
		"read-after-reset", "read-after-reset-loopback", "read-after-reset-host", "shut-wr-contrast", "lost-fin",
		"linger-n", "linger-n-loopback", "exit", "exit-loopback",
		"inexact", "linger-off", "causes", "causes-loopback", "go-runtime",
	},
	Unseen: 0.03,
	Cases: slices.Concat(
		alteredLinger, alteredPair, alteredSigpipe, alteredReading, alteredContrast, alteredWait,
		alteredExit, alteredInexact, alteredCauses,
	),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all           = journaltest.All
	called        = journaltest.Called
	changed       = journaltest.Changed
	changedNth    = journaltest.ChangedNth
	changedAll    = journaltest.ChangedAll
	copied        = journaltest.Copied
	dropped       = journaltest.Dropped
	droppedAll    = journaltest.DroppedAll
	droppedBehind = journaltest.DroppedBehind
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
	sent          = journaltest.Sent
	to            = journaltest.To
)

// played narrows what is looked for to the steps.
func played(d *journaltest.Journal, w journaltest.Which) journaltest.Which {
	last := d.Played
	return func(e *journal.Event) bool { return e.N <= last && w(e) }
}

// droppedInPlay deletes every such event of the steps, and lets the teardown be.
func droppedInPlay(w journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) { d.DropAll(played(d, w)) }
}

// raises changes what a call returned that raised SIGPIPE; without an errno, it
// killed.
func raises(errno journal.Errno) func(*journal.Event) {
	return func(e *journal.Event) {
		returns(-1, errno)(e)
		e.Call.Signal = "SIGPIPE"
	}
}

// takes changes how long a call took.
func takes(ns int64) func(*journal.Event) { return func(e *journal.Event) { e.Call.TookNS = ns } }

// lasts lets a socket's close have taken so long.
func lasts(socket string, ns int64) journaltest.Change {
	return changed(call(socket, "close"), takes(ns))
}

// goneFrom lets a copy of a change of state be the one by which the socket is gone from that state.
func goneFrom(state string) func(*journal.Event) {
	return func(e *journal.Event) { e.State.From, e.State.To = state, journal.Gone }
}

// another lets a copy be of another socket.
func another(socket string) func(*journal.Event) {
	return func(e *journal.Event) { e.Socket = socket }
}

// ended is how a process ended.
func ended(how string) journaltest.Which {
	return func(e *journal.Event) bool { return e.Process != nil && e.Process.Event == how }
}

// started is the start of the process that was given a socket.
func started(socket string) journaltest.Which {
	return func(e *journal.Event) bool {
		return e.Process != nil && e.Process.Event == "started" && slices.Contains(e.Process.Sockets, socket)
	}
}

// endOfHolder is the end of the process that was given a socket.
func endOfHolder(socket string) func(*journaltest.Journal) journaltest.Which {
	return func(d *journaltest.Journal) journaltest.Which {
		pid := d.First(started(socket)).Process.PID
		return func(e *journal.Event) bool {
			return e.Process != nil && e.Process.PID == pid && e.Process.Event != "started"
		}
	}
}

// goesOnLiving lets the process that was given a socket not end.
func goesOnLiving(socket string) journaltest.Change {
	return func(d *journaltest.Journal) { d.Drop(endOfHolder(socket)(d)) }
}

// The flags of the segments that end a connection.
var (
	fin    = journal.FIN | journal.ACK
	ack    = journal.ACK
	rst    = journal.RST
	rstAck = journal.RST | journal.ACK
)

// synAcks are those of the listener.
var synAcks = sent("8080", journal.SYN|journal.ACK)

// rstsOf are all RSTs that a port sent, wherever they were seen.
func rstsOf(port string) journaltest.Which { return from(port, journaltest.Flag(journal.RST)) }
