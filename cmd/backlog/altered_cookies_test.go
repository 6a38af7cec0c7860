package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// The clients of the recording: a1 brings its cookie back, in the place of what a2 sends
// comes a wrong number, and a3 has no timestamps.

// neverMade lets no witness have seen the connection of the first cookie.
func neverMade(d *journaltest.Journal) { d.DropAll(of("b2", entered(journal.Established))) }

// withOptions gives the SYN-ACK for a port these options.
func withOptions(port string, options ...string) journaltest.Change {
	return changed(synAcks(port), func(e *journal.Event) { e.Packet.Options = options })
}

// withoutCookies lets tcp_syncookies have been 0.
var withoutCookies = changed(journaltest.Setting(synCookies), setTo("0"))

// alteredCookies: what a cookie carries, and what comes back.
var alteredCookies = []journaltest.Case{
	{Name: "without two minutes", Of: "cookies", Do: asRecorded, Inconclusive: "BL28"},
	{Name: "there was an entry", Of: "cookies", Do: listedOnly("40001"), Refuted: "BL26", Outcome: claim.NotReproduced},
	{Name: "without cookies", Of: "cookies", Do: withoutCookies, Outcome: claim.OutcomeUnresolved},
	{Name: "no connection was made", Of: "cookies", Do: neverMade, Refuted: "BL26 BL27"},
	{Name: "not listed", Of: "cookies", Do: dropped(listings), Inconclusive: "BL26"},
	{Name: "the wrong one drew nothing", Of: "cookies", Do: changed(
		journaltest.PacketAt(journal.AtSent, journal.RST), journaltest.Flagged(journal.ACK)), Refuted: "BL27"},
	{Name: "the settings were not read", Of: "cookies", Do: droppedAll(journaltest.Setting(synCookies)), Inconclusive: "BL27 BL29"},
	{Name: "it got both", Of: "cookies", Do: withOptions("40003", "mss 1460", "sackOK", "wscale 10"), Confirmed: "BL29"},
	{Name: "it got one", Of: "cookies", Do: withOptions("40003", "mss 1460", "sackOK"), Refuted: "SF3"},
	{Name: "it had timestamps", Of: "cookies", Do: changedAll(journaltest.From("40003", journaltest.Flag(journal.SYN)), func(e *journal.Event) {
		e.Packet.Options = append(slices.Clone(e.Packet.Options), "TS val 1 ecr 0")
	}), Inconclusive: "SF3"},
}
