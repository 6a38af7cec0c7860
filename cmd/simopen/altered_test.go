package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with. Each recording is of a run on the
// network that its name says, or on the strongest that the scenario can have.
var suite = journaltest.Suite{
	Program: &program,
	Shown:   []string{"cross", "lost-syn"},
	Recordings: []string{
		"cross", "cross-5.10", "close-cross", "lost-syn", "lost-synack", "missed", "missed-loopback", "missed-host",
		"same-path", "punch", "listener", "eaten-rst", "race", "retry", "retry-first", "retry-second",
	},
	Unseen: 0.04,
	Cases:  slices.Concat(alteredOpening, alteredCounts, alteredClose, alteredLoss, alteredContrast, alteredChance),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	asRecorded = journaltest.AsRecorded
	changed    = journaltest.Changed
	changedAll = journaltest.ChangedAll
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	entered    = journaltest.Entered
	swapped    = journaltest.Swapped
	becomes    = journaltest.Becomes
	call       = journaltest.Call
	counter    = journaltest.Counter
	of         = journaltest.Of
	on         = journaltest.On
)

// rstAck is the flags of an answer to a SYN that nobody expects.
const rstAck = journal.RST | journal.ACK

// seen is a change of a socket's to a state, as TCP_INFO tells it.
func seen(socket, state string) journaltest.Which {
	return of(socket, journaltest.StateTo(state, journal.TCPInfo))
}

// fromSYNSent lets a state have been entered from SYN_SENT.
func fromSYNSent(e *journal.Event) { e.State.From = journal.SynSent }

// skipped lets a socket pass without SYN_RECV.
func skipped(socket string) journaltest.Change {
	return all(dropped(seen(socket, journal.SynRecv)), changed(seen(socket, journal.Established), fromSYNSent))
}

// neverOpened lets nobody see a socket ESTABLISHED.
func neverOpened(socket string) journaltest.Change {
	return droppedAll(of(socket, entered(journal.Established)))
}

// connects lets a socket be seen ESTABLISHED behind event n.
func connects(d *journaltest.Journal, n int, socket, from string) {
	d.State(n, socket, from, journal.Established, journal.TCPInfo)
}

// sent and delivered are segments leaving or entering a host.
func sent(host string, flags journal.Flags) journaltest.Which {
	return on(host, journaltest.PacketAt(journal.AtSent, flags))
}

func delivered(host string, flags journal.Flags) journaltest.Which {
	return on(host, journaltest.PacketAt(journal.AtDelivered, flags))
}

// uncrossed lets a's SYN arrive before b's is sent.
var uncrossed = swapped(sent("b", journal.SYN), delivered("b", journal.SYN))

// losing lets the wire drop the first such segment on its way to the host.
func losing(to string, flags journal.Flags) journaltest.Change {
	return changed(delivered(to, flags), journaltest.SeenAt(journal.AtDropped))
}

// oneSYN is an ordinary handshake: a's SYN was lost.
var oneSYN = all(
	losing("b", journal.SYN), droppedAll(of("b1", entered(journal.SynRecv))), changedAll(of("b1", entered(journal.Established)), fromSYNSent))

// synAgain lets a's SYN come again, as after SIGSTOP and SIGCONT.
func synAgain(d *journaltest.Journal) { d.SYNAgain(func(*journal.Packet) {}) }

// synAnswered lets b answer the SYN that came again, as Linux does, with an
// ACK of what it has: nothing new.
func synAnswered(d *journaltest.Journal) {
	synAgain(d)
	last := d.First(sent("b", journal.ACK))
	n := d.First(sent("b", synAck)).N + 1 // the copy of the SYN that was delivered
	d.Again(n, last, nil)
	d.Again(d.Nth(1, of("a1", entered(journal.Established))).N+1, d.First(delivered("a", journal.ACK)), func(e *journal.Event) { e.Packet.Of = n + 1 })
}

// listing is a listing of the sockets in one state and others.
func listing(state string) journaltest.Which {
	return func(e *journal.Event) bool { return e.Lists(state) }
}

// found lets the first listing on a host find one socket more, foundNth another one.
func found(host, state, socket string) journaltest.Change { return foundNth(0, host, state, socket) }

