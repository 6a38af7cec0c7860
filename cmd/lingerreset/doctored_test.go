package main

import (
	"slices"
	"testing"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/journal"
)

// suite is what these tests work with. Each recording is of a run on the
// network that its name says, or on the wire.
var suite = doctor.Suite{
	Program: &program,
	Shown:   []string{"linger0", "sigpipe"},
	Recordings: []string{
		"linger0", "linger0-loopback", "linger0-host", "sigpipe", "sigpipe-loopback", "sigpipe-host",
		"read-after-reset", "read-after-reset-loopback", "read-after-reset-host", "shut-wr-contrast", "lost-fin",
		"linger-n", "linger-n-loopback", "linger-n-host", "exit", "exit-loopback", "exit-host",
		"inexact", "linger-off", "causes", "causes-loopback", "causes-host", "go-runtime",
	},
	Cases: slices.Concat(
		doctoredLinger, doctoredPair, doctoredSigpipe, doctoredReading, doctoredContrast, doctoredWait,
		doctoredExit, doctoredInexact, doctoredCauses,
	),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What every doctor does, and looks for.
var (
	all        = doctor.All
	changed    = doctor.Changed
	changedNth = doctor.ChangedNth
	changedAll = doctor.ChangedAll
	dropped    = doctor.Dropped
	droppedAll = doctor.DroppedAll
	flagged    = doctor.Flagged
	arrivalOf  = doctor.ArrivalOf
	from       = doctor.From
	to         = doctor.To
	data       = doctor.SentBy
)

// halted is a run that was stopped at its end.
func halted(d *doctor.Journal) { d.Stopped = "interrupted by SIGINT" }

// played narrows what is looked for to the play.
func played(d *doctor.Journal, w doctor.Which) doctor.Which {
	last := d.Played
	return func(e *journal.Event) bool { return e.N <= last && w(e) }
}

// droppedInPlay deletes every such event of the play, and lets the tearing down be.
func droppedInPlay(w doctor.Which) func(*doctor.Journal) {
	return func(d *doctor.Journal) { d.DropAll(played(d, w)) }
}

// call is a system call of one socket.
func call(socket, op string) doctor.Which { return doctor.Of(socket, doctor.Call(op)) }

// returns changes what a call returned.
func returns(result int64, errno string) func(*journal.Event) {
	return func(e *journal.Event) {
		c := *e.Call
		c.Result, c.Errno, c.Signal, c.Data = result, errno, "", nil
		e.Call = &c
	}
}

// raises changes what a call returned that raised SIGPIPE; without an errno, it
// killed.
func raises(errno string) func(*journal.Event) {
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
func stateTo(socket, to string) doctor.Which {
	return doctor.Of(socket, func(e *journal.Event) bool { return e.State != nil && e.State.To == to })
}

func stateFrom(socket, from string) doctor.Which {
	return doctor.Of(socket, func(e *journal.Event) bool { return e.State != nil && e.State.From == from })
}

// sampled is a reading of a socket in a state.
func sampled(socket, state string) doctor.Which {
	return doctor.Of(socket, func(e *journal.Event) bool { return e.Sample != nil && e.Sample.State == state })
}

// ended is how a process ended.
func ended(how string) doctor.Which {
	return func(e *journal.Event) bool { return e.Process != nil && e.Process.Event == how }
}

// started is the start of the process that was given a socket.
func started(socket string) doctor.Which {
	return func(e *journal.Event) bool {
		return e.Process != nil && e.Process.Event == "started" && slices.Contains(e.Process.Sockets, socket)
	}
}

// endOfHolder is the end of the process that was given a socket.
func endOfHolder(socket string) func(*doctor.Journal) doctor.Which {
	return func(d *doctor.Journal) doctor.Which {
		pid := d.First(started(socket)).Process.PID
		return func(e *journal.Event) bool {
			return e.Process != nil && e.Process.PID == pid && e.Process.Event != "started"
		}
	}
}

// goesOnLiving lets the process that was given a socket not end.
func goesOnLiving(socket string) func(*doctor.Journal) {
	return func(d *doctor.Journal) { d.Drop(endOfHolder(socket)(d)) }
}

// The flags of the segments that end a connection.
var (
	fin    = []string{"FIN", "ACK"}
	ack    = []string{"ACK"}
	rst    = []string{"RST"}
	rstAck = []string{"RST", "ACK"}
)

// sent and arriving are segments leaving a port, and entering the host of the
// one that they left for.
func sent(port string, flags ...string) doctor.Which {
	return from(port, doctor.PacketAt(journal.AtSent, flags...))
}

func arriving(port string, flags ...string) doctor.Which {
	return from(port, doctor.PacketAt(journal.AtDelivered, flags...))
}

// rstsOf are all RSTs that a port sent, wherever they were seen.
func rstsOf(port string) doctor.Which {
	return from(port, func(e *journal.Event) bool { return slices.Contains(e.Packet.Flags, "RST") })
}
