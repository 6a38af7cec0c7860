package main

import (
	"strconv"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/tcp"
)

// suite is what these tests work with.
var suite = journaltest.Suite{
	Program:    &program,
	Recordings: []string{"stop", "update-lost", "user-timeout", "buffer", "write", "silly"},
	Shown:      []string{"stop", "write"},
	Unseen:     0.02,
	Cases:      altered,
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	changed    = journaltest.Changed
	changedNth = journaltest.ChangedNth
	changedAll = journaltest.ChangedAll
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	of         = journaltest.Of
	call       = journaltest.Call
	option     = journaltest.Option
	lost       = journaltest.Lost
)

// leaving are a host's packets that leave it.
func leaving(host string, w journaltest.Which) journaltest.Which { return at(journal.AtSent, host, w) }

// coming are those that come to host a.
func coming(w journaltest.Which) journaltest.Which { return at(journal.AtDelivered, "a", w) }

func at(place, host string, w journaltest.Which) journaltest.Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == place && e.Host == host && w(e)
	}
}

func data(e *journal.Event) bool     { return e.Packet.Len > 0 }
func empty(e *journal.Event) bool    { return e.Packet.Len == 0 && e.Packet.Flags == journal.ACK }
func closing0(e *journal.Event) bool { return empty(e) && e.Packet.Win == 0 }
func opening(e *journal.Event) bool  { return empty(e) && e.Packet.Win > 0 }

// later narrows what is looked for to what came more than so long after the run began.
func later(ms int64, w journaltest.Which) journaltest.Which {
	return func(e *journal.Event) bool { return e.T > ms*1e6 && w(e) }
}

// sentOn lets the sender have sent more while the window was closed.
func sentOn(d *journaltest.Journal) {
	zero := d.First(coming(closing0)).N
	next := *d.First(leaving("a", func(e *journal.Event) bool { return data(e) && e.N > zero }))
	d.Again(zero, &next, nil)
}

// fewProbes lets it have probed twice.
func fewProbes(d *journaltest.Journal) {
	probe := leaving("a", later(200, empty))
	n := d.Nth(1, probe).N
	d.DropAll(func(e *journal.Event) bool { return probe(e) && e.N > n })
}

// neverOpened lets nothing have come that opens the window.
var neverOpened = droppedAll(coming(later(200, opening)))

// neverDown lets the sender have been there to the end, and watched for long.
func neverDown(d *journaltest.Journal) {
	d.DropAll(func(e *journal.Event) bool {
		return e.State != nil && e.Socket == "a1" && (e.State.To == journal.Close || e.State.To == journal.Gone) && e.State.From != ""
	})
	d.ElapsedNS = 10e9
}

// failed lets a write have found no room.
func failed(e *journal.Event) { e.Call.Result, e.Call.Errno = -1, journal.EAGAIN }

// asked are the calls that ask for a buffer's size.
var asked = call("getsockopt")

// size lets a buffer have had another size.
func size(n int64) func(e *journal.Event) {
	return func(e *journal.Event) { e.Call.Out = strconv.FormatInt(n, 10) }
}

// justRoom lets each buffer have had as much room left as was offered.
func justRoom(d *journaltest.Journal) {
	rooms := map[int]int64{}
	for _, x := range tolds(tcp.New(d.Journal)) {
		rooms[x.asked.N] = x.window + x.unread
	}
	for i := range d.Events {
		if e := &d.Events[i]; asked(e) {
			size(rooms[e.N])(e)
		}
	}
}

// narrow lets a host have offered little, and wide as much as before.
func narrow(e *journal.Event) { e.Packet.Win = min(e.Packet.Win, 63) }
func wide(e *journal.Event)   { e.Packet.Win = 200 }

// afterLowering are the segments that came when the buffer had been made smaller.
func afterLowering(d *journaltest.Journal) journaltest.Which {
	set := d.First(option(journal.SOReceiveBuffer)).N
	return coming(func(e *journal.Event) bool { return empty(e) && e.N > set })
}

// neverBack lets the edge not have moved back.
func neverBack(d *journaltest.Journal) { changedAll(afterLowering(d), wide)(d) }

// setAtFirst lets the size of each buffer have been set before anybody asked.
func setAtFirst(d *journaltest.Journal) {
	set := *d.First(option(journal.SOReceiveBuffer))
	d.Again(d.First(of("b1", call("listen"))).N, &set, func(e *journal.Event) { e.Socket = "b1" })
}