func foundNth(n int, host, state, socket string) journaltest.Change {
	return journaltest.ChangedNth(n, on(host, listing(state)), func(e *journal.Event) { e.Table.Sockets = append(e.Table.Sockets, socket) })
}

// alteredOpening: SO1, SO3 and SO4, and that two clients connect at all.
var alteredOpening = []journaltest.Case{
	{Name: "as recorded", Of: "cross", Do: asRecorded, Refuted: "SO2"},
	{Name: "a never ESTABLISHED", Of: "cross", Do: neverOpened("a1"), Inconclusive: "SO1 SO5 SO10", Outcome: claim.NotReproduced},
	{Name: "b never ESTABLISHED", Of: "cross", Do: neverOpened("b1"), Inconclusive: "SO2", Outcome: claim.NotReproduced},
	{Name: "b did not call", Of: "cross", Do: dropped(of("b1", call("connect"))), Outcome: claim.OutcomeUnresolved},
	{Name: "nobody called", Of: "cross", Do: droppedAll(call("connect")), Outcome: claim.OutcomeUnresolved},
	{Name: "an ordinary handshake", Of: "cross", Do: oneSYN, Inconclusive: "SO2", Outcome: claim.NotReproduced},
	{Name: "the SYNs did not cross", Of: "cross", Do: uncrossed, Inconclusive: "SO2 SO3 SO4 SO5 SO10", Outcome: claim.NotReproduced},
	{Name: "SIGSTOP: the SYN came again", Of: "cross", Do: synAgain, Confirmed: "SO1 SO3 SO4 SO5 SO10", Refuted: "SO2", Outcome: claim.Reproduced},
	{Name: "a socket listened", Of: "cross", Do: journaltest.Called(call("bind"), "b9", "listen", 0, "", "b9", "1"), Inconclusive: "SO1"},
	{Name: "a listener on b", Of: "cross", Do: found("b", journal.Listen, "LISTEN 192.0.2.2:5002 → 0.0.0.0:0"), Inconclusive: "SO1"},
	{Name: "a listener on a in the end", Of: "cross", Do: foundNth(2, "a", journal.Listen, "LISTEN 192.0.2.1:5001 → 0.0.0.0:0"), Inconclusive: "SO1"},
	{Name: "a skipped SYN_RECV", Of: "cross", Do: skipped("a1"), Refuted: "SO3"},
	{Name: "SYN and SYN-ACK the other way round", Of: "cross", Do: swapped(delivered("a", journal.SYN), delivered("a", synAck)), Refuted: "SO3 SO4"},
	{Name: "SYN_RECV before the SYN", Of: "cross", Do: swapped(delivered("a", journal.SYN), seen("a1", journal.SynRecv)), Refuted: "SO3"},
	{Name: "a SYN-ACK was lost", Of: "cross", Do: losing("a", synAck), Inconclusive: "SO2 SO3 SO10"},
	{Name: "SIGSTOP: and was answered", Of: "cross", Do: synAnswered, Confirmed: "SO3 SO4 SO10", Refuted: "SO2"},
	{Name: "ESTABLISHED before its SYN-ACK", Of: "cross", Do: swapped(delivered("b", synAck), seen("b1", journal.Established)), Refuted: "SO4"},
	{Name: "ESTABLISHED on an ACK", Of: "close-cross", Do: lateB, Refuted: "SO4"},
	{Name: "a SYN-ACK was lost", Of: "cross", Do: losing("b", synAck), Inconclusive: "SO4"},
}

// lateB lets b be ESTABLISHED only when a's last ACK has come.
func lateB(d *journaltest.Journal) {
	d.DropAll(of("b1", entered(journal.Established)))
	connects(d, d.First(delivered("b", journal.ACK)).N, "b1", journal.SynRecv)
}

// withoutLast lets the n hosts not have sent the ACK that ends the opening.
func withoutLast(hosts ...string) journaltest.Change {
	return func(d *journaltest.Journal) {
		for _, h := range hosts {
			n := d.First(sent(h, journal.ACK)).N
			d.Drop(journaltest.ArrivalOf(n))
			d.Drop(sent(h, journal.ACK))
		}
	}
}

