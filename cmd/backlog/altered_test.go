package main

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with. Each recording is of a run on the network that its
// name says, or on the most capable that the scenario can have.
var suite = journaltest.Suite{
	Program: &program,
	Recordings: []string{
		"accept-queue", "accept-queue-loopback", "accept-queue-host", "crossing", "never-room", "syn-queue", "flood", "synack-retries", "synack-retries-full",
		"reuseport", "reuseport-loopback", "cookies", "cookies-full", "cookie-overflow", "memory", "mitigated", "proxy", "safe-reset",
	},
	Unseen: 0.05,
	Cases: slices.Concat(
		alteredQueue, alteredCrossing, alteredNoRoom, alteredSYNQueue, alteredFlood, alteredMitigated, alteredRetries,
		alteredReusePort, alteredCookies, alteredNumbers, alteredCookieOverflow, alteredMemory, alteredProxy,
	),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	asRecorded = journaltest.AsRecorded
	changed    = journaltest.Changed
	changedAll = journaltest.ChangedAll
	changedNth = journaltest.ChangedNth
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	becomes    = journaltest.Becomes
	setTo      = journaltest.SetTo
	call       = journaltest.Call
	counter    = journaltest.Counter
	entered    = journaltest.Entered
	of         = journaltest.Of
	samples    = journaltest.Sampled
)

// listedOnly lets a listing have found a port's connection half open, and nothing else.
func listedOnly(port string) journaltest.Change {
	return changed(listings, func(e *journal.Event) {
		x := journal.Listed{State: journal.SynRecv, Local: "192.0.2.2:8080", Remote: journal.Address("192.0.2.1:" + port)}
		e.Table.Sockets = []string{x.String()}
	})
}

// counted lets a counter of the server have moved by so much, in all.
func counted(name string, delta int64) journaltest.Change {
	return func(d *journaltest.Journal) {
		which := journaltest.On("b", counter(name))
		changedAll(which, func(e *journal.Event) { e.Counter.Delta = 0 })(d)
		d.First(which).Counter.Delta = delta
	}
}

// delivered is a segment entering a host.
func delivered(host string, flags journal.Flags) journaltest.Which {
	return journaltest.On(host, journaltest.PacketAt(journal.AtDelivered, flags))
}
