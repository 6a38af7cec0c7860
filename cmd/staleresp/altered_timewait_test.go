package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// notOpened lets no client be seen connected where an earlier connection was in
// TIME_WAIT.
func notOpened(d *journaltest.Journal) {
	over := tcp.Where(reopenings(tcp.New(d.Journal)), func(r reopening) bool { return r.opened() != nil })
	for _, r := range over {
		neverConnected(r.call.Socket)(d)
	}
}

// noTimeWait lets nobody see that state.
var noTimeWait = droppedAll(entered(journal.TimeWait))

// haunted lets the client that was connected first over a TIME_WAIT have read the
// dead connection's reply.
func haunted(d *journaltest.Journal) {
	for _, r := range reopenings(tcp.New(d.Journal)) {
		if old := r.old(); old != nil {
			read(journaltest.Of(r.call.Socket, answered("", "bob", didTake)), old.reply)(d)
			return
		}
	}
}

// otherPort lets the kernel have chosen another port when it was asked again.
func otherPort(d *journaltest.Journal) {
	for _, r := range reopenings(tcp.New(d.Journal)) {
		if r.bind != nil || r.opened() == nil {
			continue
		}
		i := slices.IndexFunc(d.Sockets, func(s journal.Socket) bool { return s.ID == r.call.Socket })
		d.Sockets[i].Local = "192.0.2.1:40003"
	}
}

// freeChoice lets the kernel have had two ports to choose from.
var freeChoice = changedAll(journaltest.Setting(rangeSetting), setTo("40002 40003"))

// outlived lets the TIME_WAIT that a RST ended be seen there still.
func outlived(d *journaltest.Journal) {
	gone := map[int]bool{}
	for _, t := range tcp.New(d.Journal).Waits() {
		if rst := tcp.First(tcp.With(t.Who.Arrived(t.In.N, 0), packet.RST)); rst != nil {
			for _, e := range tcp.After(t.Who.Entered(journal.Gone), rst.N) {
				gone[e.N] = true
			}
		}
	}
	d.DropAll(func(e *journal.Event) bool { return gone[e.N] })
}

// nearlyOver lets the timer of every TIME_WAIT have had little to run.
var nearlyOver = changedAll(journaltest.Sampled(journal.TimeWait), func(e *journal.Event) { e.Sample.TimerMS = 500 })

// noRST lets nothing answer.
var noRST = droppedAll(journaltest.Flag(journal.RST))

// guardedOnly lets tcp_rfc1337 have been 1 from the beginning.
var guardedOnly = changed(journaltest.Setting(rfc1337Setting), setTo("1"))

// alteredTimeWait: SR5, SR13 and SR14.
var alteredTimeWait = []journaltest.Case{
	{Name: "it was read", Of: "time-wait", Do: haunted, Refuted: "SR13", Outcome: claim.NotReproduced},
	{Name: "nobody was in TIME_WAIT", Of: "time-wait", Do: noTimeWait, Inconclusive: "SR5 SR13", Outcome: claim.OutcomeUnresolved},
	{Name: "no stray arrived", Of: "time-wait", Do: droppedAll(
		func(e *journal.Event) bool { return e.Packet != nil && e.Packet.At == journal.AtInjected }), Outcome: claim.NotReproduced},
	{Name: "none was connected", Of: "time-wait", Do: notOpened, Confirmed: "SR5"},
	{Name: "another port was chosen", Of: "time-wait", Do: otherPort, Refuted: "SR5"},
	{Name: "the kernel could choose", Of: "time-wait", Do: freeChoice, Refuted: "SR5"},
	{Name: "the counters moved elsewhere", Of: "time-wait", Do: dropped(pawsCounted), Confirmed: "SR13"},
	{Name: "no counter moved", Of: "time-wait", Do: droppedAll(pawsCounted), Confirmed: "SR13"},
	{Name: "it was there still", Of: "time-wait", Do: outlived, Inconclusive: "SR14"},
	{Name: "it was nearly over", Of: "time-wait", Do: nearlyOver, Inconclusive: "SR14"},
	{Name: "no RST came", Of: "time-wait", Do: noRST, Inconclusive: "SR14"},
	{Name: "guarded", Of: "time-wait", Do: guardedOnly, Inconclusive: "SR14"},
}