// alteredCounts: SO2, SO5 and SO10.
var alteredCounts = []journaltest.Case{
	{Name: "without the last two ACKs", Of: "cross", Do: withoutLast("a", "b"), Confirmed: "SO2 SO10"},
	{Name: "without one of them", Of: "cross", Do: withoutLast("b"), Refuted: "SO2"},
	{Name: "SIGSTOP: the SYN came again, without the last ACKs", Of: "cross", Do: all(withoutLast("a", "b"), synAgain), Confirmed: "SO2"},
	{Name: "ESTABLISHED on the fifth", Of: "cross", Do: lateB, Refuted: "SO10"},
	{Name: "a second socket on b", Of: "cross", Do: found("b", journal.Established, "ESTABLISHED 192.0.2.2:5002 → 192.0.2.1:5001"), Refuted: "SO5"},
	{Name: "a second socket on a", Of: "cross", Do: found("a", journal.Established, "SYN_RECV 192.0.2.1:5001 → 192.0.2.2:5002"), Refuted: "SO5"},
	{Name: "PassiveOpens moved", Of: "cross", Do: func(d *journaltest.Journal) {
		c := d.First(on("b", counter("ActiveOpens")))
		d.After(c.N, journal.Event{Host: "b", Kind: journal.KindCounter, Counter: &journal.Counter{Name: "PassiveOpens", Delta: 1}})
	}, Refuted: "SO5"},
	{Name: "ActiveOpens moved by two", Of: "cross", Do: changed(
		on("a", counter("ActiveOpens")), func(e *journal.Event) { e.Counter.Delta = 2 }), Refuted: "SO5"},
	{Name: "listed when it was over", Of: "cross", Do: changed(
		on("b", listing(journal.Established)), func(e *journal.Event) { e.Table.Sockets = nil }), Inconclusive: "SO5"},
}

// throughFinWait2 lets a go from FIN_WAIT1 to FIN_WAIT2.
var throughFinWait2 = changedAll(of("a1", entered(journal.Closing)), becomes(journal.FinWait2))

// closedInTurn lets a's FIN arrive before b's is sent.
var closedInTurn = all(swapped(sent("b", finAck), delivered("b", finAck)), throughFinWait2)

// alteredClose: SO9.
var alteredClose = []journaltest.Case{
	{Name: "through FIN_WAIT2", Of: "close-cross", Do: throughFinWait2, Refuted: "SO9", Outcome: claim.NotReproduced},
	{Name: "gone instead of TIME_WAIT", Of: "close-cross", Do: changed(
		of("b1", journaltest.StateTo(journal.TimeWait, journal.SockDiag)), becomes(journal.Gone)), Refuted: "SO9"},
	{Name: "CLOSING not on a FIN", Of: "close-cross", Do: swapped(delivered("a", finAck), seen("a1", journal.Closing)), Refuted: "SO9"},
	{Name: "one after the other", Of: "close-cross", Do: closedInTurn, Inconclusive: "SO9"},
	{Name: "not connected", Of: "close-cross", Do: neverOpened("a1"), Inconclusive: "SO9", Outcome: claim.NotReproduced},
	{Name: "SIGSTOP: the SYN came again", Of: "close-cross", Do: synAgain, Outcome: claim.Reproduced},
}

// nothingLost lets every segment that was dropped have arrived: SYN-ACKs in lost-synack, else SYNs.
func nothingLost(d *journaltest.Journal) {
	flags := map[bool]journal.Flags{true: synAck, false: journal.SYN}[d.Scenario == "lost-synack"]
	d.First(journaltest.PacketAt(journal.AtDropped, flags))
	d.DropAll(lostSegments)
}

// lostSegments are the segments that were dropped.
func lostSegments(e *journal.Event) bool { return journaltest.Lost(e) && e.Packet.Proto == "" }

// onlyACKsLost lets what was dropped be ACKs of no importance.
var onlyACKsLost = changedAll(lostSegments, journaltest.Flagged(journal.ACK))

// refusedNot changes what a client's SO_ERROR was.
func refusedNot(socket, errno string) journaltest.Change {
	return changed(of(socket, call("getsockopt")), journaltest.Said(errno))
}

