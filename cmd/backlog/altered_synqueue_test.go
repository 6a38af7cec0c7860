package main

import (
	"slices"
	"strconv"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// listings are the listings of half-open connections: the first when a short backlog bounds
// them, the second when tcp_max_syn_backlog does.
func listings(e *journal.Event) bool { return e.Lists(journal.SynRecv) }

// listed lets a listing have found so many more half-open connections of the same listener;
// fewer, if negative.
func listed(nth, more int) journaltest.Change {
	return changedNth(nth, listings, func(e *journal.Event) {
		all := slices.Clone(e.Table.Sockets)
		x, _ := journal.ParseListed(all[len(all)-1])
		for i := range more {
			x.Remote = journal.Address("192.0.2.99:" + strconv.Itoa(1+i))
			all = append(all, x.String())
		}
		e.Table.Sockets = all[:len(all)+min(more, 0)]
	})
}

// mostIs lets tcp_max_syn_backlog have been another, always.
func mostIs(value string) journaltest.Change {
	return changedAll(journaltest.Setting(maxSYNBacklog), func(e *journal.Event) { e.Setting.Old, e.Setting.New = value, value })
}

// withCookies lets tcp_syncookies have been 1.
var withCookies = changed(journaltest.Setting(synCookies), setTo("1"))

// roomFor sets the backlog that the n-th reading of a listener shows.
func roomFor(n, most int) journaltest.Change {
	return changedNth(n, samples(journal.Listen), func(e *journal.Event) { e.Sample.TxQueue = int64(most) })
}

// resetStrangers lets a RST have left for each stranger whose SYN drew nothing.
func resetStrangers(d *journaltest.Journal) {
	like := *d.First(journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK))
	for i := range d.Events {
		p := d.Events[i].Packet
		answer := func(e journal.Event) bool { return e.Packet != nil && e.Packet.Dst == p.Src && e.Packet.Src == p.Dst }
		if p == nil || p.At != journal.AtInjected || slices.ContainsFunc(d.Events, answer) {
			continue
		}
		src, dst := p.Src, p.Dst
		d.Again(d.Events[i].N, &like, func(e *journal.Event) {
			e.Host, e.Packet.Src, e.Packet.Dst, e.Packet.Flags, e.Packet.At = "b", dst, src, journal.RST, journal.AtSent
		})
	}
}

// alteredSYNQueue: how many half-open connections there is room for.
var alteredSYNQueue = []journaltest.Case{
	{Name: "one more", Of: "syn-queue", Do: listed(0, 1), Confirmed: "BL19", Outcome: claim.NotReproduced},
	{Name: "one less", Of: "syn-queue", Do: listed(1, -1), Outcome: claim.NotReproduced},
	{Name: "with cookies", Of: "syn-queue", Do: withCookies, Inconclusive: "SF4", Outcome: claim.OutcomeUnresolved},
	{Name: "half-open ones wait too", Of: "syn-queue", Do: changed(
		func(e *journal.Event) bool { return samples(journal.Listen)(e) && e.Sample.RxQueue == 1 }, func(e *journal.Event) { e.Sample.RxQueue = 4 }), Refuted: "BL1"},
	{Name: "none was half open", Of: "syn-queue", Do: changedAll(listings, func(e *journal.Event) { e.Table.Sockets = nil }), Inconclusive: "BL1"},
	{Name: "50 of both", Of: "syn-queue", Do: all(roomFor(0, 50), roomFor(1, 50)), Confirmed: "BL18"},
	{Name: "not read", Of: "syn-queue", Do: droppedAll(samples(journal.Listen)), Inconclusive: "BL18"},
	{Name: "1000", Of: "syn-queue", Do: mostIs("1000"), Confirmed: "BL20"},
	{Name: "changed before it was read", Of: "syn-queue", Do: dropped(journaltest.Setting(maxSYNBacklog)), Inconclusive: "BL20"},
	{Name: "as long as it says", Of: "syn-queue", Do: all(listed(0, 2048-3), listed(1, 3)), Confirmed: "BL21"},
	{Name: "not read", Of: "syn-queue", Do: droppedAll(journaltest.Setting(maxSYNBacklog)), Inconclusive: "BL21"},
	{Name: "each was reset", Of: "syn-queue", Do: resetStrangers, Confirmed: "BL22"},
	{Name: "the setting is 0", Of: "syn-queue", Do: changed(journaltest.Setting(abortOnOverflow), setTo("0")), Inconclusive: "BL22"},
	{Name: "it stayed", Of: "syn-queue", Do: droppedAll(of("b6", journaltest.StateTo(journal.Established, journal.SockDiag))), Refuted: "BL23"},
	{Name: "a socket of its own", Of: "syn-queue", Do: changed(samples(journal.SynRecv), func(e *journal.Event) { e.Sample.Inode = 7 }), Refuted: "BL23"},
	{Name: "it did not get in", Of: "syn-queue", Do: droppedAll(of("a3", entered(journal.Established))), Refuted: "SF4"},
	{Name: "it had not been here", Of: "syn-queue", Do: changedAll(
		journaltest.To("40001", func(e *journal.Event) bool { return e.Packet.Len > 0 }), func(e *journal.Event) { e.Packet.Len = 0 }), Inconclusive: "SF4"},
}
