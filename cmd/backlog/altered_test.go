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
	Cases:  slices.Concat(alteredQueue, alteredCrossing, alteredNoRoom, alteredSYNQueue, alteredFlood, alteredMitigated, alteredRetries, alteredReusePort, alteredCookies, alteredNumbers, alteredCookieOverflow, alteredMemory, alteredProxy),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	asRecorded = journaltest.AsRecorded
	changed    = journaltest.Changed
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	entered    = journaltest.Entered
)

// counter is how far a counter of a host moved.
func counter(name string) journaltest.Which {
	return func(e *journal.Event) bool { return e.Counter != nil && e.Counter.Name == name }
}

// counted lets a counter of the server have moved by so much, in all.
func counted(name string, delta int64) journaltest.Change {
	return func(d *journaltest.Journal) {
		which := journaltest.On("b", counter(name))
		journaltest.ChangedAll(which, func(e *journal.Event) { e.Counter.Delta = 0 })(d)
		d.First(which).Counter.Delta = delta
	}
}

// samples are what sock_diag read of sockets in a state.
func samples(state string) journaltest.Which {
	return func(e *journal.Event) bool { return e.Sample != nil && e.Sample.State == state }
}

// delivered is a segment entering a host.
func delivered(host string, flags journal.Flags) journaltest.Which {
	return journaltest.On(host, journaltest.PacketAt(journal.AtDelivered, flags))
}