// meetingAll lets both clients of a journal be ESTABLISHED in the end.
func meetingAll(d *journaltest.Journal) {
	a, b := d.First(call("connect")).Socket, d.Nth(1, call("connect")).Socket
	n := d.Nth(1, call("connect")).N + journaltest.Spread/2
	connects(d, n, a, journal.SynSent)
	connects(d, n+1, b, journal.SynSent)
}

// earlyB lets b's SYN be under way before a's arrives.
var earlyB = journaltest.Copied(sent("a", journal.SYN), sent("b", journal.SYN), nil)

// alteredLoss: SO6 and SO7.
var alteredLoss = slices.Concat(alteredLossOf("lost-syn"), alteredLossOf("lost-synack"), []journaltest.Case{
	{Name: "not refused", Of: "missed", Do: refusedNot("a1", "0"), Refuted: "SO6", Outcome: claim.NotReproduced},
	{Name: "timed out", Of: "missed", Do: refusedNot("b1", "ETIMEDOUT"), Refuted: "SO6"},
	{Name: "one RST", Of: "missed", Do: dropped(delivered("a", rstAck)), Refuted: "SO6"},
	{Name: "no RST", Of: "missed", Do: droppedAll(journaltest.PacketAt(journal.AtDelivered, rstAck)), Refuted: "SO6"},
	{Name: "no RST on lo", Of: "missed-loopback", Do: droppedAll(journaltest.PacketAt(journal.AtDelivered, rstAck)), Refuted: "SO6"},
	{Name: "connected all the same", Of: "missed", Do: meetingAll, Refuted: "SO6"},
	{Name: "connected all the same", Of: "missed-host", Do: meetingAll, Outcome: claim.NotReproduced},
	{Name: "the SYNs crossed", Of: "missed", Do: earlyB, Inconclusive: "SO6", Outcome: claim.OutcomeUnresolved},
	{Name: "a SYN was lost", Of: "missed", Do: all(
		losing("b", journal.SYN), dropped(sent("b", rstAck)), dropped(delivered("a", rstAck)), refusedNot("a1", "0")), Inconclusive: "SO6"},
	{Name: "a RST was lost", Of: "missed", Do: all(losing("a", rstAck), refusedNot("a1", "0")), Inconclusive: "SO6"},
	{Name: "only one called", Of: "missed", Do: dropped(of("b1", call("connect"))), Outcome: claim.OutcomeUnresolved},
})

func alteredLossOf(name string) []journaltest.Case {
	return []journaltest.Case{
		{Name: "the first pair not connected", Of: name, Do: neverOpened("a1"), Refuted: "SO7"},
		{Name: "the second pair not connected", Of: name, Do: neverOpened("b2"), Refuted: "SO7", Outcome: claim.NotReproduced},
		{Name: "nothing lost", Of: name, Do: nothingLost, Inconclusive: "SO7", Outcome: claim.OutcomeUnresolved},
		{Name: "only ACKs lost", Of: name, Do: onlyACKsLost, Inconclusive: "SO7"},
	}
}

// gotThrough lets a's ordinary connect succeed.
func gotThrough(d *journaltest.Journal) {
	connects(d, d.First(of("a1", call("connect"))).N+3, "a1", journal.SynSent)
}

// acceptedFirst lets the listener have the connection while the client calls.
func acceptedFirst(d *journaltest.Journal) {
	c := d.First(call("accept4")).Call
	c.Errno, c.Result, c.Out = "", 30, "b9 from 192.0.2.1:5001"
}

