package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with.
var suite = journaltest.Suite{
	Program:    &program,
	Recordings: []string{"race", "detectable", "retry", "shorter", "lingering"},
	Unseen:     0.02,
	Cases:      altered,
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	changed    = journaltest.Changed
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	of         = journaltest.Of
	call       = journaltest.Call
)

// packets are those with some flags.
func packets(flags journal.Flags) journaltest.Which { return journaltest.Flag(flags) }

// nothingYet lets a call have found nothing.
func nothingYet(e *journal.Event) { e.Call.Result, e.Call.Errno = -1, journal.EAGAIN }

// says lets epoll have said something else.
func says(what string) func(e *journal.Event) { return journaltest.Said(what) }

// altered: each claim and outcome, on journals that say otherwise.
var altered = []journaltest.Case{
	{Name: "no RST", Of: "race", Do: droppedAll(packets(journal.RST)), Inconclusive: "RU1"},
	{Name: "the read returned 0", Of: "race", Do: journaltest.ChangedNth(
		1, of("a2", call("read")), func(e *journal.Event) { e.Call.Result, e.Call.Errno = 0, "" }), Inconclusive: "RU1"},
	{Name: "no FIN", Of: "race", Do: droppedAll(packets(journal.FIN)), Inconclusive: "RU1", Outcome: claim.OutcomeUnresolved},

	{Name: "epoll saw no end that had come", Of: "detectable", Do: changed(of("a1", call("epoll_wait")), says("EPOLLIN|EPOLLOUT")), Refuted: "RU4"},
	{Name: "epoll saw the end before it came", Of: "detectable", Do: changed(of("a2", call("epoll_wait")), says("EPOLLIN|EPOLLOUT|EPOLLRDHUP")), Refuted: "RU4"},
	{Name: "a read saw no end that had come", Of: "detectable", Do: changed(of("a1", call("recvfrom")), nothingYet), Refuted: "RU4"},
	{Name: "nobody looked", Of: "detectable", Do: journaltest.All(droppedAll(call("epoll_wait")), droppedAll(call("recvfrom"))), Inconclusive: "RU4"},

	{Name: "never made again", Of: "retry", Do: journaltest.All(
		dropped(of("a2", call("write"))), dropped(of("a4", call("write")))), Outcome: claim.OutcomeUnresolved},
	{Name: "the reply's loser was not read", Of: "retry", Do: dropped(of("b5", call("read"))), Outcome: claim.NotReproduced},
	{Name: "never made again", Of: "retry", Do: dropped(of("a2", call("write"))), Inconclusive: "RU2"},
	{Name: "the retry was not read", Of: "retry", Do: dropped(of("b3", call("read"))), Refuted: "RU2"},

	{Name: "no RST", Of: "shorter", Do: droppedAll(packets(journal.RST)), Refuted: "RU5", Outcome: claim.NotReproduced},
	{Name: "no reply in time", Of: "shorter", Do: journaltest.ChangedNth(1, of("a1", call("read")), nothingYet), Refuted: "RU3"},
	{Name: "answered, though the path took longer", Of: "shorter", Do: justInTime, Confirmed: "RU5"},
	{Name: "the server never closed", Of: "shorter", Do: droppedAll(call("close")), Inconclusive: "RU5"},

	{Name: "a RST", Of: "lingering", Do: journaltest.ChangedNth(
		0, journaltest.On("b", journaltest.PacketAt(journal.AtSent, journal.ACK)), journaltest.Flagged(journal.RST)), Refuted: "RU6"},
	{Name: "it did not read on", Of: "lingering", Do: journaltest.ChangedNth(2, of("b2", call("read")), nothingYet), Inconclusive: "RU6"},
	{Name: "it closed at once", Of: "lingering", Do: dropped(call("shutdown")), Inconclusive: "RU6"},
}

// justInTime lets the server have closed the first connection so soon after its last reply that,
// by its bound, the request before came too late; and there is no other.
func justInTime(d *journaltest.Journal) {
	journaltest.ChangedNth(1, of("a2", call("write")), nothingYet)(d)
	wrote, arrived := d.First(of("b2", call("write"))), d.First(secondRequest)
	var replied *journal.Event
	for i := range d.Events {
		if e := &d.Events[i]; e.Socket == "b2" && e.Call != nil && e.Call.Op == "write" {
			replied = e
		}
	}
	d.First(of("b2", call("close"))).T = replied.T + (arrived.T - wrote.T)
}

// secondRequest is the arrival of the first request that came after a connection had been idle.
func secondRequest(e *journal.Event) bool {
	return e.Host == "b" && e.Packet != nil && e.Packet.At == journal.AtDelivered && e.Packet.Len > 0 && e.T > clientBound.Nanoseconds()/2
}
