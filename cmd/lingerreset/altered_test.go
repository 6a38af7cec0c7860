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
	all        = journaltest.All
	changed    = journaltest.Changed
	changedNth = journaltest.ChangedNth
	changedAll = journaltest.ChangedAll
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	flagged    = journaltest.Flagged
	arrivalOf  = journaltest.ArrivalOf
	from       = journaltest.From
	to         = journaltest.To
	data       = journaltest.SentBy
)

// halted is a run that was stopped at its end.
func halted(d *journaltest.Journal) { d.Stopped = "interrupted by SIGINT" }

// played narrows what is looked for to the steps.
func played(d *journaltest.Journal, w journaltest.Which) journaltest.Which {
	last := d.Played
	return func(e *journal.Event) bool { return e.N <= last && w(e) }
}

// droppedInPlay deletes every such event of the steps, and lets the teardown be.
func droppedInPlay(w journaltest.Which) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) { d.DropAll(played(d, w)) }
}

// call is a system call of one socket.
func call(socket, op string) journaltest.Which { return journaltest.Of(socket, journaltest.Call(op)) }

// returns changes what a call returned.
func returns(result int64, errno journal.Errno) func(*journal.Event) {
	return func(e *journal.Event) {
		c := *e.Call
		c.Result, c.Errno, c.Signal, c.Data = result, errno, "", nil
		e.Call = &c
	}
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
func takes(ns int64) func(*journal.Event) {
	return func(e *journal.Event) {
		c := *e.Call
		c.TookNS = ns
		e.Call = &c
	}
}

// said changes what a call returned through a pointer.
func said(out string) func(*journal.Event) { return func(e *journal.Event) { e.Call.Out = out } }

// stateTo is a change of a socket's to a state, whoever saw it; stateFrom one away.
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
func goesOnLiving(socket string) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) { d.Drop(endOfHolder(socket)(d)) }
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

// rstsOf are all RSTs that a port sent, wherever they were seen.
func rstsOf(port string) journaltest.Which {
	return from(port, func(e *journal.Event) bool { return e.Packet.Flags.Has(journal.RST) })
}