// alteredContrast: SO8, and the scenarios punch and listener.
var alteredContrast = []journaltest.Case{
	{Name: "the self-connection went another way", Of: "same-path", Do: skipped("a2"), Refuted: "SO8", Outcome: claim.NotReproduced},
	{Name: "the self-connection on another segment", Of: "same-path", Do: func(d *journaltest.Journal) {
		before := d.First(seen("a2", journal.SynRecv)).N - 2*journaltest.Spread
		d.First(journaltest.Behind(before, journaltest.PacketAt(journal.AtDelivered, journal.SYN))).Packet.Flags = journal.ACK
	}, Refuted: "SO8"},
	{Name: "b went another way", Of: "same-path", Do: swapped(delivered("b", journal.SYN), delivered("b", synAck)), Refuted: "SO8"},
	{Name: "no self-connection", Of: "same-path", Do: neverOpened("a2"), Inconclusive: "SO8", Outcome: claim.OutcomeUnresolved},
	{Name: "no simultaneous open", Of: "same-path", Do: neverOpened("b1"), Inconclusive: "SO8"},
	{Name: "the SYNs did not cross", Of: "same-path", Do: uncrossed, Inconclusive: "SO8"},
	{Name: "SIGSTOP: the SYN came again", Of: "same-path", Do: synAgain, Confirmed: "SO8"},

	{Name: "an ordinary connect got through all the same", Of: "punch", Do: gotThrough, Outcome: claim.NotReproduced},
	{Name: "an ordinary connect got through, nothing dropped", Of: "punch", Do: all(
		gotThrough, droppedAll(journaltest.PacketAt(journal.AtDropped, journal.SYN))), Outcome: claim.NotReproduced},
	{Name: "an ordinary connect not dropped", Of: "punch", Do: droppedAll(
		on("b", journaltest.PacketAt(journal.AtDropped, journal.SYN))), Outcome: claim.OutcomeUnresolved},
	{Name: "calling each other did not help", Of: "punch", Do: neverOpened("a3"), Outcome: claim.NotReproduced},

	{Name: "accepted while the client called", Of: "listener", Do: acceptedFirst, Outcome: claim.NotReproduced},
	{Name: "the client did not connect", Of: "listener", Do: neverOpened("b2"), Outcome: claim.NotReproduced},
	{Name: "the listener never had anything", Of: "listener", Do: journaltest.ChangedNth(
		1, call("accept4"), journaltest.Returned(-1, journal.EAGAIN)), Outcome: claim.OutcomeUnresolved},
	{Name: "the listener was asked once", Of: "listener", Do: dropped(call("accept4")), Outcome: claim.OutcomeUnresolved},
}

// noneMet lets no two clients have met, neither among those kept nor those folded.
func noneMet(d *journaltest.Journal) {
	d.DropAll(entered(journal.Established))
	for i := range d.Events {
		if f := d.Events[i].Fold; f != nil {
			f.Counts = slices.DeleteFunc(f.Counts, func(c journal.FoldedCount) bool { return c.What == "state ESTABLISHED by tcp_info" })
		}
	}
}

// nobodyCalled lets no connect have been called.
func nobodyCalled(d *journaltest.Journal) {
	d.DropAll(call("connect"))
	d.Events = slices.DeleteFunc(d.Events, func(e journal.Event) bool { return e.Fold != nil })
}

// alteredChance: SO11, and the scenarios without a wire.
var alteredChance = []journaltest.Case{
	{Name: "b never ESTABLISHED", Of: "eaten-rst", Do: neverOpened("b1"), Outcome: claim.NotReproduced},
	{Name: "b did not call", Of: "eaten-rst", Do: dropped(of("b1", call("connect"))), Outcome: claim.OutcomeUnresolved},
	{Name: "somebody listened", Of: "eaten-rst", Do: found("a", journal.Listen, "LISTEN 127.0.0.1:5002 → 0.0.0.0:0"), Inconclusive: "SO1"},
	{Name: "none met", Of: "race", Do: noneMet, Outcome: claim.NotReproduced},
	{Name: "nobody called", Of: "race", Do: nobodyCalled, Outcome: claim.OutcomeUnresolved},
	{Name: "no meeting kept whole", Of: "race", Do: droppedAll(entered(journal.Established)), Outcome: claim.OutcomeUnresolved},
	{Name: "none met", Of: "retry", Do: noneMet, Inconclusive: "SO11", Outcome: claim.NotReproduced},
	{Name: "nobody called", Of: "retry", Do: nobodyCalled, Outcome: claim.OutcomeUnresolved},
}

// TestClaimsOfAnotherClose: where the ends closed one after the other, how it
// is when both close at once is neither confirmed nor refuted.
func TestClaimsOfAnotherClose(t *testing.T) {
	if f := so9.Judge(journaltest.Recorded(t, "cross")); f.Verdict != claim.Inconclusive {
		t.Errorf("%s: %s", f.Verdict, f.Because)
	}
}
