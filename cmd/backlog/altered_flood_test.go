package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// The honest clients of the recording: a1 without cookies, a2 with tcp_syncookies 1 and a3 with
// 2. Their listeners are b1, b2 and b4. Of the recording of mitigated: a1, a2 at the longer queue,
// a3 at the one whose entries are soon given up; b1, b2 and b4.

// cookiesAre lets the server's tcp_syncookies have been another, each time.
func cookiesAre(value string) journaltest.Change {
	return changedAll(journaltest.On("b", journaltest.Setting(synCookies)), setTo(value))
}

// getsIn lets the client that was shut out have been accepted.
func getsIn(d *journaltest.Journal) {
	n := d.First(of("a1", journaltest.StateTo(journal.SynSent, journal.TCPInfo))).N
	d.State(n, "a1", journal.SynSent, journal.Established, journal.TCPInfo)
	accept := d.First(of("b1", call("accept4"))).Call
	accept.Errno, accept.Result, accept.Out = "", 30, "b2 from 192.0.2.1:40001"
}

// keptOut lets an honest client never have been answered.
func keptOut(client, listener string) journaltest.Change {
	return all(
		droppedAll(of(client, entered(journal.Established))),
		fails(of(listener, call("accept4")), journal.EAGAIN),
	)
}

// alteredFlood: who gets in.
var alteredFlood = []journaltest.Case{
	{Name: "it got in", Of: "flood", Do: getsIn, Refuted: "SF1", Outcome: claim.NotReproduced},
	{Name: "nobody flooded", Of: "flood", Do: droppedAll(journaltest.PacketAt(journal.AtInjected, journal.SYN)), Outcome: claim.OutcomeUnresolved},
	{Name: "its SYN was lost", Of: "flood", Do: changedAll(
		journaltest.From("40001", delivered("b", journal.SYN)), journaltest.SeenAt(journal.AtDropped)), Inconclusive: "SF1"},
	{Name: "with cookies", Of: "flood", Do: cookiesAre("1"), Inconclusive: "SF1"},
	{Name: "it was kept out", Of: "flood", Do: keptOut("a2", "b2"), Refuted: "SF2"},
	{Name: "without cookies", Of: "flood", Do: cookiesAre("0"), Inconclusive: "SF2"},
	{Name: "all were kept out", Of: "flood", Do: all(keptOut("a2", "b2"), keptOut("a3", "b4")), Confirmed: "BL24"},
	{Name: "the settings were not read", Of: "flood", Do: droppedAll(journaltest.Setting(synCookies)), Inconclusive: "BL24 BL25"},
	{Name: "one was half open each time", Of: "flood", Do: listedAt("192.0.2.2:8082"), Confirmed: "BL25"},
	{Name: "it gave up after as many", Of: "flood", Do: gaveUpAfter("2"), Confirmed: "BL30"},
	{Name: "it gave up after others", Of: "flood", Do: gaveUpAfter("5"), Refuted: "BL30"},
	{Name: "it may send more", Of: "flood", Do: changed(journaltest.On("a", journaltest.Setting(synCookies)), setTo("5")), Inconclusive: "BL30"},
	{Name: "it did not move", Of: "flood", Do: counted(listenDrops, 0), Inconclusive: "BL38"},
}

// alteredMitigated: what helps.
var alteredMitigated = []journaltest.Case{
	{Name: "the longer queue does not help", Of: "mitigated", Do: keptOut("a2", "b2"), Inconclusive: "BL35"},
	{Name: "fewer retries do not help", Of: "mitigated", Do: keptOut("a3", "b4"), Inconclusive: "BL35"},
	{Name: "the short one was enough", Of: "mitigated", Do: getsIn, Inconclusive: "BL35", Outcome: claim.NotReproduced},
	{Name: "the retries were not read", Of: "mitigated", Do: droppedAll(journaltest.Setting(synAckRetries)), Outcome: claim.OutcomeUnresolved},
}

// listedAt lets every listing have found one half-open connection of a listener.
func listedAt(listener journal.Address) journaltest.Change {
	return changedAll(listings, func(e *journal.Event) {
		e.Table.Sockets = nil
		for _, local := range []journal.Address{listener, "192.0.2.2:8080", "192.0.2.2:8081"} {
			e.Table.Sockets = append(e.Table.Sockets, journal.Listed{State: journal.SynRecv, Local: local, Remote: "192.0.2.99:1"}.String())
		}
	})
}

// gaveUpAfter lets the client that was shut out have given up, with such a tcp_syncookies.
func gaveUpAfter(value string) journaltest.Change {
	return func(d *journaltest.Journal) {
		changed(journaltest.On("a", journaltest.Setting(synCookies)), setTo(value))(d)
		n := d.Nth(1, journaltest.From("40001", delivered("b", journal.SYN))).N
		d.State(n, "a1", journal.SynSent, journal.Close, journal.TCPInfo)
	}
}