// altered: each claim and outcome, on journals that say otherwise.
var altered = []journaltest.Case{
	{Name: "it sent on", Of: "stop", Do: sentOn, Refuted: "ZW1", Outcome: claim.NotReproduced},
	{Name: "it probed twice", Of: "stop", Do: fewProbes, Inconclusive: "ZW1", Outcome: claim.OutcomeUnresolved},
	{Name: "beyond the window", Of: "stop", Do: changedNth(2, leaving("a", data), func(e *journal.Event) { e.Packet.Seq += 1 << 20 }), Refuted: "FC3"},
	{Name: "never closed", Of: "stop", Do: changedAll(coming(closing0), wide), Inconclusive: "FC3"},
	{Name: "no probe", Of: "stop", Do: droppedAll(leaving("a", later(200, empty))), Refuted: "ZW1"},
	{Name: "nobody read", Of: "stop", Do: droppedAll(call("read")), Inconclusive: "ZW1"},

	{Name: "it stayed closed", Of: "update-lost", Do: neverOpened, Refuted: "ZW2", Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "update-lost", Do: droppedAll(lost), Inconclusive: "ZW2", Outcome: claim.OutcomeUnresolved},

	{Name: "never torn down", Of: "user-timeout", Do: neverDown, Refuted: "ZW3", Outcome: claim.NotReproduced},
	{Name: "no timeout", Of: "user-timeout", Do: dropped(option(journal.TCPUserTimeout)), Inconclusive: "ZW3", Outcome: claim.OutcomeUnresolved},
	{Name: "a probe was not answered", Of: "user-timeout", Do: dropped(coming(later(200, closing0))), Inconclusive: "ZW3"},

	{Name: "it did not grow", Of: "buffer", Do: changedAll(asked, size(131072)), Outcome: claim.OutcomeUnresolved},
	{Name: "it was set, and did not grow", Of: "buffer", Do: journaltest.All(changedAll(asked, size(131072)), setAtFirst), Outcome: claim.NotReproduced},
	{Name: "nobody asked", Of: "buffer", Do: droppedAll(asked), Inconclusive: "FC1 FC2", Outcome: claim.OutcomeUnresolved},
	{Name: "so many bytes", Of: "buffer", Do: changedAll(asked, size(65160)), Confirmed: "FC1"},
	{Name: "just the room", Of: "buffer", Do: justRoom, Confirmed: "FC2"},
	{Name: "little was offered", Of: "buffer", Do: changedAll(leaving("b", empty), narrow), Confirmed: "FC4"},
	{Name: "little was offered, of small buffers", Of: "buffer", Do: journaltest.All(
		changedAll(leaving("b", empty), narrow), changedAll(asked, size(65536))), Inconclusive: "FC4"},
	{Name: "little was sent", Of: "buffer", Do: droppedAll(func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Bulk != nil }), Inconclusive: "FC4"},
	{Name: "never back", Of: "buffer", Do: neverBack, Confirmed: "ZW5"},
	{Name: "never back, and never made smaller", Of: "buffer", Do: journaltest.All(neverBack, dropped(option(journal.SOReceiveBuffer))), Inconclusive: "ZW5"},

	{Name: "nothing more was written", Of: "write", Do: droppedAll(func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == "write" && e.Call.Errno == "" && e.Call.Result >= 2048 && e.N > 620
	}), Outcome: claim.NotReproduced},
	{Name: "never full", Of: "write", Do: dropped(
		func(e *journal.Event) bool { return call("write")(e) && e.Call.Errno != "" }), Outcome: claim.OutcomeUnresolved},
	{Name: "there was no room", Of: "write", Do: changed(of("a1", call("write")), failed), Refuted: "FC5"},
	{Name: "nobody polled", Of: "write", Do: droppedAll(call("epoll_wait")), Inconclusive: "FC5"},

	{Name: "a sip opened it", Of: "silly", Do: changed(leaving("b", later(150, closing0)), wide), Refuted: "ZW4", Outcome: claim.NotReproduced},
	{Name: "nobody read", Of: "silly", Do: droppedAll(call("read")), Inconclusive: "ZW4", Outcome: claim.OutcomeUnresolved},
	{Name: "the buffer is not known", Of: "silly", Do: dropped(asked), Inconclusive: "ZW4"},
}
